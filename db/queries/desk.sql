-- name: standing(case_id)^
-- role: casework
-- Who works on a case, when it is to be looked at again, and how many are kept from it.
select "case".assigned_to, mine.name as assigned_name, "case".deputy, other.name as deputy_name,
    "case".remind_on,
    (select count(*) from casework.conflict where conflict.case_id = "case".case_id) as kept_away
from casework.case
left join accounts.member mine on mine.member_id = "case".assigned_to
left join accounts.member other on other.member_id = "case".deputy
where case_id = :case_id;

-- name: colleagues(case_id)
-- role: casework
-- Everybody of the Stelle who opens cases, and since when somebody is kept from the case.
select member.member_id, member.name, conflict.since as kept_away_since
from accounts.member
left join casework.conflict on conflict.member_id = member.member_id
    and conflict.case_id = :case_id
where member.left_on is null and member.role in ('adviser', 'lead')
order by member.name, member.member_id;

-- name: hold(case_id)^
-- role: casework
-- Hold a case for a change of who works on it, or who must not see it.
select assigned_to, deputy from casework.case where case_id = :case_id for update;

-- name: assign(case_id, assigned_to, deputy, today)!
-- role: casework
-- Say who works on a case.
update casework.case set assigned_to = :assigned_to, deputy = :deputy, changed_on = :today
where case_id = :case_id;

-- name: append_assignment(assignment_id, case_id, stelle, assigned_to, deputy, member_id)$
-- role: casework
-- Append who is to work on a case; null where this was written down before.
insert into casework.assignment
    (assignment_id, case_id, stelle, assigned_to, deputy, member_id)
values (:assignment_id, :case_id, :stelle, :assigned_to, :deputy, :member_id)
on conflict (assignment_id) do nothing
returning true;

-- name: assignments(case_id)
-- role: casework
-- Who worked on a case, oldest first.
select mine.name as assigned_name, other.name as deputy_name, teller.name, made_at
from casework.assignment
left join accounts.member mine on mine.member_id = assignment.assigned_to
left join accounts.member other on other.member_id = assignment.deputy
join accounts.member teller on teller.member_id = assignment.member_id
where case_id = :case_id
order by assignment.position;

-- name: remind(case_id, remind_on)!
-- role: casework
-- Set or clear the day on which a case is to be looked at again.
update casework.case set remind_on = :remind_on
where case_id = :case_id and remind_on is distinct from :remind_on;

-- name: keep_away(case_id, member_id, stelle, today)!
-- role: casework
-- Keep a member from a case.
insert into casework.conflict (case_id, member_id, stelle, since)
values (:case_id, :member_id, :stelle, :today);

-- name: let_back(case_id, member_id)!
-- role: casework
-- Let a member see a case again.
delete from casework.conflict where case_id = :case_id and member_id = :member_id;

-- name: append_conflict(case_id, stelle, concerns, lifted, member_id)!
-- role: casework
-- Append who was kept from a case or may see it again.
insert into casework.conflict_step (case_id, stelle, concerns, lifted, member_id)
values (:case_id, :stelle, :concerns, :lifted, :member_id);

-- name: conflicts(case_id)
-- role: casework
-- Who was kept from a case and who may see it again, oldest first.
select concerned.name as concerns, lifted, teller.name, made_at
from casework.conflict_step
join accounts.member concerned on concerned.member_id = conflict_step.concerns
join accounts.member teller on teller.member_id = conflict_step.member_id
where case_id = :case_id
order by conflict_step_id;

-- name: last_step(case_id, member_id)^
-- role: casework
-- The last step of a case, how old it is, and how much else was done since then, that step itself
-- and reading apart.
select step_id, from_state, to_state, undoes is not null as takes_back,
    member_id = :member_id as is_own, now() - taken_at as age,
    (select count(*) from casework.log where case_ids @> array[:case_id]::uuid[]
        and done_at >= step.taken_at
        and act not in ('queue_read', 'case_read', 'contact_read', 'notes_read', 'step_taken'))
    as acts_since
from casework.step
where case_id = :case_id
order by step_id desc
limit 1;

-- name: take_back(case_id, stelle, from_state, to_state, member_id, undoes)!
-- role: casework
-- Append a step that takes the last one back.
insert into casework.step (case_id, stelle, from_state, to_state, member_id, undoes)
values (:case_id, :stelle, :from_state, :to_state, :member_id, :undoes);

-- name: drafted(case_id)^
-- role: casework
-- The answer that this member is still writing.
select sealed, saved_on from casework.draft where case_id = :case_id;

-- name: keep_draft(case_id, member_id, stelle, today, sealed)!
-- role: casework
-- Keep an answer that is still being written, in place of what was kept before.
insert into casework.draft (case_id, member_id, stelle, saved_on, sealed)
values (:case_id, :member_id, :stelle, :today, :sealed)
on conflict (case_id, member_id) do update
    set sealed = excluded.sealed, saved_on = excluded.saved_on;

-- name: drop_draft(case_id)!
-- role: casework
-- Forget this member's draft.
delete from casework.draft where case_id = :case_id;
