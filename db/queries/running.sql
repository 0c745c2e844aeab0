-- name: page(first, last, after, most)
-- role: casework
-- Cases of a period, and earlier ones of an incident, in the order in which they came, each with its
-- incident, its series, and the sealed codes that are counted.
select "case".case_id, "case".position, "case".received_on, "case".state,
    "case".package_id is not null as by_partner, incident.incident_id, incident.series_id,
    tally.sealed
from casework.case
left join casework.tally on tally.case_id = "case".case_id
left join lateral (
    select l.incident_id, l.linked from casework.incident_link l
    where l.case_id = "case".case_id
    order by l.link_id desc
    limit 1) last on true
left join casework.incident on incident.incident_id = last.incident_id and last.linked
where "case".stelle = current_setting('adstelle.scope', true) and "case".position > :after
    and "case".received_on <= :last and ("case".received_on >= :first
        or "case".case_id in (select l.case_id from casework.incident_link l))
order by "case".position
limit :most;

-- name: series()
-- role: casework
-- Every series of the Stelle, sealed.
select series_id, sealed from casework.series
where stelle = current_setting('adstelle.scope', true);
