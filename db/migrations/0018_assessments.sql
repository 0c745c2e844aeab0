-- What a Stelle found of a case, sealed to the statistics key like the count card it belongs to.

create schema counting;

-- The assessment outlives its case: no key, day or Stelle leads from here to one, and the number is
-- made under a key of the Stelle from what only the sealed case knows.
create table counting.assessment (
    assessment_id uuid primary key,
    sealed bytea not null
);

-- Keep assessments, or put them in place of the former ones. The role of the advisers can do nothing
-- else with them: it learns neither what is there nor whether something was there.
create function counting.assess(ids uuid[], contents bytea[]) returns void
    language sql security definer set search_path = pg_catalog
    as $$
        insert into counting.assessment (assessment_id, sealed)
        select * from unnest(ids, contents)
        on conflict (assessment_id) do update set sealed = excluded.sealed
    $$;
revoke all on function counting.assess from public;
