-- Hints that two cases may belong together: what advisers said of them, and how they are found.

-- Appended, never changed: two cases do not belong together, or that is open again. Which of the two
-- is sealed for the Stelle. Both cases take it with them.
create table casework.hint_answer (
    hint_answer_id uuid primary key,
    position bigint generated always as identity,
    case_id uuid not null references casework.case on delete cascade,
    other_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    sealed bytea not null,
    check (case_id < other_id)
);
create index hint_answer_of_case on casework.hint_answer (case_id);
create index hint_answer_of_other on casework.hint_answer (other_id);

-- The cases of the Stelle that share the rarest of these tokens, the best first: which tokens, and how
-- many cases have each; of one case only, where that is named. A token of more than *common* cases
-- tells nothing, and what the statistics of the table call as frequent is not even looked up. As the
-- owner for the same reason as casework.found; whoever is kept from a case finds and counts it nowhere.
create function casework.alike(
        wanted bigint[], without uuid[], only_case uuid, common bigint, most bigint)
    returns table (case_id uuid, shared bigint[], cases bigint[])
    language plpgsql stable security definer
    set search_path = pg_catalog set enable_seqscan = off
    as $$
        #variable_conflict use_column
        begin
            return query
            with usual as materialized (
                select element
                from pg_stats, pg_class,
                    unnest(most_common_elems::text::bigint[], most_common_elem_freqs)
                        as most_common (element, part)
                where schemaname = 'casework' and tablename = 'search' and attname = 'tokens'
                    and pg_class.oid = 'casework.search'::regclass
                    and part * reltuples > common
            ), hit as materialized (
                select token, held.case_id
                from (select unnest(wanted) as token except select element from usual) as asked
                cross join lateral (
                    select search.case_id from casework.search
                    where search.tokens @> array[token]
                        and search.stelle = current_setting('adstelle.scope', true)
                        and search.case_id not in (select scope.barred_cases())
                    limit common + 1) as held
            ), rare as (
                select token, count(*) as cases from hit group by token having count(*) <= common
            )
            select hit.case_id, array_agg(token order by token), array_agg(rare.cases order by token)
            from hit join rare using (token)
            where hit.case_id <> all (without) and (only_case is null or hit.case_id = only_case)
            group by hit.case_id
            order by sum(ln((common + 1)::float8 / rare.cases)) desc, hit.case_id
            limit most;
        end
    $$;

-- The log knows what is done with hints and patterns.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check check (act in (
    'queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken', 'mandate_changed',
    'referral_proposed', 'referral_made', 'referral_settled', 'decided', 'consent_withdrawn',
    'assigned', 'reminder_set', 'conflict_set', 'conflict_lifted', 'notes_read', 'note_written',
    'record_changed', 'entry_written', 'incident_linked', 'incident_unlinked', 'incident_changed',
    'activity_counted', 'file_read', 'original_read', 'file_scanned',
    'report_taken', 'export_made', 'case_indexed', 'case_assigned', 'case_labelled',
    'case_kept', 'hold_set', 'hold_lifted', 'disposal_proposed', 'disposal_declined',
    'disposal_approved', 'erasure_granted', 'erasure_refused', 'case_erased',
    'case_compared', 'hint_dismissed', 'hint_reopened', 'pattern_read'));
