-- name: identified(identity_id)$
-- role: accounts
-- The login name of whom an identity belongs to.
select m.login from accounts.identity i join accounts.member m using (member_id)
where i.identity_id = :identity_id and m.left_on is null;

-- name: linked_on(member_id)$
-- role: accounts
-- Since when a member is linked to an identity.
select linked_on from accounts.identity where member_id = :member_id;

-- name: unlink(member_id)!
-- role: accounts
-- Link a member to no identity.
delete from accounts.identity where member_id = :member_id;

-- name: link(member_id, identity_id, linked_on)!
-- role: accounts
-- Link a member to an identity, which must be nobody else's.
insert into accounts.identity (identity_id, member_id, linked_on)
values (:identity_id, :member_id, :linked_on);
