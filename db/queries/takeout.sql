-- name: latest()^
-- role: casework
-- The last wish to take all cases of the Stelle along, open or ended, and who decided what.
select takeout_id, asked_by, asked_on, asking.name as asked_name, approved_by, approved_on,
    approving.name as approved_name, ended_on, ending.name as ended_name
from casework.takeout
join accounts.member asking on asking.member_id = asked_by
left join accounts.member approving on approving.member_id = approved_by
left join accounts.member ending on ending.member_id = ended_by
order by ended_on is null desc, ended_on desc, asked_on desc, takeout_id limit 1;

-- name: ask(takeout_id, stelle, member_id, today)!
-- role: casework
-- Ask for all cases; nothing where somebody has asked before, or for this form sent twice.
insert into casework.takeout (takeout_id, stelle, asked_by, asked_on)
values (:takeout_id, :stelle, :member_id, :today)
on conflict do nothing;

-- name: approve(takeout_id, member_id, today)!
-- role: casework
-- Agree to what somebody else asked for; nobody agrees with themselves.
update casework.takeout set approved_by = :member_id, approved_on = :today
where takeout_id = :takeout_id and approved_by is null and asked_by <> :member_id;

-- name: finish(takeout_id, member_id, today)!
-- role: casework
-- Nothing is to be taken along any more; what was asked and agreed upon stays.
update casework.takeout set ended_by = :member_id, ended_on = :today
where takeout_id = :takeout_id and ended_on is null;

-- name: cases(after, most)
-- role: casework
-- The cases that this member may open, a few at a time, oldest first.
select case_id, position from casework.case
where position > :after order by position limit :most;
