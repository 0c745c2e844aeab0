-- An adviser writes down what a person reported by phone, in a letter, on a visit or by mail.

-- Store such a report whole: only with a hand-over to the Stelle that took it, whose case is open at
-- once. The role of the advisers can insert none of it by itself, and no row policy could compare
-- rows of one statement with each other; so this runs with the owner's rights and checks first.
create function intake.take(
    case_id uuid, report_id uuid, received_on date, mailbox_lookup bytea, mailbox_key bytea,
    account bytea, contact bytea, recipients text[], wraps bytea[], card_id uuid, card bytea,
    handovers uuid[], stellen text[], for_stelle bytea[], for_mailbox bytea[], packages bytea[],
    sender_names text[], lanes text[], today date, receipt bytea, receipt_expires_at timestamptz
) returns void language plpgsql security definer set search_path = pg_catalog as $$
declare
    own constant text := current_setting('adstelle.scope', true);
begin
    if own is null or own = '' or not own = any (stellen) or not own = any (recipients) then
        raise insufficient_privilege using message = 'the Stelle that takes a report must get it';
    end if;
    if exists (select from unnest(recipients) as each (recipient)
        where recipient <> 'mailbox' and not recipient = any (stellen)) then
        raise insufficient_privilege using message = 'a key for somebody who is given nothing';
    end if;
    insert into intake.report values
        (take.report_id, take.received_on, take.mailbox_lookup, take.mailbox_key);
    insert into intake.part values
        (take.report_id, 'account', take.account), (take.report_id, 'contact', take.contact);
    insert into intake.wrap
        select take.report_id, each.recipient, each.wrapped
        from unnest(recipients, wraps) as each (recipient, wrapped);
    insert into intake.card values (take.card_id, take.card);
    insert into intake.handover as h
        (handover_id, report_id, stelle, given_on, for_stelle, for_mailbox)
        select each.handover, take.report_id, each.receiver, take.received_on, each.stelles, each.persons
        from unnest(handovers, stellen, for_stelle, for_mailbox)
            as each (handover, receiver, stelles, persons);
    insert into exchange.package as p
        (package_id, handover_id, stelle, sender_name, arrived_on, sealed)
        select each.handover, each.handover, each.receiver, each.sender, take.received_on, each.packed
        from unnest(handovers, stellen, sender_names, packages)
            as each (handover, receiver, sender, packed)
        where each.packed is not null;
    insert into outbox.promise as p
        (kind, handover_id, stelle, lane, state, promised_on, changed_on)
        select 'deliver', each.handover, each.receiver, each.way,
            case when each.receiver = own then 'delivered' else 'promised' end, today, today
        from unnest(handovers, stellen, lanes) as each (handover, receiver, way);
    insert into casework.case as c (case_id, report_id, stelle, received_on, changed_on)
        values (take.case_id, take.report_id, own, take.received_on, today);
    insert into casework.receipt as r (case_id, stelle, sealed, expires_at)
        values (take.case_id, own, take.receipt, take.receipt_expires_at);
end
$$;
revoke all on function intake.take from public;

-- The slip to print, with the person's code: sealed for the member who took the report, and gone
-- within the hour or when they say that it is printed.
create table casework.receipt (
    case_id uuid primary key references casework.case on delete cascade,
    stelle text not null,
    sealed bytea not null,
    expires_at timestamptz not null
);
create index receipt_expiry on casework.receipt (expires_at);

-- The log knows two acts more.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'report_taken', 'export_made'));
