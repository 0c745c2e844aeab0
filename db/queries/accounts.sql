-- name: member(login)^
-- role: accounts
-- A member by login name, with the box their passphrase opens.
select member_id, login, name, stelle, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box,
    stelle_wrap, demo
from accounts.member where login = :login;

-- name: admit_code(member_id, now, blocked_until, most)$
-- role: accounts
-- Count a try of a one-time code before it is looked at; null while codes are refused.
-- After the last one of too many tries, codes are refused until :blocked_until.
update accounts.member set
    wrong_codes = (wrong_codes + 1) % :most,
    codes_blocked_until = case when wrong_codes + 1 >= :most then :blocked_until::timestamptz end
where member_id = :member_id
    and (codes_blocked_until is null or codes_blocked_until <= :now)
returning true;

-- name: accept_code(member_id, step)$
-- role: accounts
-- Use up a one-time code; null when it or a later one was used before.
update accounts.member set last_totp_step = :step, wrong_codes = 0, codes_blocked_until = null
where member_id = :member_id and last_totp_step < :step
returning true;

-- name: insert_session(session_id, member_id, sealed, expires_at)!
-- role: accounts
-- Keep a session's sealed key.
insert into accounts.session (session_id, member_id, sealed, expires_at)
values (:session_id, :member_id, :sealed, :expires_at);

-- name: session(session_id, now)$
-- role: accounts
-- A living session.
select sealed from accounts.session where session_id = :session_id and expires_at > :now;

-- name: delete_session(session_id)!
-- role: accounts
-- End a session for good.
delete from accounts.session where session_id = :session_id;

-- name: insert_public_key(owner, encoded, created_on)!
-- role: operator
-- Announce a key that reports may be sealed for.
insert into accounts.public_key (owner, encoded, created_on)
values (:owner, :encoded, :created_on);

-- name: has_public_key(owner)$
-- role: operator
-- Whether a Stelle or the statistics is set up.
select exists (select from accounts.public_key where owner = :owner);

-- name: public_key(owner)$
-- role: operator
-- The key that anybody may seal for an owner with.
select encoded from accounts.public_key where owner = :owner;

-- name: insert_stelle(stelle, sealed_for_recovery)!
-- role: operator
-- Keep the Stelle's key, sealed under its recovery key.
insert into accounts.stelle (stelle, sealed_for_recovery) values (:stelle, :sealed_for_recovery);

-- name: sealed_for_recovery(stelle)$
-- role: operator
-- The Stelle's key as its recovery key opens it.
select sealed_for_recovery from accounts.stelle where stelle = :stelle;

-- name: insert_member(member_id, login, name, stelle, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, demo, created_on)!
-- role: operator
-- Add a member who can open the Stelle's key.
insert into accounts.member (member_id, login, name, stelle, salt, cost_time, cost_memory_kib,
    cost_lanes, sealed_box, stelle_wrap, demo, created_on)
values (:member_id, :login, :name, :stelle, :salt, :cost_time, :cost_memory_kib,
    :cost_lanes, :sealed_box, :stelle_wrap, :demo, :created_on);
