-- name: claim(lease, seconds, in_lanes)^
-- role: delivery
-- Take one due promise; the attempt is counted before anything is tried. In a lane only the first
-- may be taken: who was away for days gets everything in the order in which it was promised.
update outbox.promise set attempts = attempts + 1, lease = :lease,
    due_at = now() + make_interval(secs => :seconds)
where promise_id = (
    select promise_id from outbox.promise due
    where state = 'promised' and due_at <= now() and (lane is not null) = :in_lanes
        and (lane is null or not exists (select from outbox.promise earlier
            where earlier.lane = due.lane and earlier.state = 'promised'
                and earlier.promise_id < due.promise_id))
    order by due_at
    limit 1
    for update skip locked
)
returning promise_id, kind, handover_id, package_id, stelle, attempts, lease, promised_on;

-- name: settle(promise_id, lease, today)!
-- role: delivery
-- Mark a promise as kept, if the lease is still ours.
update outbox.promise set state = 'delivered', lease = null, error = null, changed_on = :today
where promise_id = :promise_id and lease = :lease and state = 'promised';

-- name: postpone(promise_id, lease, seconds, error)!
-- role: delivery
-- Try again later, if the lease is still ours.
update outbox.promise set lease = null, error = :error,
    due_at = now() + make_interval(secs => :seconds)
where promise_id = :promise_id and lease = :lease and state = 'promised';

-- name: give_up(promise_id, lease, today, error)!
-- role: delivery
-- Stop trying; the operator and the person see it.
update outbox.promise set state = 'dead', lease = null, error = :error, changed_on = :today
where promise_id = :promise_id and lease = :lease and state = 'promised';

-- name: put_notice(kind, stelle, lane, today)!
-- role: delivery
-- Promise a notice that says nothing but "there is something new"; one that was not tried yet is
-- enough. To a Stelle it goes at the next full hour: its time must not tell when somebody wrote.
insert into outbox.promise (kind, stelle, lane, promised_on, changed_on, due_at)
values (:kind, :stelle, :lane, :today, :today,
    case :kind when 'notice' then date_trunc('hour', now()) + interval '1 hour' else now() end)
on conflict (kind, stelle) where kind in ('notice', 'alarm') and state = 'promised' and attempts = 0
    do nothing;

-- name: dead()
-- role: operator
-- Every promise that was given up.
select promise_id, kind, stelle, attempts, changed_on, error from outbox.promise
where state = 'dead' order by promise_id;

-- name: revive(promise_id)!
-- role: operator
-- Promise a dead delivery anew.
update outbox.promise set state = 'promised', attempts = 0, due_at = now(), lease = null,
    promised_on = current_date
where promise_id = :promise_id and state = 'dead';

-- name: tally()
-- role: operator
-- How many promises stand where.
select kind, state, count(*) as promises from outbox.promise
group by kind, state order by kind, state;
