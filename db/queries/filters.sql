-- name: filters(member_id)
-- role: casework
-- What a member keeps to look for again.
select filter_id, sealed from casework.filter where member_id = :member_id and kept;

-- name: filter_of(filter_id, member_id)^
-- role: casework
-- One thing that a member looks for.
select filter_id, sealed from casework.filter
where filter_id = :filter_id and member_id = :member_id;

-- name: keep_filter(filter_id, member_id, stelle, kept, today, sealed)!
-- role: casework
-- Keep what a member looks for. Sent twice it is one.
insert into casework.filter (filter_id, member_id, stelle, kept, made_on, sealed)
values (:filter_id, :member_id, :stelle, :kept, :today, :sealed)
on conflict (filter_id) do update
    set kept = excluded.kept, made_on = excluded.made_on, sealed = excluded.sealed
    where filter.member_id = excluded.member_id;

-- name: drop_filter(filter_id, member_id)!
-- role: casework
-- Forget one.
delete from casework.filter where filter_id = :filter_id and member_id = :member_id;

-- name: drop_passing(member_id, today)!
-- role: casework
-- Forget what the member looked for before today and did not keep.
delete from casework.filter where member_id = :member_id and not kept and made_on < :today;
