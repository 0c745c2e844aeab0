-- name: withdraw_codes()!
-- role: rotation
-- Make every code worthless: with some of them the old key would come along.
delete from accounts.invitation;

-- name: announce(owner, encoded, before, created_on)$
-- role: rotation
-- Announce a Stelle's next key; null when it is not the one after :before.
update accounts.public_key set encoded = :encoded, created_on = :created_on
where owner = :owner and encoded = :before
returning true;

-- name: holders()
-- role: rotation
-- Everybody who holds the key, kept as they are until the transaction ends.
select member_id, name, own_public from accounts.member
where left_on is null and stelle_wrap is not null
order by member_id for update;

-- name: next_generation(stelle)$
-- role: rotation
-- The number of the key that is retired now.
select coalesce(max(generation), 0) + 1 from accounts.generation where stelle = :stelle;

-- name: retire(stelle, generation, sealed, retired_at)!
-- role: rotation
-- Keep the key so far, sealed for the one that follows.
insert into accounts.generation (stelle, generation, sealed, retired_at)
values (:stelle, :generation, :sealed, :retired_at);

-- name: give(member_id, stelle_wrap, own_public)!
-- role: rotation
-- Give a member the next key.
update accounts.member set stelle_wrap = :stelle_wrap, own_public = :own_public
where member_id = :member_id;

-- name: keep_for_recovery(stelle, sealed_for_recovery)!
-- role: rotation
-- Seal the next key under its recovery key.
update accounts.stelle set sealed_for_recovery = :sealed_for_recovery where stelle = :stelle;

-- name: end_other_sessions(session_id)!
-- role: rotation
-- End all sessions of the Stelle but one: they hold the old key only.
delete from accounts.session where session_id <> :session_id;

-- name: reseal_session(session_id, sealed)!
-- role: rotation
-- Put the next key into the one session that stays.
update accounts.session set sealed = :sealed where session_id = :session_id;

-- name: note_rotated(stelle, member_id)!
-- role: rotation
-- Write down who renewed the key.
insert into accounts.log (stelle, member_id, act) values (:stelle, :member_id, 'rotated');
