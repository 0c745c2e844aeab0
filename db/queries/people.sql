-- name: members()
-- role: people
-- Everybody of the Stelle who did not leave long ago, with the code that is out for them.
select m.member_id, m.login, m.name, m.role, m.joined_on, m.left_on, m.created_on, m.seen_at,
    i.kind, i.expires_at
from accounts.member m left join accounts.invitation i using (member_id)
order by m.left_on nulls first, m.name, m.member_id;

-- name: member(member_id)^
-- role: people
-- One of them.
select m.member_id, m.login, m.name, m.role, m.joined_on, m.left_on, m.created_on, m.seen_at,
    i.kind, i.expires_at
from accounts.member m left join accounts.invitation i using (member_id)
where m.member_id = :member_id;

-- name: insert_member(member_id, name, stelle, role, created_on)$
-- role: people
-- Write down somebody who is to be let in; null when the form was sent before.
insert into accounts.member (member_id, name, stelle, role, created_on)
values (:member_id, :name, :stelle, :role, :created_on)
on conflict (member_id) do nothing
returning true;

-- name: withdraw_code(member_id)$
-- role: people
-- Make the code that is out for a member worthless.
delete from accounts.invitation where member_id = :member_id returning true;

-- name: insert_code(invitation_id, member_id, stelle, kind, key_wrap, expires_at)!
-- role: people
-- Remember a code by its hash.
insert into accounts.invitation (invitation_id, member_id, stelle, kind, key_wrap, expires_at)
values (:invitation_id, :member_id, :stelle, :kind, :key_wrap, :expires_at);

-- name: delete_member(member_id)$
-- role: people
-- Forget somebody who never came in.
delete from accounts.member where member_id = :member_id and joined_on is null returning true;

-- name: set_role(member_id, role)$
-- role: people
-- Change what somebody is here; null when they are that already, or left.
update accounts.member set role = :role
where member_id = :member_id and role <> :role and left_on is null returning true;

-- name: end_membership(member_id, left_on)$
-- role: people
-- Let a member open nothing any more. The name stays, for the history of cases.
update accounts.member set left_on = :left_on, login = null, salt = null, sealed_box = null,
    stelle_wrap = null, statistics_wrap = null, own_public = null
where member_id = :member_id and left_on is null and joined_on is not null returning true;

-- name: lock_leads()
-- role: people
-- The living leads, held while one of them goes, so that two cannot send each other away.
select member_id from accounts.member
where role = 'lead' and left_on is null and joined_on is not null
order by member_id for update;

-- name: end_sessions(member_id)!
-- role: people
-- End all sessions of a member.
delete from accounts.session where member_id = :member_id;

-- name: forget_passkeys(member_id)!
-- role: people
-- Remove the passkeys of somebody who left.
delete from accounts.passkey where member_id = :member_id;

-- name: forget_identity(member_id)!
-- role: people
-- Link somebody who left to nobody at the city's identity provider.
delete from accounts.identity where member_id = :member_id;

-- name: append_log(stelle, member_id, act, about)!
-- role: people
-- Write down who let whom in or out.
insert into accounts.log (stelle, member_id, act, about) values (:stelle, :member_id, :act, :about);

-- name: log()
-- role: people
-- Who let whom in or out, the newest first.
select l.act, l.done_at, by.name, about.name as about
from accounts.log l join accounts.member by on by.member_id = l.member_id
left join accounts.member about on about.member_id = l.about
order by l.log_id desc limit 30;

-- name: key_is_due()$
-- role: people
-- Whether somebody who had the key left after it was last renewed.
select exists (select from accounts.log l join accounts.member m on m.member_id = l.about
    where l.act = 'ended' and m.role in ('adviser', 'lead') and l.log_id > coalesce(
        (select max(r.log_id) from accounts.log r where r.act = 'rotated'), 0));

-- name: statistics_are_due()$
-- role: people
-- Whether a statistician left after the statistics got their newest key, or ever where they got none.
select exists (select from accounts.log l join accounts.member m on m.member_id = l.about
    where l.act = 'ended' and m.role = 'statistician'
        and l.done_at > coalesce((select since from counting.resealing), '-infinity'::timestamptz));
