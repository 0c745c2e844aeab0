-- name: outgoing(handover_id)^
-- role: delivery
-- The package made for a hand-over, and the name it was sealed in; none once it is withdrawn.
select sealed, sender_name from exchange.package
join intake.handover using (handover_id)
where handover_id = :handover_id and handover.withdrawn_on is null and sealed is not null;

-- name: sender_of(handover_id)$
-- role: delivery
-- The name in which a hand-over was made.
select sender_name from exchange.package where handover_id = :handover_id;

-- name: decision(package_id)^
-- role: delivery
-- What was decided on a package that a partner sent, and for whom it was.
select stelle, decision, reason from exchange.package where package_id = :package_id;

-- name: open_case(case_id, handover_id, package_id, today)$
-- role: delivery
-- Put a report, or a package, into a Stelle's queue; null when it was there already, or when
-- consent was withdrawn.
insert into casework.case (case_id, report_id, package_id, stelle, received_on, changed_on)
select :case_id, report_id, package_id, stelle, received_on, :today
from (
    select case when package_id is null then report_id end as report_id, package_id, stelle,
        given_on as received_on
    from intake.handover left join exchange.package using (handover_id, stelle)
    where handover.handover_id = :handover_id and handover.withdrawn_on is null
    union all
    select null, package_id, stelle, arrived_on from exchange.package
    where package_id = :package_id and withdrawn_on is null
) subject
on conflict do nothing
returning true;

-- name: erase_case(handover_id, package_id)$
-- role: delivery
-- Erase a case whose consent was withdrawn, with its history; returns its id for the log.
delete from casework.case where case_id in (
    select case_id from casework.case where package_id in (:package_id, :handover_id)
    union all
    select case_id from casework.case join intake.handover h using (report_id, stelle)
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

-- name: erase_package(handover_id, package_id)!
-- role: delivery
-- Leave of a package that it was there.
update exchange.package set sealed = null where package_id in (:handover_id, :package_id);

-- name: log_withdrawal(stelle, case_ids)!
-- role: delivery
-- Note that consent ended; nobody's act here, and a person's: so it says the hour and nothing finer.
insert into casework.log (stelle, act, case_ids, done_at)
values (:stelle, 'consent_withdrawn', :case_ids, date_trunc('hour', now()));

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

-- name: sweep_codes()$
-- role: sweep
-- Remove codes that nobody used in time.
with gone as (delete from accounts.invitation where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_challenges()$
-- role: sweep
-- Remove questions to an authenticator that nobody answered in time.
with gone as (delete from accounts.challenge where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_sign_ins()$
-- role: sweep
-- Remove counts of sign-ins after 90 days.
with gone as (delete from accounts.sign_in where hour < now() - interval '90 days' returning hour)
select count(*) from gone;

-- name: sweep_files()$
-- role: sweep
-- Remove files that did not become whole, or whose message was never sent.
with gone as (delete from intake.file where unfinished_until < now() returning unfinished_until)
select count(*) from gone;

-- name: sweep_figures()$
-- role: sweep
-- Remove drafts of releases that nobody counted for 90 days; what waits for approval stays.
with gone as (delete from figures.draft
    where state in ('stopped', 'refused', 'ready', 'returned')
        and greatest(made_at, beat_at) < now() - interval '90 days' returning made_at)
select count(*) from gone;

-- name: sweep_slips()$
-- role: sweep
-- Remove expired slips of reports that advisers took.
with gone as (delete from casework.receipt where expires_at < now() returning expires_at)
select count(*) from gone;
