-- What each role can do. Run after every migration; safe to run again.
-- Logins inherit nothing: every transaction names the one feature role it acts in.

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        'adstelle_intake', 'adstelle_mailbox', 'adstelle_casework', 'adstelle_accounts',
        'adstelle_delivery', 'adstelle_sweep', 'adstelle_operator']
    loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I nologin noinherit', wanted);
        end if;
    end loop;
    foreach wanted in array array['adstelle_public', 'adstelle_staff', 'adstelle_worker']
    loop
        if not exists (select from pg_roles where rolname = wanted) then
            execute format('create role %I login noinherit', wanted);
        end if;
    end loop;
end
$$;

grant adstelle_intake, adstelle_mailbox to adstelle_public;
grant adstelle_accounts, adstelle_casework to adstelle_staff;
grant adstelle_delivery, adstelle_sweep to adstelle_worker;

revoke all on schema public from public;
do $$
begin
    execute format('revoke connect, temporary on database %I from public', current_database());
    execute format(
        'grant connect on database %I to adstelle_public, adstelle_staff, adstelle_worker',
        current_database());
end
$$;

revoke all on all tables in schema intake, mailbox, casework, accounts, outbox from
    adstelle_intake, adstelle_mailbox, adstelle_casework, adstelle_accounts, adstelle_delivery,
    adstelle_sweep, adstelle_operator;

-- intake: the public form writes reports and never reads them back, not even what it stored.
grant usage on schema intake, outbox, accounts to adstelle_intake;
grant insert on intake.report, intake.part, intake.wrap, intake.card, intake.submission
    to adstelle_intake;
grant insert (kind, report_id, stelle, changed_on) on outbox.promise to adstelle_intake;
grant select on accounts.public_key to adstelle_intake;
grant select on intake.submission to adstelle_intake;
grant select, insert, update, delete on intake.draft to adstelle_intake;

-- mailbox: whoever proves a code's address reads what is sealed for that mailbox.
grant usage on schema intake, mailbox, outbox, accounts, casework to adstelle_mailbox;
grant select on intake.report, intake.part, intake.wrap, mailbox.message to adstelle_mailbox;
grant select (report_id, stelle, kind, state) on outbox.promise to adstelle_mailbox;
grant select (report_id, stelle, state) on casework.case to adstelle_mailbox;
grant select on accounts.public_key to adstelle_mailbox;
grant insert on mailbox.message to adstelle_mailbox;
grant update (read_on) on mailbox.message to adstelle_mailbox;

-- casework: one Stelle at a time, history and log appended and never changed.
grant usage on schema intake, mailbox, casework, accounts to adstelle_casework;
grant select (report_id, received_on, mailbox_key) on intake.report to adstelle_casework;
grant select on intake.part, intake.wrap, mailbox.message, casework.case, casework.step,
    casework.log to adstelle_casework;
grant select (member_id, name, stelle) on accounts.member to adstelle_casework;
grant update (state, changed_on) on casework.case to adstelle_casework;
grant insert on casework.step, casework.log, mailbox.message to adstelle_casework;
grant update (read_on) on mailbox.message to adstelle_casework;

-- accounts: sign-in and sessions.
grant usage on schema accounts to adstelle_accounts;
grant select on accounts.member to adstelle_accounts;
grant update (last_totp_step, wrong_codes, codes_blocked_until) on accounts.member
    to adstelle_accounts;
grant select, insert, delete on accounts.session to adstelle_accounts;

-- delivery: keeps promises; the channel `inbox` opens a case.
grant usage on schema intake, outbox, casework to adstelle_delivery;
grant select, update (state, attempts, due_at, lease, changed_on, error) on outbox.promise
    to adstelle_delivery;
grant select (report_id, received_on) on intake.report to adstelle_delivery;
grant insert (report_id, stelle, received_on, changed_on) on casework.case to adstelle_delivery;
grant select (report_id, stelle) on casework.case to adstelle_delivery;

-- sweep: removes what expired.
grant usage on schema intake, accounts to adstelle_sweep;
grant select (expires_at), delete on intake.draft, intake.submission, accounts.session
    to adstelle_sweep;

-- operator: set-up and repair on the command line.
grant usage on schema outbox, accounts to adstelle_operator;
grant select, update (state, attempts, due_at, lease) on outbox.promise to adstelle_operator;
grant select, insert on accounts.public_key, accounts.stelle, accounts.member
    to adstelle_operator;

-- Row policies. `adstelle.scope` is set for one transaction: a draft, a mailbox or a Stelle.
create or replace function scope.bytes() returns bytea
    language sql stable
    return decode(coalesce(current_setting('adstelle.scope', true), ''), 'hex');
grant usage on schema scope to adstelle_intake, adstelle_mailbox, adstelle_accounts;
grant execute on function scope.bytes() to adstelle_intake, adstelle_mailbox, adstelle_accounts;

alter table intake.draft enable row level security;
alter table intake.submission enable row level security;
alter table intake.report enable row level security;
alter table intake.part enable row level security;
alter table intake.wrap enable row level security;
alter table intake.card enable row level security;
alter table mailbox.message enable row level security;
alter table outbox.promise enable row level security;
alter table accounts.member enable row level security;
alter table accounts.session enable row level security;
alter table casework.case enable row level security;
alter table casework.step enable row level security;
alter table casework.log enable row level security;

do $$
declare
    old record;
begin
    for old in
        select schemaname, tablename, policyname from pg_policies
        where schemaname in ('intake', 'mailbox', 'casework', 'accounts', 'outbox')
    loop
        execute format('drop policy %I on %I.%I', old.policyname, old.schemaname, old.tablename);
    end loop;
end
$$;

create policy own_draft on intake.draft to adstelle_intake
    using (draft_id = scope.bytes()) with check (draft_id = scope.bytes());
create policy expired_draft on intake.draft to adstelle_sweep using (expires_at < now());
create policy store on intake.submission for insert to adstelle_intake with check (true);
create policy own_submission on intake.submission for select to adstelle_intake
    using (submission_id = scope.bytes());
create policy expired_submission on intake.submission to adstelle_sweep
    using (expires_at < now());

create policy store on intake.report for insert to adstelle_intake with check (true);
create policy store on intake.part for insert to adstelle_intake with check (true);
create policy store on intake.wrap for insert to adstelle_intake with check (true);
create policy store on intake.card for insert to adstelle_intake with check (true);
create policy promise on outbox.promise for insert to adstelle_intake with check (true);

create policy own_mailbox on intake.report for select to adstelle_mailbox
    using (mailbox_lookup = scope.bytes());
create policy own_mailbox on intake.part for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = part.report_id));
create policy own_mailbox on intake.wrap for select to adstelle_mailbox
    using (recipient = 'mailbox'
        and exists (select from intake.report r where r.report_id = wrap.report_id));
create policy own_mailbox on mailbox.message for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = message.report_id));
create policy answer_of_person on mailbox.message for insert to adstelle_mailbox
    with check (author = 'person' and exists (select from outbox.promise p
        where p.report_id = message.report_id and p.stelle = message.stelle));
create policy reading_by_person on mailbox.message for update to adstelle_mailbox
    using (author = 'stelle'
        and exists (select from intake.report r where r.report_id = message.report_id));
create policy own_mailbox on outbox.promise for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = promise.report_id));
create policy own_mailbox on casework.case for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = "case".report_id));

create policy own_stelle on intake.wrap for select to adstelle_casework
    using (recipient = current_setting('adstelle.scope', true) and recipient <> 'mailbox');
create policy own_stelle on intake.report for select to adstelle_casework
    using (exists (select from intake.wrap w where w.report_id = report.report_id));
create policy own_stelle on intake.part for select to adstelle_casework
    using (exists (select from intake.wrap w where w.report_id = part.report_id));
create policy own_stelle on mailbox.message for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy own_answer on mailbox.message for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and author = 'stelle'
        and exists (select from intake.wrap w where w.report_id = message.report_id));
create policy own_reading on mailbox.message for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and author = 'person');
create policy own_stelle on casework.case to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.step to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.log to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));

create policy sign_in on accounts.member to adstelle_accounts using (true);
create policy own_stelle on accounts.member for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy own_session on accounts.session to adstelle_accounts
    using (session_id = scope.bytes()) with check (session_id = scope.bytes());
create policy expired_session on accounts.session to adstelle_sweep using (expires_at < now());

create policy deliver on intake.report for select to adstelle_delivery using (true);
create policy deliver on outbox.promise to adstelle_delivery using (true);
create policy deliver on casework.case to adstelle_delivery using (true) with check (true);
create policy operate on outbox.promise to adstelle_operator using (true);
create policy operate on accounts.member to adstelle_operator using (true) with check (true);
