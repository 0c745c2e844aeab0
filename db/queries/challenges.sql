-- name: keep_challenge(challenge_id, sealed, expires_at)!
-- role: accounts
-- Keep a question until it is answered; it replaces the one before in the same place.
insert into accounts.challenge (challenge_id, sealed, expires_at)
values (:challenge_id, :sealed, :expires_at)
on conflict (challenge_id) do update set sealed = excluded.sealed, expires_at = excluded.expires_at;

-- name: challenge(challenge_id, now)$
-- role: accounts
-- A question that waits for its answer.
select sealed from accounts.challenge where challenge_id = :challenge_id and expires_at > :now;

-- name: take_challenge(challenge_id, now)$
-- role: accounts
-- The same, which is gone with it: it is answered once.
delete from accounts.challenge where challenge_id = :challenge_id and expires_at > :now
returning sealed;
