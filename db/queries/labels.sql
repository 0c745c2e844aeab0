-- name: labels()
-- role: casework
-- The Stelle's labels; what they are called is sealed.
select label_id, sealed from casework.label order by label_id;

-- name: lock_labels(stelle)$
-- role: casework
-- One change of a Stelle's labels at a time: two of the same name would look alike.
select count(pg_advisory_xact_lock(hashtext('label'), hashtext(:stelle)))
from (select count(*) from casework.label) as always;

-- name: uses()
-- role: casework
-- On how many cases each label is.
select label_id, count(*) as cases from casework.labelled group by label_id;

-- name: keep_label(label_id, stelle, sealed)!
-- role: casework
-- Keep a label, new or under another name.
insert into casework.label (label_id, stelle, sealed) values (:label_id, :stelle, :sealed)
on conflict (label_id) do update set sealed = excluded.sealed;

-- name: drop_label(label_id)!
-- role: casework
-- Delete a label, and take it off all cases.
delete from casework.label where label_id = :label_id;
