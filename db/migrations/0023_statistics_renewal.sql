-- A new key for the statistics: who made it, and how far everything is sealed for it. The key of
-- before is the first that accounts.generation holds of the statistics, once there is another.

-- One row from the first new key on: all that is sealed is sealed anew, row by row, in the order of
-- numbers that say nothing. Whatever interrupts it, it goes on behind the last batch.
create table counting.resealing (
    only_one boolean primary key default true check (only_one),
    since timestamptz not null, -- of the newest key
    step text not null check (step in ('assessment', 'card', 'draft', 'done')),
    after uuid not null default '00000000-0000-0000-0000-000000000000', -- the last row of the step
    unread integer not null default 0, -- rows that no key opens; they stay as they are
    beat_at timestamptz not null
);

alter table accounts.log drop constraint log_act_check;
alter table accounts.log add constraint log_act_check check (act in ('invited', 'let_in', 'withdrawn',
    'factor_reset', 'passphrase_reset', 'role_changed', 'ended', 'rotated', 'statistics_taken',
    'statistics_renewed'));

-- Rows are mixed, or sealed anew, never both at once: what was just deleted would be left out. As
-- before, but for the lock.
create or replace function counting.mix(today date) returns boolean
    language plpgsql security definer set search_path = pg_catalog
    as $$
        begin
            perform pg_advisory_xact_lock(hashtextextended('adstelle/mixing', 0));
            insert into counting.mixed (month) values (date_trunc('month', today)::date)
            on conflict do nothing;
            if not found then
                return false;
            end if;
            with lifted as (delete from intake.card returning card_id, sealed)
            insert into intake.card (card_id, sealed)
            select card_id, sealed from lifted order by gen_random_uuid();
            with lifted as (delete from counting.assessment returning assessment_id, sealed)
            insert into counting.assessment (assessment_id, sealed)
            select assessment_id, sealed from lifted order by gen_random_uuid();
            return true;
        end
    $$;
