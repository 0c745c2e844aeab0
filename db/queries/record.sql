-- name: latest(case_id)^
-- role: casework
-- The last revision of a case's record.
select revision, sealed from casework.record where case_id = :case_id
order by revision desc
limit 1;

-- name: revision(case_id, revision)^
-- role: casework
-- One revision of a case's record, to compare with.
select revision, sealed from casework.record where case_id = :case_id and revision = :revision;

-- name: revisions(case_id)
-- role: casework
-- The history of a case's record, oldest first.
select revision, made_at, member.name, sealed
from casework.record
join accounts.member using (member_id)
where case_id = :case_id
order by revision;

-- name: append_revision(case_id, revision, stelle, member_id, sealed)!
-- role: casework
-- Append a revision; nothing happens where there is one of this number.
insert into casework.record (case_id, revision, stelle, member_id, sealed)
values (:case_id, :revision, :stelle, :member_id, :sealed)
on conflict do nothing;

-- name: entries(case_id)
-- role: casework
-- Contacts and interventions of a case with all their revisions, oldest first.
select entry_id, revision, case_id, made_at, member.name, sealed
from casework.entry
join accounts.member using (member_id)
where case_id = :case_id
order by made_at, entry_id, revision;

-- name: entry(entry_id)^
-- role: casework
-- The last revision of one entry.
select entry_id, revision, case_id, made_at, member.name, sealed
from casework.entry
join accounts.member using (member_id)
where entry_id = :entry_id
order by revision desc
limit 1;

-- name: append_entry(entry_id, revision, case_id, stelle, member_id, sealed)!
-- role: casework
-- Append an entry or its correction; nothing happens where there is one of this number.
insert into casework.entry (entry_id, revision, case_id, stelle, member_id, sealed)
values (:entry_id, :revision, :case_id, :stelle, :member_id, :sealed)
on conflict do nothing;
