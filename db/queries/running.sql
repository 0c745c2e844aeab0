-- name: page(first, last, after, most)
-- role: casework
-- Cases of a period, and earlier ones of an incident, in the order in which they came, each with its
-- incident, its series, and the sealed codes that are counted. Which cases are on the page is asked
-- first: else every page would go through all that come after it.
with chosen as materialized (
    select c.case_id, c.position, c.received_on, c.state, c.package_id
    from casework.case c
    where c.stelle = current_setting('adstelle.scope', true) and c.position > :after
        and c.received_on <= :last and (c.received_on >= :first
            or exists (select from casework.incident_link l where l.case_id = c.case_id))
    order by c.position
    limit :most)
select chosen.case_id, chosen.position, chosen.received_on, chosen.state,
    chosen.package_id is not null as by_partner, incident.incident_id, incident.series_id,
    tally.sealed
from chosen
left join casework.tally on tally.case_id = chosen.case_id
left join lateral (
    select l.incident_id, l.linked from casework.incident_link l
    where l.case_id = chosen.case_id
    order by l.link_id desc
    limit 1) last on true
left join casework.incident on incident.incident_id = last.incident_id and last.linked
order by chosen.position;

-- name: series()
-- role: casework
-- Every series of the Stelle, sealed.
select series_id, sealed from casework.series
where stelle = current_setting('adstelle.scope', true);
