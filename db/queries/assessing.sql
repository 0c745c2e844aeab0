-- name: statistics_key()$
-- role: casework
-- The key that assessments are sealed to; from here on one transaction of a Stelle after the other.
select encoded
from accounts.public_key
cross join pg_advisory_xact_lock(hashtextextended(
    'adstelle/assessing/' || current_setting('adstelle.scope', true), 0))
where owner = 'statistics';

-- name: findings(case_ids)
-- role: casework
-- What is counted of these cases, as it stands now, sealed; packages were counted where they came from.
select "case".case_id, "case".report_id, "case".package_id, "case".state, "case".received_on,
    wrap.wrapped, account.sealed as account, null::bytea as package, null as sender_name,
    contact.sealed as contact, record.revision, record.sealed as record,
    incident.incident_id, incident.revision as incident_revision, incident.sealed as incident,
    series.series_id, series.sealed as series
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join intake.part contact on contact.report_id = "case".report_id and contact.part = 'contact'
left join lateral (
    select r.revision, r.sealed from casework.record r where r.case_id = "case".case_id
    order by r.revision desc
    limit 1) record on true
left join lateral (
    select l.incident_id, l.linked from casework.incident_link l where l.case_id = "case".case_id
    order by l.link_id desc
    limit 1) link on true
left join casework.incident on link.linked and incident.incident_id = link.incident_id
left join casework.series on series.series_id = incident.series_id
where "case".case_id = any (:case_ids::uuid[]) and "case".report_id is not null;

-- name: assess(ids, contents)!
-- role: casework
-- Keep sealed assessments, in place of the former ones.
select counting.assess(:ids::uuid[], :contents::bytea[]);

-- name: outdate_barred(incidents, series_id)!
-- role: casework
-- Cases of these incidents, or of the series, that the member is kept from shall be assessed anew by
-- somebody else.
select scope.outdate_barred(:incidents::uuid[], :series_id::uuid);
