-- name: box(lookup)^
-- role: mailbox
-- The report behind a code, with what is sealed for its mailbox.
select report.report_id, received_on, mailbox_key, wrap.wrapped,
    account.sealed as account, contact.sealed as contact
from intake.report
join intake.wrap using (report_id)
join intake.part account on account.report_id = report.report_id and account.part = 'account'
join intake.part contact on contact.report_id = report.report_id and contact.part = 'contact'
where mailbox_lookup = :lookup;

-- name: recipients(report_id)
-- role: mailbox
-- Whom the person agreed to: what was agreed, whether it arrived, and where the case stands.
select handover.handover_id, handover.stelle, referred_by, given_on, withdrawn_on, decision, reason,
    handover.for_mailbox, promise.state as delivery, promise.attempts, "case".state
from intake.handover
left join outbox.promise on promise.handover_id = handover.handover_id and kind = 'deliver'
left join casework.case on "case".report_id = handover.report_id
    and "case".stelle = handover.stelle and withdrawn_on is null
where handover.report_id = :report_id
order by given_on, handover.stelle;

-- name: messages(report_id)
-- role: mailbox
-- Every message of a report, oldest first.
select message_id, stelle, author, sent_on, read_on, sealed, for_mailbox
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

-- name: insert_message(message_id, report_id, stelle, sent_on, sealed, for_stelle, for_mailbox)$
-- role: mailbox
-- Keep what the person wrote to one Stelle; null when there is a message with this id.
insert into mailbox.message
    (message_id, report_id, stelle, author, sent_on, sealed, for_stelle, for_mailbox)
values (:message_id, :report_id, :stelle, 'person', :sent_on, :sealed, :for_stelle, :for_mailbox)
on conflict (message_id) do nothing
returning true;

-- name: message(report_id, message_id)^
-- role: mailbox
-- One message of the person, to compare a repeated one with.
select stelle, sealed, for_mailbox from mailbox.message
where report_id = :report_id and message_id = :message_id and author = 'person';
