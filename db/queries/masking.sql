-- name: latest(case_id)^
-- role: casework
-- What copies of a case are masked with.
select revision, sealed from casework.mask where case_id = :case_id
order by revision desc limit 1;

-- name: append(case_id, revision, stelle, member_id, sealed)!
-- role: casework
-- Keep what copies are masked with from now on; what it was before stays.
insert into casework.mask (case_id, revision, stelle, member_id, sealed)
values (:case_id, :revision, :stelle, :member_id, :sealed);
