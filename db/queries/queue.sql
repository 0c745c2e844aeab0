-- name: plan_anew()$
-- role: casework
-- Within this transaction plan every statement for the values it comes with: what a view does not
-- ask for is then left out of its plan.
select set_config('plan_cache_mode', 'force_custom_plan', true)
from (select count(*) from (select from casework.case limit 1) as one) as always;

-- name: found(tokens, most)
-- role: casework
-- The positions of cases that hold all tokens of one of the rows, up to *most*, in no order.
select position from casework.found(:tokens::bigint[], :most::bigint) as position;

-- name: older(view, me, asked_before, state, label, assigned, positions, tokens, position, most)
-- role: casework
-- Where cases of a view stand that are older than a position, newest first.
select case_id, position, next_on, due_on
from casework.sought(:view, :me, :asked_before, :state, :label, :assigned, :positions, :tokens)
where position < :position
order by position desc
limit :most;

-- name: newer(view, me, asked_before, state, label, assigned, positions, tokens, position, most)
-- role: casework
-- The same on the other side: those that are next newer, found from the other end.
select case_id, position, next_on, due_on
from casework.sought(:view, :me, :asked_before, :state, :label, :assigned, :positions, :tokens)
where position > :position
order by position
limit :most;

-- name: later(view, me, asked_before, state, label, assigned, positions, tokens, next_on, due_on, position, most)
-- role: casework
-- Where cases stand that are due after another one, the soonest first; on the same day what the
-- law sets comes before what the Stelle set itself.
select case_id, position, next_on, due_on
from casework.sought(:view, :me, :asked_before, :state, :label, :assigned, :positions, :tokens)
where (next_on, coalesce(due_on, 'infinity'::date), position) > (:next_on, :due_on, :position)
order by next_on, coalesce(due_on, 'infinity'::date), position
limit :most;

-- name: sooner(view, me, asked_before, state, label, assigned, positions, tokens, next_on, due_on, position, most)
-- role: casework
-- The same on the other side: those that are due next before it, found from the other end.
select case_id, position, next_on, due_on
from casework.sought(:view, :me, :asked_before, :state, :label, :assigned, :positions, :tokens)
where (next_on, coalesce(due_on, 'infinity'::date), position) < (:next_on, :due_on, :position)
order by next_on desc, coalesce(due_on, 'infinity'::date) desc, position desc
limit :most;

-- name: rows(case_ids)
-- role: casework
-- Cases with what is sealed for the Stelle's sessions and what the queue says of them.
select "case".case_id, "case".report_id, "case".package_id, state, "case".received_on,
    wrap.wrapped, account.sealed as account, package.sealed as package, package.sender_name,
    assigned_to, deputy, due_on, remind_on,
    array(select label_id from casework.labelled l where l.case_id = "case".case_id) as labels,
    (select count(*) from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'person' and m.read_on is null) as unread,
    "case".report_id is not null and not exists (select from mailbox.message m
        where m.report_id = "case".report_id and m.author = 'stelle') as awaits_answer
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join exchange.package on package.package_id = "case".package_id
where "case".case_id = any (:case_ids::uuid[]);

-- name: attention(case_ids, asked_before)
-- role: casework
-- Which of these cases need somebody to look at a referral.
select distinct case_id from casework.attention
where case_id = any (:case_ids::uuid[]) and (why <> 'asked' or since < :asked_before);

-- name: counts(me, asked_before, most)^
-- role: casework
-- How many cases are in each view that asks for work, counted up to *most*.
select
    (select count(*) from (select from casework.sought('new') limit :most) c) as new,
    (select count(*) from (select from casework.sought('due') limit :most) c) as due,
    (select count(*) from (select from casework.sought('unread') limit :most) c) as unread,
    (select count(*) from (select from casework.sought('waiting') limit :most) c) as waiting,
    (select count(*) from (select from casework.sought('mine', :me) limit :most) c) as mine,
    (select count(*) from (select from casework.sought('unassigned') limit :most) c) as unassigned,
    (select count(*) from (
        select from casework.sought('attention', null, :asked_before) limit :most) c) as attention;

-- name: choices()
-- role: casework
-- Who works for the Stelle, and its labels; what these are called is sealed.
select member_id, name, null::uuid as label_id, null::bytea as sealed from accounts.member
union all
select null, null, label_id, sealed from casework.label;

-- name: chosen(case_ids, member_id)
-- role: casework
-- Of these cases those there are, without such that the member must not see.
select case_id from casework.case
where case_id = any (:case_ids::uuid[]) and not exists (select from casework.conflict
    where conflict.case_id = "case".case_id and conflict.member_id = :member_id::uuid)
order by position desc;

-- name: assign(case_ids, member_id, told_by)
-- role: casework
-- Give cases to somebody of the Stelle who opens cases, or to nobody; those that change. It is
-- appended to the history of each.
with changed as (
    update casework.case set assigned_to = :member_id
    where case_id = any (:case_ids::uuid[]) and assigned_to is distinct from :member_id::uuid
        and (:member_id is null or exists (select from accounts.member
            where member_id = :member_id and left_on is null and role in ('adviser', 'lead')))
    returning case_id, stelle, assigned_to, deputy
), appended as (
    insert into casework.assignment (assignment_id, case_id, stelle, assigned_to, deputy, member_id)
    select gen_random_uuid(), case_id, stelle, assigned_to, deputy, :told_by from changed
)
select case_id from changed;

-- name: put_label(case_ids, label_id)
-- role: casework
-- Put a label on cases; those that had it not.
insert into casework.labelled (case_id, label_id, stelle)
select case_id, label_id, label.stelle
from casework.case join casework.label on label_id = :label_id
where case_id = any (:case_ids::uuid[])
on conflict do nothing
returning case_id;

-- name: take_label(case_ids, label_id)
-- role: casework
-- Take a label off cases; those that had it.
delete from casework.labelled where label_id = :label_id and case_id = any (:case_ids::uuid[])
returning case_id;
