-- Rows that lie side by side, or that one transaction wrote, belong together for whoever sees the files
-- of the database or a dump in its order: a count card to its report, an assessment to a line of the
-- log. So once a month all of both are written anew, at once and in an order drawn by lot. A card says
-- the month of its receipt, and nothing finer is left.

create table counting.mixed (
    month date primary key check (month = date_trunc('month', month)::date)
);

-- Mix, unless it was done in the month of *today* already. Whoever may call this sees none of it.
create function counting.mix(today date) returns boolean
    language plpgsql security definer set search_path = pg_catalog
    as $$
        begin
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
revoke all on function counting.mix from public;
