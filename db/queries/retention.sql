-- name: facts(states, kinds, months, today)
-- role: retention
-- What decides about the cases of a rule whose period is over, by the columns in clear; and about
-- those that were decided on before.
select case_id, stelle, state, kind, changed_on, is_unread, due_on, remind_on, held_until,
    is_undelivered, asked_on, is_granted, is_refused, is_approved
from casework.keeping
where state = any(:states::text[]) and kind = any(:kinds::text[])
    and (moved_on + make_interval(months => :months) < :today
        or is_granted or is_approved);

-- name: decided()
-- role: retention
-- The same for those alone that somebody decided on: they do not wait for the daily round.
select case_id, stelle, state, kind, changed_on, is_unread, due_on, remind_on, held_until,
    is_undelivered, asked_on, is_granted, is_refused, is_approved
from casework.keeping
where case_id = any (array(
    select c.case_id from intake.handover h
    join casework.case c on c.report_id = h.report_id and c.stelle = h.stelle
    where h.erasure_answer = 'granted' and h.withdrawn_on is null
    union all
    select c.case_id from intake.handover h
    join casework.case c on c.package_id = h.handover_id
    where h.erasure_answer = 'granted' and h.withdrawn_on is null
    union all
    select case_id from casework.disposal where approved_on is not null));

-- name: hold_still(case_id)!
-- role: retention
-- Hold a case and its report: what is being written about them comes before, or waits.
select casework.hold_still(:case_id);

-- name: erase_case(case_id)^
-- role: retention
-- Erase a case with everything that hangs on it; no row where the row policy sees an obstacle.
delete from casework.case where case_id = :case_id
returning stelle, report_id, package_id;

-- name: end_handover(report_id, package_id, stelle, today)
-- role: retention
-- The hand-over has ended: the Stelle has erased its copy.
update intake.handover set withdrawn_on = :today, erased_on = :today
where withdrawn_on is null and stelle = :stelle
    and (report_id = :report_id or handover_id = :package_id)
returning handover_id, report_id;

-- name: erase_wrap(report_id, stelle)!
-- role: retention
-- Take the key away.
delete from intake.wrap where report_id = :report_id and recipient = :stelle;

-- name: erase_messages(report_id, stelle)!
-- role: retention
-- Leave the conversation to the person alone.
update mailbox.message set for_stelle = null where report_id = :report_id and stelle = :stelle;

-- name: empty_package(package_id, today)!
-- role: retention
-- Leave of a partner's package that it was there.
update exchange.package set sealed = null, erased_on = :today
where package_id = :package_id and sender is not null;

-- name: erase_promises(handover_ids, package_id)!
-- role: retention
-- Nothing is to be delivered any more. That the report once arrived stays with the person.
delete from outbox.promise
where handover_id = any(:handover_ids::uuid[]) and state <> 'delivered'
    or package_id = :package_id;

-- name: erase_packages(handover_ids)!
-- role: retention
-- Our own package goes as a whole.
delete from exchange.package where handover_id = any(:handover_ids::uuid[]);

-- name: log_erasure(stelle, case_ids)!
-- role: retention
-- Note that a case is gone; its number leads nowhere from here on.
insert into casework.log (stelle, act, case_ids) values (:stelle, 'case_erased', :case_ids);

-- name: reports()
-- role: retention
-- Reports that no Stelle here has, with the last day of their history.
select report_id, erasure_asked_on, greatest(received_on,
        (select max(greatest(given_on, withdrawn_on)) from intake.handover h
            where h.report_id = report.report_id),
        (select max(sent_on) from mailbox.message m where m.report_id = report.report_id)
    ) as last_day
from intake.report
where not exists (select from intake.wrap w
        where w.report_id = report.report_id and w.recipient <> 'mailbox')
    and not exists (select from intake.handover h
        join casework.case c on c.package_id = h.handover_id
        where h.report_id = report.report_id);

-- name: wanted_gone()
-- role: retention
-- Those of them that the person wants gone: they do not wait for the daily round.
select report_id, erasure_asked_on, erasure_asked_on as last_day
from intake.report
where erasure_asked_on is not null;

-- name: erase_report(report_id)$
-- role: retention
-- Erase a report with everything that hangs on it; null where the row policy sees an obstacle.
delete from intake.report where report_id = :report_id returning true;

-- name: erase_log(months)$
-- role: retention
-- Forget who read or did what long ago.
with gone as (delete from casework.log
    where done_at < now() - make_interval(months => :months) returning done_at)
select count(*) from gone;

-- name: erase_tombstones(months, today)$
-- role: retention
-- Forget that a partner's package was here.
with gone as (delete from exchange.package
    where sender is not null
        and coalesce(erased_on, withdrawn_on) + make_interval(months => :months) < :today
    returning package_id)
select count(*) from gone;

-- name: erase_arrived(months, today)$
-- role: retention
-- Forget deliveries that arrived and belong to no report kept here.
with gone as (delete from outbox.promise
    where handover_id is null and state = 'delivered'
        and changed_on + make_interval(months => :months) < :today
    returning state)
select count(*) from gone;

-- name: overdue(today)$
-- role: retention
-- How many wishes to erase should have been answered.
select count(*) from intake.handover
where erasure_due_on < :today and erasure_answer is null and withdrawn_on is null;

-- name: of_stelle(states, kinds, months, horizon, rests, changed_on, case_id, most)
-- role: casework
-- The Stelle's cases of a rule whose period ends before a day, or that something is going on about,
-- from a place on; what waits for somebody stands before what rests.
select case_id, state, kind, changed_on, is_unread, due_on, remind_on, held_until, is_undelivered,
    asked_on, is_granted, is_refused, is_approved, answer_by, reason, is_proposed, rests
from casework.keeping
cross join lateral (select not (asked_on is not null and not is_granted and not is_refused
    or is_proposed and not is_approved) as rests) as place
where state = any(:states::text[]) and kind = any(:kinds::text[])
    and (moved_on + make_interval(months => :months) < :horizon
        or asked_on is not null or is_proposed or held_until is not null)
    and (rests, changed_on, case_id) > (:rests::boolean, :changed_on::date, :case_id::uuid)
order by rests, changed_on, case_id
limit :most;

-- name: of_case(case_id)^
-- role: casework
-- The same about one case.
select case_id, state, kind, changed_on, is_unread, due_on, remind_on, held_until, is_undelivered,
    asked_on, is_granted, is_refused, is_approved, answer_by, reason, is_proposed
from casework.keeping where case_id = :case_id;

-- name: tasks()
-- role: casework
-- Wishes to erase that the Stelle has yet to answer.
select count(*) as tasks, min(erasure_due_on) as answer_by from intake.handover
where stelle = current_setting('adstelle.scope', true) and withdrawn_on is null
    and erasure_asked_on is not null and erasure_answer is null;

-- name: holds(case_id)
-- role: casework
-- What a case is held for, newest first.
select hold_id, held_until, set_on, lifted_on, sealed, member.name
from casework.hold join accounts.member on member_id = set_by
where case_id = :case_id order by set_on desc, hold_id;

-- name: disposal(case_id)^
-- role: casework
-- The proposal to erase a case before its time.
select proposed_on, proposed_by, approved_on, sealed, member.name
from casework.disposal join accounts.member on member_id = proposed_by
where case_id = :case_id;

-- name: lately(most)
-- role: casework
-- What was erased lately, newest first.
select case_ids, done_at from casework.log where act = 'case_erased'
order by log_id desc limit :most;

-- name: keep(case_id, today)!
-- role: casework
-- The case is still needed: its period runs anew.
update casework.case set kept_on = :today where case_id = :case_id and kept_on is distinct from :today;

-- name: insert_hold(hold_id, case_id, stelle, held_until, today, member_id, sealed)$
-- role: casework
-- Let nothing be erased until a day; null when this form was sent before.
insert into casework.hold (hold_id, case_id, stelle, held_until, set_on, set_by, sealed)
values (:hold_id, :case_id, :stelle, :held_until, :today, :member_id, :sealed)
on conflict (hold_id) do nothing
returning true;

-- name: lift_hold(case_id, hold_id, member_id, today)!
-- role: casework
-- Lift a hold; who set it and why stays.
update casework.hold set lifted_on = :today, lifted_by = :member_id
where case_id = :case_id and hold_id = :hold_id and lifted_on is null;

-- name: propose(case_id, stelle, today, member_id, sealed)$
-- role: casework
-- Propose to erase a case before its time; null when somebody did before.
insert into casework.disposal (case_id, stelle, proposed_on, proposed_by, sealed)
values (:case_id, :stelle, :today, :member_id, :sealed)
on conflict (case_id) do nothing
returning true;

-- name: approve(case_id, member_id, today)!
-- role: casework
-- Agree to it; nobody agrees with themselves.
update casework.disposal set approved_by = :member_id, approved_on = :today
where case_id = :case_id and approved_by is null and proposed_by <> :member_id;

-- name: decline(case_id)!
-- role: casework
-- Take a proposal off the table; the log keeps that it was made.
delete from casework.disposal where case_id = :case_id and approved_by is null;

-- name: answer_wish(case_id, answer, reason, today)!
-- role: casework
-- Answer the person's wish; the first answer stays.
update intake.handover set erasure_answer = :answer, erasure_reason = :reason,
    erasure_answered_on = :today
from casework.case
where "case".case_id = :case_id and handover.withdrawn_on is null
    and handover.stelle = "case".stelle
    and (handover.report_id = "case".report_id or handover.handover_id = "case".package_id)
    and erasure_asked_on is not null and erasure_answer is null;

-- name: mix(today)$
-- role: retention
-- Let no card and no assessment lie beside what it came with; false where this month has seen to it.
select counting.mix(:today);
