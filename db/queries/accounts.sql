-- name: member(login)^
-- role: accounts
-- A member by login name, with the box their passphrase opens.
select member_id, login, name, stelle, role, salt, cost_time, cost_memory_kib, cost_lanes,
    sealed_box, stelle_wrap, statistics_wrap, own_public, demo
from accounts.member where login = :login and left_on is null and sealed_box is not null;

-- name: member_by_id(member_id)^
-- role: entrance
-- The same by id, also while nobody has set a passphrase: then there is neither login nor box.
select member_id, login, name, stelle, role, salt, cost_time, cost_memory_kib, cost_lanes,
    sealed_box, stelle_wrap, statistics_wrap, own_public, demo
from accounts.member where member_id = :member_id and left_on is null;

-- name: generations(stelle)
-- role: accounts
-- Former keys of a Stelle, each sealed for the one that followed; the newest first.
select generation, sealed from accounts.generation where stelle = :stelle order by generation desc;

-- name: note_opened(member_id, seen_at, own_public)!
-- role: accounts
-- Note the hour of a sign-in, and the member's public key where it was not sealed yet.
update accounts.member set seen_at = :seen_at, own_public = coalesce(:own_public, own_public)
where member_id = :member_id;

-- name: count_sign_in(member_id, hour, opened, by_passkey, refused)!
-- role: accounts
-- Count a sign-in, or one that was refused, for the hour it happened in.
insert into accounts.sign_in (member_id, hour, opened, by_passkey, refused)
values (:member_id, :hour, :opened, :by_passkey, :refused)
on conflict (member_id, hour) do update
set opened = sign_in.opened + excluded.opened, refused = sign_in.refused + excluded.refused,
    by_passkey = sign_in.by_passkey + excluded.by_passkey;

-- name: sign_ins(member_id)
-- role: accounts
-- The counted hours of a member, the newest first.
select hour, opened, by_passkey, refused from accounts.sign_in where member_id = :member_id
order by hour desc limit 60;

-- name: sessions_of(member_id, now)
-- role: accounts
-- A member's living sessions: since which hour, and until when at most.
select session_id, opened_at, expires_at from accounts.session
where member_id = :member_id and expires_at > :now order by opened_at desc nulls last, session_id;

-- name: end_sessions_but(member_id, session_id)!
-- role: accounts
-- End a member's sessions, all but one.
delete from accounts.session where member_id = :member_id and session_id <> :session_id;

-- name: end_session_of(member_id, session_id)!
-- role: accounts
-- End one of a member's sessions.
delete from accounts.session where member_id = :member_id and session_id = :session_id;

-- name: relock(member_id, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box, before)$
-- role: entrance
-- Put a box in place of the one that was opened; null when another came in between.
update accounts.member set salt = :salt, cost_time = :cost_time,
    cost_memory_kib = :cost_memory_kib, cost_lanes = :cost_lanes, sealed_box = :sealed_box
where member_id = :member_id and sealed_box = :before and left_on is null
returning true;

-- name: admit_to_code(invitation_id, now, most)^
-- role: entrance
-- Count a look at what a code opens; nothing where it is used up, too old, or was tried too often.
update accounts.invitation set tries = tries + 1
where invitation_id = :invitation_id and expires_at > :now and tries < :most
returning member_id, stelle, kind, key_wrap;

-- name: hold_code(invitation_id, now)$
-- role: entrance
-- Hold a code until it is used up; null when somebody used it before.
select member_id from accounts.invitation
where invitation_id = :invitation_id and expires_at > :now for update;

-- name: use_code(invitation_id)!
-- role: entrance
-- Use a code up.
delete from accounts.invitation where invitation_id = :invitation_id;

-- name: end_former_sessions(member_id, session_id)!
-- role: entrance
-- End what was open before a box changed, but for the session that changed it.
delete from accounts.session where member_id = :member_id and session_id <> :session_id;

-- name: forget_passkeys(member_id)!
-- role: entrance
-- Remove a member's passkeys: they come in with a new second factor.
delete from accounts.passkey where member_id = :member_id;

-- name: let_in(member_id, login, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, statistics_wrap, own_public, joined_on, step)$
-- role: entrance
-- Give a member a new box, and what goes with it; the login name stays where there is one.
update accounts.member set login = coalesce(login, :login), salt = :salt, cost_time = :cost_time,
    cost_memory_kib = :cost_memory_kib, cost_lanes = :cost_lanes, sealed_box = :sealed_box,
    stelle_wrap = :stelle_wrap, statistics_wrap = :statistics_wrap, own_public = :own_public,
    joined_on = coalesce(joined_on, :joined_on), last_totp_step = :step, wrong_codes = 0,
    codes_blocked_until = null
where member_id = :member_id and left_on is null
returning true;

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

-- name: insert_session(session_id, member_id, sealed, opened_at, expires_at, role, box, stelle_wrap, statistics_wrap)$
-- role: accounts
-- Keep a session's sealed key; null when the member left, or got another role, box or key, meanwhile.
insert into accounts.session (session_id, member_id, sealed, opened_at, expires_at)
select :session_id, member_id, :sealed, :opened_at, :expires_at from accounts.member
where member_id = :member_id and left_on is null and role = :role and sealed_box = :box
    and stelle_wrap is not distinct from :stelle_wrap
    and statistics_wrap is not distinct from :statistics_wrap
for share
returning true;

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

-- name: insert_member(member_id, login, name, stelle, role, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, statistics_wrap, own_public, demo, created_on)!
-- role: operator
-- Add a member, with a copy of the key that goes with their role.
insert into accounts.member (member_id, login, name, stelle, role, salt, cost_time,
    cost_memory_kib, cost_lanes, sealed_box, stelle_wrap, statistics_wrap, own_public, demo,
    created_on, joined_on)
values (:member_id, :login, :name, :stelle, :role, :salt, :cost_time, :cost_memory_kib,
    :cost_lanes, :sealed_box, :stelle_wrap, :statistics_wrap, :own_public, :demo, :created_on,
    :created_on);

-- name: announced_key(owner)$
-- role: entrance
-- The key that a Stelle, or the statistics, have now.
select encoded from accounts.public_key where owner = :owner;

-- name: statistics_for_recovery()$
-- role: entrance
-- The key of the statistics as its recovery key opens it. No Stelle's is shown to this role.
select sealed_for_recovery from accounts.stelle where stelle = 'statistics';

-- name: statistics_generations()
-- role: entrance
-- Former keys of the statistics, each sealed for the one that followed; the newest first.
select generation, sealed from accounts.generation where stelle = 'statistics'
order by generation desc;

-- name: keep_statistics(member_id, statistics_wrap)$
-- role: entrance
-- Keep a statistician's copy of the key; null when they left.
update accounts.member set statistics_wrap = :statistics_wrap
where member_id = :member_id and role = 'statistician' and left_on is null
returning true;

-- name: reseal_session(session_id, sealed)$
-- role: entrance
-- Put a key into a session of one's own; null when it ended.
update accounts.session set sealed = :sealed where session_id = :session_id returning true;

-- name: note_statistics(stelle, member_id)!
-- role: entrance
-- Write down who took the key of the statistics.
insert into accounts.log (stelle, member_id, act) values (:stelle, :member_id, 'statistics_taken');
