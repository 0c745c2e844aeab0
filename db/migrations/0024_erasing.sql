-- What a Stelle calls an incident is written about the people of its cases, and it leads to what is
-- counted of them. So an incident goes with the last case that ever belonged to it, however that case
-- goes, and a series with its last incident. Locks casework.incident_link for a moment.
create function casework.forget_incidents() returns trigger
    language plpgsql security definer set search_path = pg_catalog
    as $$
        declare
            held uuid[];
        begin
            -- Whoever links a case holds its incident: wait for them, and only then look what is left.
            select array_agg(incident_id) into held from (
                select i.incident_id from casework.incident i
                where i.incident_id in (select gone.incident_id from gone)
                order by i.incident_id for update) locked;
            if held is null then
                return null;
            end if;
            delete from casework.incident i where i.incident_id = any (held) and not exists (
                select from casework.incident_link l where l.incident_id = i.incident_id);
            select array_agg(series_id) into held from (
                select s.series_id from casework.series s
                where s.stelle in (select gone.stelle from gone) and not exists (
                    select from casework.incident i where i.series_id = s.series_id)
                order by s.series_id for update) locked;
            delete from casework.series s where s.series_id = any (held) and not exists (
                select from casework.incident i where i.series_id = s.series_id);
            return null;
        end
    $$;
revoke all on function casework.forget_incidents() from public;

create trigger forget_incidents after delete on casework.incident_link
    referencing old table as gone
    for each statement execute function casework.forget_incidents();

-- What stayed behind until now.
delete from casework.incident i where not exists (
    select from casework.incident_link l where l.incident_id = i.incident_id);
delete from casework.series s where not exists (
    select from casework.incident i where i.series_id = s.series_id);

-- Whoever erases a case holds it and its report first, and then looks whether anything is in the way: a
-- message or a hold that is being written at this moment is waited for, and what comes later waits. The
-- role that erases may change neither, so this runs with the owner's rights; it changes nothing.
create function casework.hold_still(in_case uuid) returns void
    language plpgsql security definer set search_path = pg_catalog
    as $$
        declare
            of_report uuid;
        begin
            select report_id into of_report from casework.case where case_id = in_case for update;
            perform from intake.report where report_id = of_report for update;
        end
    $$;
revoke all on function casework.hold_still(uuid) from public;

-- When a promise is due next is nobody's business once it is kept, given up or taken back: of a report
-- that was delivered at once it would say to the second when somebody sent it, for years. From then on
-- it says the day, as every other column about a person does.
create function outbox.forget_moment() returns trigger language plpgsql set search_path = pg_catalog
    as $$
        begin
            new.due_at := new.changed_on;
            return new;
        end
    $$;
revoke all on function outbox.forget_moment() from public;

create trigger forget_moment before insert or update on outbox.promise
    for each row when (new.state <> 'promised') execute function outbox.forget_moment();

update outbox.promise set due_at = changed_on where state <> 'promised';

-- When somebody took their consent back: the hour.
update casework.log set done_at = date_trunc('hour', done_at) where act = 'consent_withdrawn';
