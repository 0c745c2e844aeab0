-- name: left()
-- role: renewal
-- Statisticians who left since the key was renewed, or ever where it never was.
select m.name from accounts.log l join accounts.member m on m.member_id = l.about
where l.act = 'ended'
    and l.done_at > coalesce((select since from counting.resealing), '-infinity'::timestamptz)
order by l.log_id;

-- name: colleagues(member_id)
-- role: renewal
-- Everybody else who may hold the key, and whether they do.
select name, statistics_wrap is not null as holds from accounts.member
where left_on is null and joined_on is not null and member_id <> :member_id
order by name, member_id;

-- name: resealing(grace, patience)^
-- role: renewal
-- How far everything is sealed for the newest key, and whether anybody is at it.
select step, after, unread, now() < since + :grace::interval as is_waiting,
    now() > greatest(beat_at, since + :grace::interval) + :patience::interval as is_broken_off
from counting.resealing;

-- name: announce(encoded, before, created_on)$
-- role: renewal
-- Announce the next key; null when it is not the one after :before.
update accounts.public_key set encoded = :encoded, created_on = :created_on
where owner = 'statistics' and encoded = :before
returning true;

-- name: hold_statisticians()
-- role: renewal
-- Keep all statisticians as they are until the transaction ends: nobody takes a key meanwhile.
select member_id from accounts.member order by member_id for update;

-- name: take_away()!
-- role: renewal
-- Take the key so far from everybody.
update accounts.member set statistics_wrap = null where statistics_wrap is not null;

-- name: give(member_id, statistics_wrap)$
-- role: renewal
-- Give the next key to whoever made it; null when they left.
update accounts.member set statistics_wrap = :statistics_wrap
where member_id = :member_id and left_on is null
returning true;

-- name: next_generation()$
-- role: renewal
-- The number of the key that is retired now.
select coalesce(max(generation), 0) + 1 from accounts.generation where stelle = 'statistics';

-- name: retire(generation, sealed, retired_at)!
-- role: renewal
-- Keep the key so far, sealed for the one that follows.
insert into accounts.generation (stelle, generation, sealed, retired_at)
values ('statistics', :generation, :sealed, :retired_at);

-- name: keep_for_recovery(sealed_for_recovery)!
-- role: renewal
-- Seal the next key under its recovery key.
update accounts.stelle set sealed_for_recovery = :sealed_for_recovery where stelle = 'statistics';

-- name: stop_counting()!
-- role: renewal
-- What is being counted is counted with the key so far: it has to be begun again.
update figures.draft set state = 'stopped' where state = 'working';

-- name: begin_resealing()!
-- role: renewal
-- Everything is to be sealed for the next key, from the beginning.
insert into counting.resealing (since, step, beat_at) values (now(), 'assessment', now())
on conflict (only_one) do update
set since = now(), step = 'assessment', after = default, unread = 0, beat_at = now();

-- name: end_other_sessions(session_id)!
-- role: renewal
-- End all sessions of statisticians but one: they hold the key so far only.
delete from accounts.session where session_id <> :session_id;

-- name: reseal_session(session_id, sealed)$
-- role: renewal
-- Put the next key into the one session that stays; null when it ended.
update accounts.session set sealed = :sealed where session_id = :session_id returning true;

-- name: note_renewed(stelle, member_id)!
-- role: renewal
-- Write down who renewed the key.
insert into accounts.log (stelle, member_id, act) values (:stelle, :member_id, 'statistics_renewed');

-- name: beat()!
-- role: renewal
-- Somebody is at it again.
update counting.resealing set beat_at = now();

-- name: seconds_left(grace)$
-- role: renewal
-- How long what is sealed for the key before may still come in; null before the first new key.
select greatest(0, extract(epoch from since + :grace::interval - now()))::float8
from counting.resealing;

-- name: hold_place()^
-- role: renewal
-- Where to go on; one batch after the other, whoever is at it, and none while rows are mixed.
select step, after, unread
from counting.resealing
cross join pg_advisory_xact_lock(hashtextextended('adstelle/mixing', 0))
for update of resealing;

-- name: announced()$
-- role: renewal
-- The newest key.
select encoded from accounts.public_key where owner = 'statistics';

-- name: assessments(after, most)
-- role: renewal
-- The next assessments, still sealed, nobody else changing them meanwhile.
select assessment_id as number, sealed from counting.assessment where assessment_id > :after
order by assessment_id limit :most for update;

-- name: cards(after, most)
-- role: renewal
-- The next count cards, still sealed.
select card_id as number, sealed from intake.card where card_id > :after
order by card_id limit :most for update;

-- name: drafts(after, most)
-- role: renewal
-- The next drafts with what is sealed in them, nobody else changing them meanwhile.
select draft_id as number, wish, outcome, reply from figures.draft where draft_id > :after
order by draft_id limit :most for update;

-- name: reseal_assessments(numbers, contents)!
-- role: renewal
-- Seal assessments anew.
update counting.assessment set sealed = given.content
from unnest(:numbers::uuid[], :contents::bytea[]) given (number, content)
where assessment_id = given.number;

-- name: reseal_cards(numbers, contents)!
-- role: renewal
-- Seal count cards anew.
update intake.card set sealed = given.content
from unnest(:numbers::uuid[], :contents::bytea[]) given (number, content)
where card_id = given.number;

-- name: reseal_draft(draft_id, wish, outcome, reply)!
-- role: renewal
-- Seal a draft anew.
update figures.draft set wish = :wish, outcome = :outcome, reply = :reply
where draft_id = :draft_id;

-- name: move_place(step, after, unread)!
-- role: renewal
-- Remember what is done.
update counting.resealing set step = :step, after = :after, unread = :unread, beat_at = now();
