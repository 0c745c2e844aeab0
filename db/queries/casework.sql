-- name: queue(before, state, most)
-- role: casework
-- A page of the Stelle's cases, newest first, with what is sealed for its sessions.
select "case".case_id, "case".report_id, "case".package_id, "case".position, state,
    "case".received_on, wrap.wrapped, account.sealed as account, package.sealed as package,
    (select count(*) from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'person' and m.read_on is null) as unread,
    "case".report_id is not null and not exists (select from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'stelle') as awaits_answer
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join exchange.package on package.package_id = "case".package_id
where "case".position < :before and (:state::text is null or state = :state)
order by "case".position desc
limit :most;

-- name: queue_newer(after, state, most)
-- role: casework
-- The page of the queue before a given one: the same rows, found from the other end.
select "case".case_id, "case".report_id, "case".package_id, "case".position, state,
    "case".received_on, wrap.wrapped, account.sealed as account, package.sealed as package,
    (select count(*) from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'person' and m.read_on is null) as unread,
    "case".report_id is not null and not exists (select from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'stelle') as awaits_answer
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join exchange.package on package.package_id = "case".package_id
where "case".position > :after and (:state::text is null or state = :state)
order by "case".position
limit :most;

-- name: tally()
-- role: casework
-- How many of the Stelle's cases stand where.
select state, count(*) as cases from casework.case group by state;

-- name: case_of(case_id)^
-- role: casework
-- One case with everything sealed for the Stelle.
select "case".case_id, "case".report_id, "case".package_id, "case".state, "case".received_on,
    report.mailbox_key, wrap.wrapped, account.sealed as account, contact.sealed as contact,
    package.sealed as package, package.sender,
    coalesce(handover.handover_id, package.handover_id) as handover_id, handover.for_stelle,
    coalesce(handover.decision, package.decision) as decision
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

-- name: append_step(case_id, stelle, from_state, to_state, member_id)!
-- role: casework
-- Append one step to the history.
insert into casework.step (case_id, stelle, from_state, to_state, member_id)
values (:case_id, :stelle, :from_state, :to_state, :member_id);

-- name: steps(case_id)
-- role: casework
-- The history of a case, oldest first.
select from_state, to_state, taken_at, member.name
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
