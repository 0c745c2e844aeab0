-- name: open_case(case_id, handover_id, today)!
-- role: delivery
-- Put a report into a Stelle's queue; a second time does nothing, and nothing once it was withdrawn.
insert into casework.case (case_id, report_id, package_id, stelle, received_on, changed_on)
select :case_id, case when package_id is null then handover.report_id end, package_id,
    handover.stelle, handover.given_on, :today
from intake.handover
left join exchange.package using (handover_id)
where handover.handover_id = :handover_id and handover.withdrawn_on is null
on conflict do nothing;

-- name: erase_case(handover_id, package_id)$
-- role: delivery
-- Erase a case whose consent was withdrawn, with its history; returns its id for the log.
delete from casework.case where
    package_id in (:package_id, :handover_id)
    or (report_id, stelle) in (select report_id, stelle from intake.handover h
        where h.handover_id = :handover_id
            and not exists (select from intake.handover living
                where living.report_id = h.report_id and living.stelle = h.stelle
                    and living.withdrawn_on is null))
returning case_id;

-- name: erase_wrap(handover_id)!
-- role: delivery
-- Take the key away; the policy lets only withdrawn ones go.
delete from intake.wrap using intake.handover h
where h.handover_id = :handover_id and wrap.report_id = h.report_id and wrap.recipient = h.stelle;

-- name: erase_messages(handover_id)!
-- role: delivery
-- Leave the conversation to the person alone.
update mailbox.message set for_stelle = null from intake.handover h
where h.handover_id = :handover_id and message.report_id = h.report_id
    and message.stelle = h.stelle;

-- name: erase_package(package_id)!
-- role: delivery
-- Leave of a package that it was there.
update exchange.package set sealed = null where package_id = :package_id;

-- name: log_withdrawal(stelle, case_ids)!
-- role: delivery
-- Note that consent ended; nobody's act here.
insert into casework.log (stelle, act, case_ids) values (:stelle, 'consent_withdrawn', :case_ids);

-- name: sweep_drafts()$
-- role: sweep
-- Remove expired drafts.
with gone as (delete from intake.draft where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_submissions()$
-- role: sweep
-- Remove expired receipts.
with gone as (delete from intake.submission where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_sessions()$
-- role: sweep
-- Remove expired sessions.
with gone as (delete from accounts.session where expires_at < now() returning expires_at)
select count(*) from gone;
