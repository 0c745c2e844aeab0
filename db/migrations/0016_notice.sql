-- A person can leave an address for one thing only: a mail that says "there is something new".
-- In clear: that there is such an address, when the worker looks at its mailbox next, and how much
-- was told. The address and the language are sealed twice: for the worker, whose key is in a file,
-- and under the key of the person's code.

create table mailbox.notice (
    report_id uuid primary key references intake.report on delete cascade,
    for_worker bytea, -- gone once the address did not work
    for_mailbox bytea not null,
    due_at timestamptz not null, -- drawn a day ahead: what a Stelle does has no part in it
    told integer not null, -- of the things that `mailbox.news` counts, those that were told or seen
    attempts integer not null default 0, -- at telling the same
    lease uuid
);
create index notice_due on mailbox.notice (due_at) where for_worker is not null;

-- Whom addresses are sealed for: put here by a worker that has the key and can send. Nothing is asked
-- of people as long as there is none.
create table mailbox.notice_key (
    only_one boolean primary key default true check (only_one),
    encoded bytea not null
);

-- How much has come from Stellen: messages, decisions, answers to a wish to erase. As seen by whoever
-- asks.
create view mailbox.news with (security_invoker = true) as
select report_id,
    (select count(*) from mailbox.message m
        where m.report_id = notice.report_id and m.author = 'stelle')
    + (select count(decision) + count(erasure_answer) from intake.handover h
        where h.report_id = notice.report_id) as things
from mailbox.notice;

-- The view "waiting" of the queue knows proposals as well that wait for the person's consent.
create or replace function casework.sought(
    in_view text default null,
    me uuid default null,
    asked_before date default null,
    in_state text default null,
    with_label uuid default null,
    of_member uuid default null,
    at_positions bigint[] default null,
    with_tokens bigint[] default null
) returns setof casework.case language sql stable as $$
    select *
    from casework.case
    where (in_state is null or state = in_state)
        and (of_member is null or assigned_to = of_member)
        and (at_positions is null or position = any (at_positions))
        and (with_tokens is null or casework.holds(case_id, with_tokens))
        and (with_label is null or case_id = any (array(
            select labelled.case_id from casework.labelled where label_id = with_label)))
        and (in_view is distinct from 'new' or state = 'neu')
        and (in_view is distinct from 'due' or (next_on is not null and state <> 'abgeschlossen'))
        and (in_view is distinct from 'mine' or assigned_to = me or deputy = me)
        and (in_view is distinct from 'unassigned'
            or (assigned_to is null and state <> 'abgeschlossen'))
        and (in_view is distinct from 'unread' or report_id = any (array(
            select message.report_id from mailbox.message
            where message.stelle = current_setting('adstelle.scope', true)
                and author = 'person' and read_on is null)))
        and (in_view is distinct from 'waiting'
            or report_id = any (array(
                select handover.report_id from intake.handover
                where referred_by = current_setting('adstelle.scope', true)
                    and decision is null and withdrawn_on is null
                    and not exists (select from casework.referral settled
                        where settled.subject = handover_id and settled.state = 'settled')))
            or case_id = any (array(
                select referral.case_id from casework.referral
                where referral.stelle = current_setting('adstelle.scope', true)
                    and referral.state = 'asked')))
        and (in_view is distinct from 'attention' or case_id = any (array(
            select attention.case_id from casework.attention
            where why <> 'asked' or since < asked_before)))
$$;

-- How many cases of each Stelle nobody is left to see: all who hold its key are kept from them, or nobody
-- holds it any more. A number for the operator, and no more.
create function accounts.unseen() returns table (stelle text, cases bigint)
    language sql stable security definer set search_path = pg_catalog
    as $$
        select "case".stelle, count(*)
        from casework.case
        where not exists (select from accounts.member
            where member.stelle = "case".stelle and member.stelle_wrap is not null
                and not exists (select from casework.conflict
                    where conflict.case_id = "case".case_id
                        and conflict.member_id = member.member_id))
        group by "case".stelle
        order by "case".stelle
    $$;
revoke all on function accounts.unseen() from public;
