-- The advisers' queue: what it is sorted and searched by. In clear: days, and that a case is in the
-- search index. Adding `next_on` rewrites casework.case, and every index locks its table meanwhile.

alter table casework.case
    -- the first of the two days; written by nobody
    add column next_on date generated always as (least(due_on, remind_on)) stored,
    -- by which scheme the case is in the search index; 0: not, or not as it is now
    add column indexed smallint not null default 0;

create index case_of_state on casework.case (stelle, state, position desc);
create index case_due on casework.case (stelle, next_on, (coalesce(due_on, 'infinity'::date)), position)
    where next_on is not null and state <> 'abgeschlossen';
create index case_unassigned on casework.case (stelle, position desc)
    where assigned_to is null and state <> 'abgeschlossen';
create index case_assigned on casework.case (assigned_to, position desc);
create index case_deputy on casework.case (deputy, position desc) where deputy is not null;
create index case_indexed on casework.case (stelle, indexed, position desc);
create index message_unread on mailbox.message (stelle, report_id)
    where author = 'person' and read_on is null;
create index handover_waiting on intake.handover (referred_by, report_id)
    where decision is null and withdrawn_on is null and referred_by is not null;

-- The sealed index: of each case the tokens of its words and codes, under a key that only sessions
-- of the Stelle have, filled up with random ones. Kept apart from the row, a search reads narrow rows.
create table casework.search (
    case_id uuid primary key references casework.case on delete cascade,
    stelle text not null,
    position bigint not null,
    tokens bigint[] not null
) with (toast_tuple_target = 128);
alter table casework.search alter column tokens set storage external;
create index search_tokens on casework.search using gin (tokens) with (fastupdate = off);

-- The positions of the Stelle's cases that hold every token of one of the rows of *wanted*.
-- As the owner, because `@>` under a row policy would read the whole table (docs/decisions/0016).
create function casework.found(wanted bigint[], most bigint) returns setof bigint
    language sql stable security definer set search_path = pg_catalog
    as $$
        select search.position
        from generate_subscripts(wanted, 1) as variant
        join casework.search on search.tokens @> wanted[variant:variant]
        where search.stelle = current_setting('adstelle.scope', true)
        limit most
    $$;

-- Whether one case does. For what many cases have this is quicker than to find them all.
create function casework.holds(in_case uuid, wanted bigint[]) returns boolean
    language plpgsql stable security definer set search_path = pg_catalog
    as $$
        declare
            held bigint[];
        begin
            select tokens into held from casework.search
            where search.case_id = in_case and stelle = current_setting('adstelle.scope', true);
            for variant in 1 .. array_length(wanted, 1) loop
                if held @> wanted[variant:variant] then
                    return true;
                end if;
            end loop;
            return false;
        end
    $$;

-- The cases of a view of the queue, as seen by whoever asks. What is null asks nothing.
-- `at_positions` names the only places where a case may stand, `with_tokens` what it has to hold.
create function casework.sought(
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
        and (in_view is distinct from 'waiting' or report_id = any (array(
            select handover.report_id from intake.handover
            where referred_by = current_setting('adstelle.scope', true)
                and decision is null and withdrawn_on is null
                and not exists (select from casework.referral settled
                    where settled.subject = handover_id and settled.state = 'settled'))))
        and (in_view is distinct from 'attention' or case_id = any (array(
            select attention.case_id from casework.attention
            where why <> 'asked' or since < asked_before)))
$$;

-- What a member looks for, sealed for the Stelle; `kept` under a name, or only until tomorrow.
create table casework.filter (
    filter_id uuid primary key,
    member_id uuid not null references accounts.member on delete cascade,
    stelle text not null,
    kept boolean not null,
    made_on date not null,
    sealed bytea not null
);
create index filter_of_member on casework.filter (member_id);

alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'case_indexed', 'case_assigned', 'case_labelled'));
