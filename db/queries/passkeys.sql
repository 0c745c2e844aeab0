-- name: passkeys(member_id)
-- role: accounts
-- A member's passkeys, the oldest first.
select passkey_id, sealed, added_on, used_on, doubted_on from accounts.passkey
where member_id = :member_id order by added_on, passkey_id;

-- name: insert_passkey(passkey_id, member_id, sealed, sign_count, added_on)!
-- role: accounts
-- Keep a passkey.
insert into accounts.passkey (passkey_id, member_id, sealed, sign_count, added_on)
values (:passkey_id, :member_id, :sealed, :sign_count, :added_on);

-- name: remove_passkey(member_id, passkey_id)!
-- role: accounts
-- Remove one of a member's passkeys.
delete from accounts.passkey where member_id = :member_id and passkey_id = :passkey_id;

-- name: admit_passkey(member_id, now, blocked_until, most)$
-- role: accounts
-- Count a try of a passkey before it is looked at; null while passkeys are refused.
-- After the last one of too many tries, passkeys are refused until :blocked_until.
update accounts.member set
    wrong_passkeys = (wrong_passkeys + 1) % :most,
    passkeys_blocked_until = case when wrong_passkeys + 1 >= :most then :blocked_until::timestamptz end
where member_id = :member_id
    and (passkeys_blocked_until is null or passkeys_blocked_until <= :now)
returning true;

-- name: accept_passkey(passkey_id, sign_count, used_on)$
-- role: accounts
-- Take a passkey's count and forgive the tries before; null where the count did not grow, or it is in
-- doubt. An authenticator that does not count says 0 for ever (WebAuthn level 3, 6.1.1).
with used as (
    update accounts.passkey set sign_count = :sign_count, used_on = :used_on
    where passkey_id = :passkey_id and doubted_on is null
        and (sign_count < :sign_count or (sign_count = 0 and :sign_count = 0))
    returning member_id)
update accounts.member m set wrong_passkeys = 0, passkeys_blocked_until = null
from used where m.member_id = used.member_id
returning true;

-- name: doubt_passkey(passkey_id, doubted_on)$
-- role: accounts
-- Let a passkey open nothing any more; null where that is so already.
update accounts.passkey set doubted_on = :doubted_on
where passkey_id = :passkey_id and doubted_on is null
returning true;
