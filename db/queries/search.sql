-- name: unindexed(scheme, most)
-- role: casework
-- Cases that are not in the search index as they are now, newest first, with what is sealed.
select "case".case_id, "case".report_id, "case".package_id, state, "case".received_on,
    wrap.wrapped, account.sealed as account, package.sealed as package, package.sender_name,
    record.revision, record.sealed as record
from casework.case
left join intake.wrap on wrap.report_id = "case".report_id
left join intake.part account on account.report_id = "case".report_id and account.part = 'account'
left join exchange.package on package.package_id = "case".package_id
left join lateral (
    select r.revision, r.sealed from casework.record r where r.case_id = "case".case_id
    order by r.revision desc
    limit 1) record on true
where indexed < :scheme
order by indexed, "case".position desc
limit :most;

-- name: missing(scheme, most)$
-- role: casework
-- How many cases are not in the search index as they are now; counted up to *most*.
select count(*) from (select from casework.case where indexed < :scheme limit :most) as counted;

-- name: is_outdated(case_id, scheme)$
-- role: casework
-- Whether a case is not in the search index as it is now; nobody else brings it there meanwhile.
select indexed < :scheme from casework.case where case_id = :case_id for update;

-- name: conversations(report_ids)
-- role: casework
-- What was written and read in these reports, oldest first.
select message_id, report_id, author, sent_on, read_on, sealed, for_stelle
from mailbox.message
where report_id = any (:report_ids::uuid[]) and (author = 'stelle' or read_on is not null)
order by position;

-- name: keep_tokens(case_id, tokens)*!
-- role: casework
-- Put a case into the search index, or bring it up to date there.
insert into casework.search (case_id, stelle, position, tokens)
select case_id, stelle, position, :tokens::bigint[] from casework.case where case_id = :case_id
on conflict (case_id) do update set tokens = excluded.tokens
    where search.tokens <> excluded.tokens;

-- name: keep_tally(case_id, scheme, sealed)*!
-- role: casework
-- Keep what a case counts as, where the search index does not have it as it is now.
insert into casework.tally (case_id, stelle, sealed)
select case_id, stelle, :sealed::bytea from casework.case
where case_id = :case_id and indexed <> :scheme::smallint
on conflict (case_id) do update set sealed = excluded.sealed;

-- name: keep_indexed(case_id, scheme, due_on)*!
-- role: casework
-- Note that a case is in the search index, and the first statutory day to come.
update casework.case set indexed = :scheme, due_on = :due_on
where case_id = :case_id and (indexed, due_on) is distinct from (:scheme::smallint, :due_on::date);

-- name: keep_due(case_id, due_on)*!
-- role: casework
-- Note the first statutory day to come.
update casework.case set due_on = :due_on
where case_id = :case_id and due_on is distinct from :due_on::date;

-- name: outdate(report_id, stelle)!
-- role: casework
-- Note that something was written which the search index does not know yet.
update casework.case set indexed = 0
where report_id = :report_id and stelle = :stelle and indexed <> 0;

-- name: outdate_case(case_id)!
-- role: casework
-- The same for a case of which the Stelle noted something.
update casework.case set indexed = 0 where case_id = :case_id and indexed <> 0;
