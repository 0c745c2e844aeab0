-- name: claim(lease, seconds)^
-- role: delivery
-- Take one due promise; the attempt is counted before anything is tried.
update outbox.promise set attempts = attempts + 1, lease = :lease,
    due_at = now() + make_interval(secs => :seconds)
where promise_id = (
    select promise_id from outbox.promise
    where state = 'promised' and due_at <= now()
    order by due_at
    limit 1
    for update skip locked
)
returning promise_id, kind, report_id, stelle, attempts, lease;

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
-- Stop trying; the operator sees it.
update outbox.promise set state = 'dead', lease = null, error = :error, changed_on = :today
where promise_id = :promise_id and lease = :lease and state = 'promised';

-- name: dead()
-- role: operator
-- Every promise that was given up.
select promise_id, stelle, attempts, changed_on, error from outbox.promise
where state = 'dead' order by promise_id;

-- name: revive(promise_id)!
-- role: operator
-- Promise a dead delivery anew.
update outbox.promise set state = 'promised', attempts = 0, due_at = now(), lease = null
where promise_id = :promise_id and state = 'dead';

-- name: tally()
-- role: operator
-- How many promises stand where.
select state, count(*) as promises from outbox.promise group by state order by state;
