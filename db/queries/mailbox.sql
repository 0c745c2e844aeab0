-- name: box(lookup)^
-- role: mailbox
-- The report behind a code, with what is sealed for its mailbox.
select report.report_id, received_on, erasure_asked_on, mailbox_key, wrap.wrapped,
    account.sealed as account, contact.sealed as contact
from intake.report
join intake.wrap using (report_id)
join intake.part account on account.report_id = report.report_id and account.part = 'account'
join intake.part contact on contact.report_id = report.report_id and contact.part = 'contact'
where mailbox_lookup = :lookup;

-- name: recipients(report_id)
-- role: mailbox
-- Whom the person agreed to: what was agreed, whether it arrived, where the case stands, and what
-- became of the copy of whoever lost the consent.
select handover.handover_id, handover.stelle, referred_by, given_on, withdrawn_on, decision, reason,
    erased_on, erasure_asked_on, erasure_due_on, erasure_answer, erasure_reason, handover.for_mailbox, delivery.state as delivery, delivery.attempts, "case".state,
    withdrawal.state as withdrawal
from intake.handover
left join outbox.promise delivery
    on delivery.handover_id = handover.handover_id and delivery.kind = 'deliver'
left join outbox.promise withdrawal
    on withdrawal.handover_id = handover.handover_id and withdrawal.kind = 'withdraw'
left join casework.case on "case".report_id = handover.report_id
    and "case".stelle = handover.stelle and withdrawn_on is null
where handover.report_id = :report_id
order by given_on, withdrawn_on nulls last, handover.stelle;

-- name: messages(report_id)
-- role: mailbox
-- Every message of a report, oldest first; what a Stelle lost with its consent is not shared.
select message_id, stelle, author, sent_on, read_on, sealed, for_mailbox,
    for_stelle is not null as is_shared
from mailbox.message
where report_id = :report_id
order by position;

-- name: mark_read(report_id, today)!
-- role: mailbox
-- Note that the person has seen what the Stellen wrote.
update mailbox.message set read_on = :today
where report_id = :report_id and author = 'stelle' and read_on is null;

-- name: public_keys()
-- role: mailbox
-- All keys anybody may seal for.
select owner, encoded from accounts.public_key;

-- name: hold_report(report_id)!
-- role: mailbox
-- Wait for whoever erases a Stelle's copy; the next statement sees whether it still has one.
select from intake.report where report_id = :report_id for key share;

-- name: insert_message(message_id, report_id, stelle, sent_on, sealed, for_stelle, for_mailbox)$
-- role: mailbox
-- Keep what the person wrote to one Stelle; null when there is a message with this id.
insert into mailbox.message
    (message_id, report_id, stelle, author, sent_on, sealed, for_stelle, for_mailbox)
values (:message_id, :report_id, :stelle, 'person', :sent_on, :sealed, :for_stelle, :for_mailbox)
on conflict (message_id) do nothing
returning true;

-- name: put_notice(stelle, lane, today)!
-- role: mailbox
-- Promise a Stelle the mail that something new waits, at the next full hour (see outbox.sql).
insert into outbox.promise (kind, stelle, lane, promised_on, changed_on, due_at)
values ('notice', :stelle, :lane, :today, :today, date_trunc('hour', now()) + interval '1 hour')
on conflict do nothing;

-- name: message(report_id, message_id)^
-- role: mailbox
-- One message of the person, to compare a repeated one with.
select stelle, sealed, for_mailbox from mailbox.message
where report_id = :report_id and message_id = :message_id and author = 'person';

-- name: insert_handover(handover_id, report_id, stelle, referred_by, today, for_stelle, for_mailbox)!
-- role: mailbox
-- Keep a consent; refused by the index where the Stelle has the report.
insert into intake.handover
    (handover_id, report_id, stelle, referred_by, given_on, for_stelle, for_mailbox)
values (:handover_id, :report_id, :stelle, :referred_by, :today, :for_stelle, :for_mailbox);

-- name: insert_wrap(report_id, stelle, wrapped)!
-- role: mailbox
-- Give a Stelle that works here the keys; refused as long as an earlier consent is being erased.
insert into intake.wrap (report_id, recipient, wrapped) values (:report_id, :stelle, :wrapped);

-- name: insert_package(handover_id, stelle, sender_name, today, package)!
-- role: mailbox
-- Keep what a Stelle that works elsewhere, or only counts, is to be given.
insert into exchange.package (package_id, handover_id, stelle, sender_name, arrived_on, sealed)
values (:handover_id, :handover_id, :stelle, :sender_name, :today, :package);

-- name: promise_delivery(handover_id, stelle, lane, today)!
-- role: mailbox
-- Promise to hand the report over.
insert into outbox.promise (kind, handover_id, stelle, lane, promised_on, changed_on)
values ('deliver', :handover_id, :stelle, :lane, :today, :today);

-- name: take_back(handover_id, today)$
-- role: mailbox
-- End a consent; null when it has ended before. From here on the Stelle sees nothing any more.
update intake.handover set withdrawn_on = :today
where handover_id = :handover_id and withdrawn_on is null
returning true;

-- name: stop_delivery(handover_id, today)!
-- role: mailbox
-- Do not hand over what nobody has handed over yet.
update outbox.promise set state = 'withdrawn', lease = null, changed_on = :today
where handover_id = :handover_id and kind = 'deliver' and state = 'promised';

-- name: promise_withdrawal(handover_id, today)!
-- role: mailbox
-- Promise that the receiver's copy goes, behind the delivery in its lane. A Stelle that works here
-- has its key from the first moment; elsewhere nothing has to go that nobody tried to send.
insert into outbox.promise (kind, handover_id, stelle, lane, promised_on, changed_on)
select 'withdraw', handover.handover_id, handover.stelle, delivery.lane, :today, :today
from intake.handover
left join outbox.promise delivery
    on delivery.handover_id = handover.handover_id and delivery.kind = 'deliver'
where handover.handover_id = :handover_id
    and (delivery.lane is null or delivery.state <> 'withdrawn' or delivery.attempts > 0);

-- name: empty_package(handover_id, today)!
-- role: mailbox
-- Keep no copy of what was to be given, and hide that there was one.
update exchange.package set sealed = null, withdrawn_on = :today where handover_id = :handover_id;

-- name: want_gone(report_id, today)!
-- role: mailbox
-- The person wants everything erased; the first day stays.
update intake.report set erasure_asked_on = coalesce(erasure_asked_on, :today)
where report_id = :report_id;

-- name: want_kept(report_id)
-- role: mailbox
-- The person takes their wish back, from every Stelle that has not answered yet.
update intake.handover set erasure_asked_on = null, erasure_due_on = null
where report_id = :report_id and withdrawn_on is null
    and erasure_asked_on is not null and erasure_answer is null
returning stelle;

-- name: forget_wish(report_id)!
-- role: mailbox
-- Nobody is to erase everything any more; where a Stelle has agreed to, that stays.
update intake.report set erasure_asked_on = null where report_id = :report_id;

-- name: ask_erasure(handover_ids, today, answer_by)
-- role: mailbox
-- Ask the Stellen that work here; who was asked and has not answered has no more time than before.
update intake.handover set erasure_asked_on = :today, erasure_due_on = :answer_by,
    erasure_answer = null, erasure_reason = null, erasure_answered_on = null
where handover_id = any(:handover_ids::uuid[]) and withdrawn_on is null
    and (erasure_asked_on is null or erasure_answer = 'refused')
returning stelle;
