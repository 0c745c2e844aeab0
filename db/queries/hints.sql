-- name: cases(case_ids)
-- role: casework
-- Cases with what is sealed for the Stelle's sessions, and how their records stand.
select "case".case_id, "case".report_id, "case".package_id, state, "case".received_on,
    wrap.wrapped, account.sealed as account, package.sealed as package, package.sender_name,
    record.revision, record.sealed as record
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join exchange.package on package.package_id = "case".package_id
left join lateral (
    select r.revision, r.sealed from casework.record r where r.case_id = "case".case_id
    order by r.revision desc
    limit 1) record on true
where "case".case_id = any (:case_ids::uuid[]);

-- name: alike(tokens, without, only_case, common, most)
-- role: casework
-- The cases that share the rarest of these tokens, up to *most*, the best first.
select case_id, shared, cases
from casework.alike(:tokens::bigint[], :without::uuid[], :only_case::uuid, :common::bigint,
    :most::bigint);

-- name: size(most)$
-- role: casework
-- How many cases are in the search index; counted up to *most*.
select count(*) from (select from casework.search
    where stelle = current_setting('adstelle.scope', true) limit :most) as counted;

-- name: together(case_id)
-- role: casework
-- The cases that belong to the same incident or series already.
with mine as (
    select incident.incident_id, incident.series_id
    from (select incident_id, linked from casework.incident_link
        where case_id = :case_id
        order by link_id desc
        limit 1) last
    join casework.incident using (incident_id)
    where last.linked
)
select distinct l.case_id
from mine
join casework.incident i on i.incident_id = mine.incident_id or i.series_id = mine.series_id
join casework.incident_link l on l.incident_id = i.incident_id
cross join lateral (
    select later.incident_id, later.linked from casework.incident_link later
    where later.case_id = l.case_id
    order by later.link_id desc
    limit 1) last
where last.linked and last.incident_id = i.incident_id and l.case_id <> :case_id;

-- name: answers(case_id)
-- role: casework
-- What was said of this case and others, oldest first.
select hint_answer_id, case_id, other_id, made_at, member.name, sealed
from casework.hint_answer
join accounts.member using (member_id)
where :case_id in (case_id, other_id)
order by position;

-- name: append_answer(hint_answer_id, case_id, other_id, stelle, member_id, sealed)$
-- role: casework
-- Append what somebody said of two cases; null where this was written down before.
insert into casework.hint_answer (hint_answer_id, case_id, other_id, stelle, member_id, sealed)
values (:hint_answer_id, :case_id, :other_id, :stelle, :member_id, :sealed)
on conflict (hint_answer_id) do nothing
returning true;

-- name: received(first, last, most)
-- role: casework
-- The newest cases that came in a period, up to *most*.
select case_id, received_on from casework.case
where stelle = current_setting('adstelle.scope', true) and received_on between :first and :last
order by position desc
limit :most;
