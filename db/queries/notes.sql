-- name: notes(case_id)
-- role: casework
-- The notes on a case, newest first.
select note_id, written_at, replaces, sealed, member.name
from casework.note
join accounts.member using (member_id)
where case_id = :case_id
order by position desc;

-- name: insert_note(note_id, case_id, stelle, member_id, replaces, sealed)$
-- role: casework
-- Append a note; null when it is kept already, or when another one replaces the same note.
insert into casework.note (note_id, case_id, stelle, member_id, replaces, sealed)
select :note_id, :case_id, :stelle, :member_id, :replaces, :sealed
where :replaces::uuid is null
    or exists (select from casework.note n where n.note_id = :replaces and n.case_id = :case_id)
on conflict do nothing
returning true;
