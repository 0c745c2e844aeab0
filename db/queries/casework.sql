-- name: case_of(case_id)^
-- role: casework
-- One case with everything sealed for the Stelle.
select "case".case_id, "case".report_id, "case".package_id, "case".state, "case".received_on,
    report.mailbox_key, wrap.wrapped, account.sealed as account, contact.sealed as contact,
    package.sealed as package, package.sender_name, package.sender,
    coalesce(handover.handover_id, package.handover_id) as handover_id, handover.for_stelle,
    handover.given_on, coalesce(handover.decision, package.decision) as decision,
    coalesce(handover.reason, package.reason) as reason,
    handover.erasure_asked_on, handover.erasure_due_on, handover.erasure_answer
from casework.case
left join intake.report on report.report_id = "case".report_id
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join intake.part contact on contact.report_id = "case".report_id and contact.part = 'contact'
left join exchange.package on package.package_id = "case".package_id
left join intake.handover on handover.withdrawn_on is null and handover.stelle = "case".stelle
    and (handover.report_id = "case".report_id or handover.handover_id = package.handover_id)
where "case".case_id = :case_id;

-- name: address(case_id)^
-- role: casework
-- The report behind a case and the key to seal an answer for the person; none where the Stelle has
-- no such case, or nobody here to answer to.
select report.report_id, mailbox_key from intake.report join casework.case using (report_id)
where case_id = :case_id;

-- name: lock_state(case_id)$
-- role: casework
-- Read a case's state for a step, and hold the row until the step is stored.
select state from casework.case where case_id = :case_id for update;

-- name: set_state(case_id, state, today)!
-- role: casework
-- Move a case; the step itself is appended beside it.
update casework.case set state = :state, changed_on = :today where case_id = :case_id;

-- name: append_step(case_id, stelle, from_state, to_state, member_id, reason)!
-- role: casework
-- Append one step to the history; why a case is closed is sealed.
insert into casework.step (case_id, stelle, from_state, to_state, member_id, reason)
values (:case_id, :stelle, :from_state, :to_state, :member_id, :reason);

-- name: steps(case_id)
-- role: casework
-- The history of a case, oldest first.
select from_state, to_state, taken_at, member.name, undoes is not null as takes_back, reason
from casework.step
join accounts.member using (member_id)
where case_id = :case_id
order by step_id;

-- name: append_log(stelle, member_id, act, case_ids)!
-- role: casework
-- Append who did or read what.
insert into casework.log (stelle, member_id, act, case_ids)
values (:stelle, :member_id, :act, :case_ids);

-- name: log_of(case_id)
-- role: casework
-- Who read or did what with a case, newest first.
select act, done_at, member.name
from casework.log
left join accounts.member using (member_id)
where log.case_ids @> array[:case_id]::uuid[]
order by log_id desc
limit 200;

-- name: messages(report_id)
-- role: casework
-- The conversation with the person, oldest first.
select message_id, report_id, author, sent_on, read_on, sealed, for_stelle
from mailbox.message
where report_id = :report_id
order by position;

-- name: mark_read(report_id, today)!
-- role: casework
-- Note that the Stelle has seen what the person wrote.
update mailbox.message set read_on = :today
where report_id = :report_id and author = 'person' and read_on is null;

-- name: insert_message(message_id, report_id, stelle, sent_on, sealed, for_stelle, for_mailbox)$
-- role: casework
-- Keep what the Stelle wrote to the person; null when this message is kept already.
insert into mailbox.message
    (message_id, report_id, stelle, author, sent_on, sealed, for_stelle, for_mailbox)
values (:message_id, :report_id, :stelle, 'stelle', :sent_on, :sealed, :for_stelle, :for_mailbox)
on conflict (message_id) do nothing
returning true;

-- name: message(report_id, message_id)^
-- role: casework
-- One message, to compare a repeated answer with.
select sealed, for_stelle from mailbox.message
where report_id = :report_id and message_id = :message_id and author = 'stelle';

-- name: public_keys()
-- role: casework
-- All keys anybody may seal for.
select owner, encoded from accounts.public_key;

-- name: decide(handover_id, decision, reason, today)!
-- role: casework
-- Take a case over, or say why not. What was taken over stays so.
update intake.handover set decision = :decision, reason = :reason, decided_on = :today
where handover_id = :handover_id and decision is distinct from 'accepted'
    and (decision, reason) is distinct from (:decision, :reason);

-- name: decide_package(package_id, decision, reason, today)!
-- role: casework
-- The same for a case that came from outside.
update exchange.package set decision = :decision, reason = :reason, decided_on = :today
where package_id = :package_id and sender is not null and decision is distinct from 'accepted'
    and (decision, reason) is distinct from (:decision, :reason);

-- name: promise_decision(package_id, sender, today)!
-- role: casework
-- Promise to tell the sender what was decided; what was told before is told anew.
insert into outbox.promise (kind, package_id, stelle, lane, promised_on, changed_on)
values ('decide', :package_id, :sender, :sender, :today, :today)
on conflict (kind, package_id) do update set state = 'promised', attempts = 0, due_at = now(),
    lease = null, promised_on = :today, changed_on = :today;

-- name: handed(report_id, stelle)
-- role: casework
-- The hand-overs that this Stelle referred, and how far they came; the living one of each last.
select handover.handover_id, handover.stelle, given_on, withdrawn_on, erased_on, decision, reason,
    promise.state as delivery, coalesce(promise.attempts, 0) as attempts
from intake.handover
left join outbox.promise on promise.handover_id = handover.handover_id and kind = 'deliver'
where handover.report_id = :report_id and referred_by = :stelle
order by given_on, withdrawn_on nulls last, handover.handover_id;

-- name: insert_handover(handover_id, report_id, stelle, referred_by, given_on, for_stelle, for_mailbox)!
-- role: casework
-- Write down that the person said yes; nothing where that Stelle was given the report before.
insert into intake.handover
    (handover_id, report_id, stelle, referred_by, given_on, for_stelle, for_mailbox)
values (:handover_id, :report_id, :stelle, :referred_by, :given_on, :for_stelle, :for_mailbox)
on conflict do nothing;

-- name: insert_wrap(report_id, recipient, wrapped)!
-- role: casework
-- Give the receiver its keys; nothing as long as those of a consent taken back are still there.
insert into intake.wrap (report_id, recipient, wrapped)
values (:report_id, :recipient, :wrapped)
on conflict do nothing;

-- name: insert_package(handover_id, stelle, sender_name, today, sealed)!
-- role: casework
-- Keep what a receiver elsewhere is sent, or one that only counts.
insert into exchange.package (package_id, handover_id, stelle, sender_name, arrived_on, sealed)
values (:handover_id, :handover_id, :stelle, :sender_name, :today, :sealed);

-- name: promise_delivery(handover_id, stelle, lane, today)!
-- role: casework
-- Promise to deliver what was handed over.
insert into outbox.promise (kind, handover_id, stelle, lane, promised_on, changed_on)
values ('deliver', :handover_id, :stelle, :lane, :today, :today);

-- name: marks(case_id)
-- role: casework
-- The proposals of a case, and what somebody has seen to.
select subject, state from casework.referral where case_id = :case_id;

-- name: mark(case_id, subjects, stelle, state, today)!
-- role: casework
-- Note how referrals stand, for the queue. What is settled stays settled.
insert into casework.referral (case_id, subject, stelle, state, since)
select :case_id, subject, :stelle, :state, :today from unnest(:subjects::uuid[]) as subject
on conflict (case_id, subject) do update set state = excluded.state, since = excluded.since
    where referral.state <> 'settled';
