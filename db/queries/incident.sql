-- name: insert_incident(incident_id, stelle, sealed)!
-- role: casework
-- Keep a new incident; sent twice it is kept once.
insert into casework.incident (incident_id, stelle, sealed)
values (:incident_id, :stelle, :sealed)
on conflict do nothing;

-- name: incident(incident_id)^
-- role: casework
-- One incident with its series.
select incident_id, revision, series_id, made_at, sealed
from casework.incident
where incident_id = :incident_id;

-- name: lock_incident(incident_id)$
-- role: casework
-- The revision of an incident, held until the change is stored.
select revision from casework.incident where incident_id = :incident_id for update;

-- name: recent(most)
-- role: casework
-- The Stelle's newest incidents.
select incident_id, revision, series_id, made_at, sealed
from casework.incident
where stelle = current_setting('adstelle.scope', true)
order by made_at desc, incident_id
limit :most;

-- name: of_series(series_id)
-- role: casework
-- The incidents of a series, oldest first.
select incident_id, revision, series_id, made_at, sealed
from casework.incident
where series_id = :series_id
order by made_at, incident_id;

-- name: change(incident_id, revision, series_id, sealed)!
-- role: casework
-- Write an incident anew: what it is called, its mark, its series.
update casework.incident
set revision = :revision, series_id = :series_id, sealed = :sealed
where incident_id = :incident_id;

-- name: insert_series(series_id, stelle, sealed)!
-- role: casework
-- Keep a new series.
insert into casework.series (series_id, stelle, sealed)
values (:series_id, :stelle, :sealed)
on conflict do nothing;

-- name: all_series(first, most)
-- role: casework
-- The Stelle's series, the newest first; before them one that must not be missing, however old.
select series_id, sealed
from casework.series
where stelle = current_setting('adstelle.scope', true)
order by series_id is not distinct from :first::uuid desc, made_at desc, series_id
limit :most;

-- name: lock_series(series_id)$
-- role: casework
-- One series, held until the change is stored.
select sealed from casework.series where series_id = :series_id for update;

-- name: change_series(series_id, sealed)!
-- role: casework
-- Write a series anew: whether it is a campaign.
update casework.series set sealed = :sealed where series_id = :series_id;

-- name: incidents_of(series_id)
-- role: casework
-- The numbers of the incidents of a series.
select incident_id from casework.incident where series_id = :series_id order by incident_id;

-- name: linked_cases(incident_ids)
-- role: casework
-- The cases that belong to any of these incidents now.
select "case".case_id
from casework.case
cross join lateral (
    select l.incident_id, l.linked from casework.incident_link l
    where l.case_id = "case".case_id
    order by l.link_id desc
    limit 1) last
where "case".case_id in (
        select l.case_id from casework.incident_link l
        where l.incident_id = any (:incident_ids::uuid[]))
    and last.linked and last.incident_id = any (:incident_ids::uuid[])
order by "case".case_id;

-- name: link(case_id, incident_id, stelle, member_id, linked)!
-- role: casework
-- Append that a case belongs to an incident, or no longer does.
insert into casework.incident_link (case_id, incident_id, stelle, member_id, linked)
values (:case_id, :incident_id, :stelle, :member_id, :linked);

-- name: links_of(case_id)
-- role: casework
-- Which incidents a case belonged to, oldest first; the last line says where it stands.
select link.incident_id, link.linked, link.made_at, member.name, incident.revision, incident.sealed
from casework.incident_link link
join casework.incident using (incident_id)
join accounts.member using (member_id)
where link.case_id = :case_id
order by link_id;

-- name: cases_of(incident_id)
-- role: casework
-- The cases that belong to an incident now, oldest first.
select "case".case_id, "case".received_on, "case".state
from casework.case
cross join lateral (
    select l.incident_id, l.linked from casework.incident_link l
    where l.case_id = "case".case_id
    order by l.link_id desc
    limit 1) last
where "case".case_id in (
        select l.case_id from casework.incident_link l where l.incident_id = :incident_id)
    and last.linked and last.incident_id = :incident_id
order by "case".received_on, "case".case_id;

-- name: numbered(lowest, highest)
-- role: casework
-- The Stelle's cases whose short number is meant: the first eight digits of their id.
select case_id, received_on, state
from casework.case
where case_id between :lowest and :highest
order by case_id
limit 10;
