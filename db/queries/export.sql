-- name: exports(case_id)
-- role: casework
-- The copies that were made of a case, newest first.
select export_id, made_at, sealed, member.name
from casework.export
join accounts.member using (member_id)
where case_id = :case_id
order by position desc;

-- name: insert_export(export_id, case_id, stelle, member_id, sealed)!
-- role: casework
-- Note that a copy is made; the same form makes it once, however often it is downloaded.
insert into casework.export (export_id, case_id, stelle, member_id, sealed)
values (:export_id, :case_id, :stelle, :member_id, :sealed)
on conflict do nothing;
