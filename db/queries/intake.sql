-- name: insert_report(report_id, received_on, mailbox_lookup, mailbox_key, account, contact, recipients, wraps, card_id, card, handovers, stellen, for_stelle, for_mailbox, packages, sender_names, lanes, submission_id, sealed_receipt, expires_at)!
-- role: intake
-- Store a report, its count, who was given it and the promises of delivery: one statement, all or
-- nothing.
with stored as (
    insert into intake.report (report_id, received_on, mailbox_lookup, mailbox_key)
    values (:report_id, :received_on, :mailbox_lookup, :mailbox_key)
), parts as (
    insert into intake.part (report_id, part, sealed)
    values (:report_id, 'account', :account), (:report_id, 'contact', :contact)
), wraps as (
    insert into intake.wrap (report_id, recipient, wrapped)
    select :report_id, recipient, wrapped
    from unnest(:recipients::text[], :wraps::bytea[]) as given (recipient, wrapped)
), counted as (
    insert into intake.card (card_id, sealed) values (:card_id, :card)
), given as (
    select * from unnest(:handovers::uuid[], :stellen::text[], :for_stelle::bytea[],
            :for_mailbox::bytea[], :packages::bytea[], :sender_names::text[], :lanes::text[])
        as each (handover_id, stelle, for_stelle, for_mailbox, package, sender_name, lane)
), handed as (
    insert into intake.handover (handover_id, report_id, stelle, given_on, for_stelle, for_mailbox)
    select handover_id, :report_id, stelle, :received_on, for_stelle, for_mailbox from given
), packed as (
    insert into exchange.package
        (package_id, handover_id, stelle, sender_name, arrived_on, sealed)
    select handover_id, handover_id, stelle, sender_name, :received_on, package from given
    where package is not null
), promised as (
    insert into outbox.promise (kind, handover_id, stelle, lane, promised_on, changed_on)
    select 'deliver', handover_id, stelle, lane, :received_on, :received_on from given
)
insert into intake.submission (submission_id, sealed_receipt, expires_at)
values (:submission_id, :sealed_receipt, :expires_at);

-- name: receipt(submission_id)$
-- role: intake
-- Read back the sealed receipt of a submission; the scope must name it.
select sealed_receipt from intake.submission where submission_id = :submission_id;

-- name: public_keys()
-- role: intake
-- All keys anybody may seal for.
select owner, encoded from accounts.public_key;

-- name: draft(draft_id)$
-- role: intake
-- Read a living draft; the scope must name it.
select sealed from intake.draft where draft_id = :draft_id and expires_at > now();

-- name: save_draft(draft_id, sealed, expires_at)!
-- role: intake
-- Write a draft; the scope must name it.
insert into intake.draft (draft_id, sealed, expires_at)
values (:draft_id, :sealed, :expires_at)
on conflict (draft_id) do update set sealed = excluded.sealed, expires_at = excluded.expires_at;

-- name: delete_draft(draft_id)!
-- role: intake
-- Forget a draft; the scope must name it.
delete from intake.draft where draft_id = :draft_id;
