-- name: written_since(since, after, most)
-- role: casework
-- A page of the Stelle's entries as they stand now. The day of an entry is sealed and never after
-- the moment of writing: one from a period was last written when the period had begun.
select entry_id, revision, case_id, sealed
from (
    select distinct on (entry_id) entry_id, revision, case_id, made_at, sealed
    from casework.entry
    where stelle = current_setting('adstelle.scope', true) and entry_id > :after
    order by entry_id, revision desc) latest
where made_at >= :since
order by entry_id
limit :most;

-- name: received(first, last)$
-- role: casework
-- How many cases came in a period, its last day included.
select count(*) from casework.case where received_on between :first and :last;

-- name: events(most)
-- role: casework
-- The Stelle's events as they stand now, those written last first.
select entry_id, revision, case_id, sealed
from casework.entry e
where stelle = current_setting('adstelle.scope', true) and case_id is null
    and not exists (select from casework.entry later
        where later.entry_id = e.entry_id and later.revision > e.revision)
order by made_at desc
limit :most;
