-- name: public_keys()
-- role: casework
-- All keys anybody may seal for.
select owner, encoded from accounts.public_key;

-- name: take(case_id, report_id, received_on, mailbox_lookup, mailbox_key, account, contact, recipients, wraps, card_id, card, handovers, stellen, for_stelle, for_mailbox, packages, sender_names, lanes, today, receipt, life)!
-- role: casework
-- Store a report that an adviser wrote down, its count, who was given it and the promises of
-- delivery, and open the case: one statement, all or nothing. The scope must be among *stellen*.
select intake.take(:case_id, :report_id, :received_on, :mailbox_lookup, :mailbox_key, :account,
    :contact, :recipients, :wraps, :card_id, :card, :handovers, :stellen, :for_stelle,
    :for_mailbox, :packages, :sender_names, :lanes, :today, :receipt, now() + :life);

-- name: receipt(case_id)$
-- role: casework
-- The sealed slip of a report that was taken, as long as it is kept.
select sealed from casework.receipt where case_id = :case_id and expires_at > now();

-- name: forget_receipt(case_id)!
-- role: casework
-- The slip is printed.
delete from casework.receipt where case_id = :case_id;

-- name: case_taken(case_id)$
-- role: casework
-- Whether this very form was kept before.
select exists (select from casework.case where case_id = :case_id);
