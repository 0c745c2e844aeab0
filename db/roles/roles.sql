-- What each role can do. Run after every migration; safe to run again.
-- Logins inherit nothing: every transaction names the one feature role it acts in.

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        'adstelle_intake', 'adstelle_mailbox', 'adstelle_casework', 'adstelle_accounts',
        'adstelle_delivery', 'adstelle_exchange', 'adstelle_files', 'adstelle_sweep',
        'adstelle_retention', 'adstelle_operator', 'adstelle_people', 'adstelle_rotation',
        'adstelle_entrance', 'adstelle_notice', 'adstelle_figures', 'adstelle_statistics',
        'adstelle_publishing', 'adstelle_renewal']
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

grant adstelle_intake, adstelle_mailbox, adstelle_exchange, adstelle_files, adstelle_figures
    to adstelle_public;
grant adstelle_accounts, adstelle_casework, adstelle_files, adstelle_people, adstelle_rotation,
    adstelle_entrance, adstelle_statistics, adstelle_publishing, adstelle_renewal to adstelle_staff;
grant adstelle_delivery, adstelle_sweep, adstelle_retention, adstelle_notice to adstelle_worker;

revoke all on schema public from public;
do $$
begin
    execute format('revoke connect, temporary on database %I from public', current_database());
    execute format(
        'grant connect on database %I to adstelle_public, adstelle_staff, adstelle_worker',
        current_database());
end
$$;

revoke all on all tables in schema
    intake, mailbox, casework, accounts, outbox, exchange, figures, counting from
    adstelle_intake, adstelle_mailbox, adstelle_casework, adstelle_accounts, adstelle_delivery,
    adstelle_exchange, adstelle_files, adstelle_sweep, adstelle_retention, adstelle_operator,
    adstelle_people, adstelle_rotation, adstelle_entrance, adstelle_notice,
    adstelle_figures, adstelle_statistics, adstelle_publishing, adstelle_renewal;

-- intake: the public form writes reports and never reads them back, not even what it stored.
grant usage on schema intake, outbox, accounts, exchange to adstelle_intake;
grant insert on intake.report, intake.part, intake.wrap, intake.card, intake.submission
    to adstelle_intake;
grant insert (handover_id, report_id, stelle, given_on, for_stelle, for_mailbox)
    on intake.handover to adstelle_intake;
grant insert (package_id, handover_id, stelle, sender_name, arrived_on, sealed) on exchange.package
    to adstelle_intake;
grant insert (kind, handover_id, stelle, lane, promised_on, changed_on) on outbox.promise
    to adstelle_intake;
grant select on accounts.public_key to adstelle_intake;
grant select on intake.submission to adstelle_intake;
grant select, insert, update, delete on intake.draft to adstelle_intake;

-- mailbox: whoever proves a code's address reads what is sealed for that mailbox, gives the report
-- to further Stellen, and takes it back.
grant usage on schema intake, mailbox, outbox, accounts, casework, exchange to adstelle_mailbox;
grant select on intake.report, intake.part, intake.wrap, mailbox.message, intake.handover
    to adstelle_mailbox;
grant insert on intake.wrap to adstelle_mailbox;
grant insert (handover_id, report_id, stelle, referred_by, given_on, for_stelle, for_mailbox)
    on intake.handover to adstelle_mailbox;
grant update (withdrawn_on, erasure_asked_on, erasure_due_on, erasure_answer, erasure_reason,
    erasure_answered_on) on intake.handover to adstelle_mailbox;
grant update (erasure_asked_on) on intake.report to adstelle_mailbox;
grant select (handover_id), update (sealed, withdrawn_on),
    insert (package_id, handover_id, stelle, sender_name, arrived_on, sealed)
    on exchange.package to adstelle_mailbox;
grant select (handover_id, kind, lane, state, attempts) on outbox.promise to adstelle_mailbox;
grant insert (kind, handover_id, stelle, lane, promised_on, changed_on, due_at) on outbox.promise
    to adstelle_mailbox;
grant update (state, lease, changed_on) on outbox.promise to adstelle_mailbox;
grant select (report_id, stelle, state) on casework.case to adstelle_mailbox;
grant select on accounts.public_key to adstelle_mailbox;
grant insert on mailbox.message to adstelle_mailbox;
grant update (read_on) on mailbox.message to adstelle_mailbox;

-- The address for mails without content is the person's to leave and to take away; nobody at a Stelle
-- learns that there is one.
grant select (report_id, for_worker, for_mailbox, due_at, told),
    insert (report_id, for_worker, for_mailbox, due_at, told),
    update (for_worker, for_mailbox, due_at, told, attempts, lease), delete
    on mailbox.notice to adstelle_mailbox;
grant select on mailbox.notice_key, mailbox.news to adstelle_mailbox;

-- casework: one Stelle at a time, history and log appended and never changed. What a Stelle hands
-- over it can give only to whom the person agreed, in a record of its own.
grant usage on schema intake, mailbox, casework, accounts, outbox, exchange, scope
    to adstelle_casework;
grant select (report_id, received_on, mailbox_key) on intake.report to adstelle_casework;
grant select on intake.part, intake.wrap, mailbox.message, casework.case, casework.step,
    casework.log, accounts.public_key to adstelle_casework;
grant select (handover_id, report_id, stelle, referred_by, given_on, withdrawn_on, decision, reason,
    decided_on, for_stelle, erased_on, erasure_asked_on, erasure_due_on, erasure_answer, erasure_reason,
    erasure_answered_on) on intake.handover to adstelle_casework;
grant insert (handover_id, report_id, stelle, referred_by, given_on, for_stelle, for_mailbox)
    on intake.handover to adstelle_casework;
grant update (decision, reason, decided_on, erasure_answer, erasure_reason, erasure_answered_on)
    on intake.handover to adstelle_casework;
grant insert on intake.wrap to adstelle_casework;
grant select on exchange.package to adstelle_casework;
grant insert (package_id, handover_id, stelle, sender_name, arrived_on, sealed) on exchange.package
    to adstelle_casework;
grant update (decision, reason, decided_on) on exchange.package to adstelle_casework;
grant select (handover_id, package_id, kind, stelle, state, attempts) on outbox.promise
    to adstelle_casework;
grant insert (kind, handover_id, package_id, stelle, lane, promised_on, changed_on)
    on outbox.promise to adstelle_casework;
grant select (member_id, name, stelle, role, left_on) on accounts.member to adstelle_casework;
grant update (state, attempts, due_at, lease, promised_on, changed_on) on outbox.promise
    to adstelle_casework;
grant update (state, changed_on, assigned_to, deputy, due_on, remind_on, indexed, kept_on)
    on casework.case to adstelle_casework;
grant select, insert, update (tokens) on casework.search to adstelle_casework;
grant select, insert, update (sealed) on casework.tally to adstelle_casework;
grant select, insert, update (kept, made_on, sealed), delete on casework.filter
    to adstelle_casework;
grant select, insert, update (lifted_on, lifted_by) on casework.hold to adstelle_casework;
grant select, insert, update (approved_on, approved_by), delete on casework.disposal
    to adstelle_casework;
grant select on casework.keeping to adstelle_casework;
grant select, insert, update (sealed), delete on casework.label to adstelle_casework;
grant select, insert, delete on casework.labelled, casework.conflict to adstelle_casework;
grant select, insert on casework.record, casework.entry, casework.series, casework.incident_link
    to adstelle_casework;
grant update (sealed) on casework.series to adstelle_casework;
grant select, insert, update (revision, series_id, sealed) on casework.incident to adstelle_casework;
grant select, insert (hint_answer_id, case_id, other_id, stelle, member_id, sealed)
    on casework.hint_answer to adstelle_casework;
grant select on casework.attention to adstelle_casework;
grant select, insert, update (state, since) on casework.referral to adstelle_casework;
grant select on casework.assignment, casework.conflict_step, casework.note to adstelle_casework;
grant select, insert (case_id, revision, stelle, member_id, sealed) on casework.mask
    to adstelle_casework;
grant select, insert (takeout_id, stelle, asked_by, asked_on),
    update (approved_by, approved_on, ended_by, ended_on) on casework.takeout to adstelle_casework;
grant select, insert (export_id, case_id, stelle, member_id, sealed) on casework.export
    to adstelle_casework;
grant insert (assignment_id, case_id, stelle, assigned_to, deputy, member_id)
    on casework.assignment to adstelle_casework;
grant insert (case_id, stelle, concerns, lifted, member_id) on casework.conflict_step
    to adstelle_casework;
grant insert (note_id, case_id, stelle, member_id, replaces, sealed) on casework.note
    to adstelle_casework;
grant select, insert, update (saved_on, sealed), delete on casework.draft to adstelle_casework;
grant select, insert, update (sealed), delete on casework.block to adstelle_casework;
grant insert on casework.step, casework.log, mailbox.message to adstelle_casework;
grant update (read_on) on mailbox.message to adstelle_casework;

-- What an adviser takes by phone or letter goes in by one function, which checks the Stelle.
grant execute on function intake.take to adstelle_casework;
grant select, delete on casework.receipt to adstelle_casework;

-- What a Stelle found is counted: it goes in by one function, and this role never reads it.
grant usage on schema counting to adstelle_casework;
grant execute on function counting.assess(uuid[], bytea[]) to adstelle_casework;

-- statistics: reads what is sealed to the statistics key, and nothing of any case.
grant usage on schema intake, counting to adstelle_statistics;
grant select on intake.card, counting.assessment to adstelle_statistics;

-- accounts: sign-in and sessions.
grant usage on schema accounts to adstelle_accounts;
grant select on accounts.member, accounts.generation to adstelle_accounts;
grant update (last_totp_step, wrong_codes, codes_blocked_until, wrong_passkeys,
    passkeys_blocked_until, own_public, seen_at) on accounts.member to adstelle_accounts;
grant select, insert, delete on accounts.session to adstelle_accounts;
grant select, insert, update (opened, by_passkey, refused) on accounts.sign_in to adstelle_accounts;
grant select, insert, update (sign_count, used_on, doubted_on), delete on accounts.passkey
    to adstelle_accounts;
grant select, insert, update (sealed, expires_at), delete on accounts.challenge to adstelle_accounts;
grant select, insert, delete on accounts.identity to adstelle_accounts;

-- entrance: a box is put in place of another by whoever opened it, or holds a code.
grant usage on schema accounts to adstelle_entrance;
grant select on accounts.member, accounts.public_key to adstelle_entrance;
grant update (login, salt, cost_time, cost_memory_kib, cost_lanes, sealed_box, stelle_wrap,
    statistics_wrap, own_public, joined_on, last_totp_step, wrong_codes, codes_blocked_until)
    on accounts.member to adstelle_entrance;
grant select, update (tries), delete on accounts.invitation to adstelle_entrance;
grant select (session_id, member_id), update (sealed), delete on accounts.session
    to adstelle_entrance;
grant select (stelle, sealed_for_recovery) on accounts.stelle to adstelle_entrance;
grant select on accounts.generation to adstelle_entrance;
grant insert (stelle, member_id, act) on accounts.log to adstelle_entrance;
grant select (member_id), delete on accounts.passkey to adstelle_entrance;

-- people: who works for a Stelle. It reads no box, no key and no session.
grant usage on schema accounts to adstelle_people;
grant select (member_id, login, name, stelle, role, joined_on, left_on, created_on, seen_at, demo)
    on accounts.member to adstelle_people;
grant insert (member_id, name, stelle, role, created_on, demo) on accounts.member
    to adstelle_people;
grant update (role, left_on, login, salt, sealed_box, stelle_wrap, statistics_wrap, own_public)
    on accounts.member to adstelle_people;
grant delete on accounts.member to adstelle_people;
grant select (member_id), delete on accounts.session, accounts.passkey, accounts.identity
    to adstelle_people;
grant select (member_id, stelle, kind, expires_at), insert, delete on accounts.invitation
    to adstelle_people;
grant select (stelle, member_id, act, about, done_at, log_id), insert (stelle, member_id, act, about)
    on accounts.log to adstelle_people;
grant usage on schema counting to adstelle_people;
grant select (since) on counting.resealing to adstelle_people;

-- rotation: a new key for a Stelle, given to its members; the old one is sealed for it.
grant usage on schema accounts to adstelle_rotation;
grant select, update (encoded, created_on) on accounts.public_key to adstelle_rotation;
grant select (stelle), update (sealed_for_recovery) on accounts.stelle to adstelle_rotation;
grant select (member_id, stelle, name, left_on, stelle_wrap, own_public),
    update (stelle_wrap, own_public) on accounts.member to adstelle_rotation;
grant select (session_id, member_id, expires_at), update (sealed), delete on accounts.session
    to adstelle_rotation;
grant select (stelle), delete on accounts.invitation to adstelle_rotation;
grant select (stelle, generation), insert on accounts.generation to adstelle_rotation;
grant insert (stelle, member_id, act) on accounts.log to adstelle_rotation;

-- renewal: a new key for the statistics, held by whoever made it; everything is sealed anew for it. Of
-- people it sees statisticians alone, of a Stelle no key, and of a case nothing.
grant usage on schema accounts, intake, counting, figures to adstelle_renewal;
grant select, update (encoded, created_on) on accounts.public_key to adstelle_renewal;
grant select (stelle), update (sealed_for_recovery) on accounts.stelle to adstelle_renewal;
grant select (member_id, stelle, name, role, joined_on, left_on, statistics_wrap),
    update (statistics_wrap) on accounts.member to adstelle_renewal;
grant select (session_id, member_id), update (sealed), delete on accounts.session
    to adstelle_renewal;
grant select (stelle, generation), insert on accounts.generation to adstelle_renewal;
grant select (log_id, act, about, done_at), insert (stelle, member_id, act) on accounts.log
    to adstelle_renewal;
grant select, update (sealed) on intake.card, counting.assessment to adstelle_renewal;
grant select (draft_id, state, wish, outcome, reply), update (state, wish, outcome, reply)
    on figures.draft to adstelle_renewal;
grant select, insert, update on counting.resealing to adstelle_renewal;

-- delivery: keeps promises. The channel `inbox` opens a case, and erases it when consent ends.
grant usage on schema intake, outbox, casework, exchange, mailbox to adstelle_delivery;
grant select, update (state, attempts, due_at, lease, changed_on, error) on outbox.promise
    to adstelle_delivery;
grant insert (kind, stelle, lane, promised_on, changed_on, due_at) on outbox.promise
    to adstelle_delivery;
grant select (report_id, received_on) on intake.report to adstelle_delivery;
grant select (handover_id, report_id, stelle, given_on, withdrawn_on) on intake.handover
    to adstelle_delivery;
grant select, update (sealed) on exchange.package to adstelle_delivery;
grant select (report_id, recipient), delete on intake.wrap to adstelle_delivery;
grant select (report_id, stelle), update (for_stelle) on mailbox.message to adstelle_delivery;
grant insert (case_id, report_id, package_id, stelle, received_on, changed_on) on casework.case
    to adstelle_delivery;
grant select (case_id, report_id, package_id, stelle), delete on casework.case
    to adstelle_delivery;
grant insert (stelle, act, case_ids, done_at) on casework.log to adstelle_delivery;

-- exchange: what partners send. It keeps what is sealed and reads none of it back.
grant usage on schema intake, outbox, exchange, scope to adstelle_exchange;
grant select (package_id, stelle, sender, arrived_on, digest, withdrawn_on) on exchange.package
    to adstelle_exchange;
grant insert (package_id, stelle, sender, sender_name, arrived_on, digest, sealed, withdrawn_on)
    on exchange.package to adstelle_exchange;
grant update (sealed, withdrawn_on) on exchange.package to adstelle_exchange;
grant select (handover_id, stelle, withdrawn_on, decision, reason, decided_on) on intake.handover
    to adstelle_exchange;
grant update (decision, reason, decided_on) on intake.handover to adstelle_exchange;
grant select (package_id, kind) on outbox.promise to adstelle_exchange;
grant insert (kind, package_id, stelle, promised_on, changed_on) on outbox.promise
    to adstelle_exchange;

-- files: content comes and goes in chunks, for whoever knows the key of what it belongs to.
grant usage on schema intake, scope to adstelle_files;
grant select (file_id, position, address, draft_id, message_id, header, scan, arrived_on,
        unfinished_until),
    insert (file_id, address, draft_id, report_id, arrived_on, unfinished_until),
    update (address, draft_id, report_id, message_id, header, scan, unfinished_until), delete
    on intake.file to adstelle_files;
grant select, insert, delete on intake.chunk to adstelle_files;

-- sweep: removes what expired.
grant usage on schema intake, accounts, casework, figures to adstelle_sweep;
grant select (state, made_at, beat_at), delete on figures.draft to adstelle_sweep;
grant select (expires_at), delete on intake.draft, intake.submission, accounts.session,
    accounts.invitation, accounts.challenge, casework.receipt to adstelle_sweep;
grant select (hour), delete on accounts.sign_in to adstelle_sweep;
grant select (unfinished_until), delete on intake.file to adstelle_sweep;

-- retention: erases in time. It reads the columns in clear that decide, nothing that is sealed.
grant usage on schema intake, mailbox, casework, outbox, exchange to adstelle_retention;
grant select (report_id, received_on, erasure_asked_on), delete on intake.report
    to adstelle_retention;
grant select (handover_id, report_id, stelle, referred_by, given_on, withdrawn_on, erased_on,
    erasure_asked_on, erasure_due_on, erasure_answer, erasure_reason),
    update (withdrawn_on, erased_on) on intake.handover to adstelle_retention;
grant select (report_id, recipient), delete on intake.wrap to adstelle_retention;
grant select (report_id, stelle, author, sent_on, read_on), update (for_stelle) on mailbox.message
    to adstelle_retention;
grant select (package_id, handover_id, sender, withdrawn_on, erased_on), update (sealed, erased_on),
    delete on exchange.package to adstelle_retention;
grant select (handover_id, package_id, kind, state, changed_on), delete on outbox.promise
    to adstelle_retention;
grant select (case_id, report_id, package_id, stelle, state, changed_on, kept_on, due_on, remind_on),
    delete on casework.case to adstelle_retention;
grant select (case_id, held_until, lifted_on) on casework.hold to adstelle_retention;
grant select (case_id, proposed_on, approved_on) on casework.disposal to adstelle_retention;
grant select on casework.keeping to adstelle_retention;
grant usage on schema counting to adstelle_retention;
grant execute on function counting.mix(date), casework.hold_still(uuid) to adstelle_retention;
grant select (done_at), insert (stelle, act, case_ids), delete on casework.log to adstelle_retention;

-- notice: tells people that there is something new. It counts what came and opens nothing; the key for
-- the addresses is no part of the database.
grant usage on schema mailbox, intake to adstelle_notice;
grant select (report_id, for_worker, due_at, told, attempts, lease),
    update (for_worker, due_at, told, attempts, lease) on mailbox.notice to adstelle_notice;
grant select on mailbox.news to adstelle_notice;
grant select, insert, update (encoded), delete on mailbox.notice_key to adstelle_notice;
grant select (report_id, author) on mailbox.message to adstelle_notice;
grant select (report_id, decision, erasure_answer) on intake.handover to adstelle_notice;

-- operator: set-up and repair on the command line.
grant usage on schema outbox, accounts to adstelle_operator;
grant execute on function accounts.unseen() to adstelle_operator;
grant select, update (state, attempts, due_at, lease, promised_on) on outbox.promise
    to adstelle_operator;
grant select, insert on accounts.public_key, accounts.stelle to adstelle_operator;
grant insert on accounts.member to adstelle_operator;

-- Row policies. `adstelle.scope` is set for one transaction: a draft, a mailbox or a Stelle.
create or replace function scope.bytes() returns bytea
    language sql stable
    return decode(coalesce(current_setting('adstelle.scope', true), ''), 'hex');
grant usage on schema scope to adstelle_intake, adstelle_mailbox, adstelle_accounts,
    adstelle_entrance, adstelle_files;
grant execute on function scope.bytes()
    to adstelle_intake, adstelle_mailbox, adstelle_accounts, adstelle_files;

-- The same for what belongs to a member's account: its scope is the member's id.
create or replace function scope.account() returns uuid
    language sql stable
    return case when length(current_setting('adstelle.scope', true)) = 32
        then current_setting('adstelle.scope', true)::uuid end;

-- `adstelle.member` is set beside it for casework: who asks. A member can be kept from a case, and
-- then nothing that hangs on it is there for them. The lists are made once a statement, by the
-- owner: whoever asks cannot see a case to look it up. Where nobody is named a list holds a null:
-- nothing is for certain not in it, so no row is shown.
create or replace function scope.member() returns uuid
    language sql stable
    return nullif(current_setting('adstelle.member', true), '')::uuid;
create or replace function scope.barred_cases() returns setof uuid
    language sql stable security definer set search_path = pg_catalog
    as $$
        select case_id from casework.conflict where member_id = scope.member()
        union all select null where scope.member() is null
    $$;
-- The same as reports and packages.
create or replace function scope.barred_sources() returns setof uuid
    language sql stable security definer set search_path = pg_catalog
    as $$
        select coalesce(report_id, package_id)
        from casework.conflict join casework.case using (case_id)
        where conflict.member_id = scope.member()
        union all select null where scope.member() is null
    $$;
-- The same for one report; null where nobody is named. It is asked row by row, and must not be
-- planned anew for each by a transaction that plans its own statements anew.
create or replace function scope.is_barred(report uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog
    set plan_cache_mode = force_generic_plan
    as $$
        select case when scope.member() is not null then exists (
            select from casework.conflict join casework.case using (case_id)
            where conflict.member_id = scope.member() and "case".report_id = report) end
    $$;
-- The same as incidents: those of which the member may see no case, and none of their titles.
create or replace function scope.barred_incidents() returns setof uuid
    language sql stable security definer set search_path = pg_catalog
    as $$
        select l.incident_id from casework.incident_link l
        where l.case_id in (select scope.barred_cases()) and not exists (
            select from casework.incident_link other where other.incident_id = l.incident_id
                and other.case_id not in (select scope.barred_cases()))
        union all select null where scope.member() is null
    $$;
-- And as series: those with nothing but such incidents.
create or replace function scope.barred_series() returns setof uuid
    language sql stable security definer set search_path = pg_catalog
    as $$
        select i.series_id from casework.incident i
        where i.series_id is not null and i.incident_id in (select scope.barred_incidents())
            and not exists (
                select from casework.incident other where other.series_id = i.series_id
                    and other.incident_id not in (select scope.barred_incidents()))
        union all select null where scope.member() is null
    $$;
-- Cases of these incidents, or of any of this series, that the member is kept from: another session
-- shall assess them anew.
create or replace function scope.outdate_barred(incidents uuid[], series uuid) returns void
    language sql security definer set search_path = pg_catalog
    as $$
        update casework.case set indexed = 0
        where indexed <> 0 and case_id in (select scope.barred_cases()) and case_id in (
            select l.case_id from casework.incident_link l
            join casework.incident i using (incident_id)
            where l.incident_id = any (incidents) or i.series_id = series)
    $$;
drop function if exists scope.outdate_barred(uuid[]);
revoke all on function scope.member(), scope.barred_cases(), scope.barred_sources(),
    scope.barred_incidents(), scope.barred_series(), scope.is_barred(uuid),
    scope.outdate_barred(uuid[], uuid) from public;
grant execute on function scope.member(), scope.barred_cases(), scope.barred_sources(),
    scope.barred_incidents(), scope.barred_series(), scope.is_barred(uuid),
    scope.outdate_barred(uuid[], uuid) to adstelle_casework;

-- What a search may ask of the sealed index of the Stelle in `adstelle.scope`, and of no other.
revoke all on function casework.found(bigint[], bigint), casework.holds(uuid, bigint[]) from public;
revoke all on function
    casework.sought(text, uuid, date, text, uuid, uuid, bigint[], bigint[]) from public;
revoke all on function casework.alike(bigint[], uuid[], uuid, bigint, bigint) from public;
grant execute on function casework.alike(bigint[], uuid[], uuid, bigint, bigint) to adstelle_casework;
grant execute on function casework.found(bigint[], bigint), casework.holds(uuid, bigint[]),
    casework.sought(text, uuid, date, text, uuid, uuid, bigint[], bigint[]) to adstelle_casework;

alter table intake.draft enable row level security;
alter table intake.file enable row level security;
alter table intake.chunk enable row level security;
alter table intake.submission enable row level security;
alter table intake.report enable row level security;
alter table intake.part enable row level security;
alter table intake.wrap enable row level security;
alter table intake.card enable row level security;
alter table intake.handover enable row level security;
alter table exchange.package enable row level security;
alter table mailbox.message enable row level security;
alter table mailbox.notice enable row level security;
alter table outbox.promise enable row level security;
alter table accounts.stelle enable row level security;
alter table accounts.member enable row level security;
alter table accounts.session enable row level security;
alter table accounts.invitation enable row level security;
alter table accounts.sign_in enable row level security;
alter table accounts.passkey enable row level security;
alter table accounts.challenge enable row level security;
alter table accounts.identity enable row level security;
alter table accounts.generation enable row level security;
alter table accounts.log enable row level security;
alter table casework.case enable row level security;
alter table casework.step enable row level security;
alter table casework.log enable row level security;
alter table casework.referral enable row level security;
alter table casework.label enable row level security;
alter table casework.labelled enable row level security;
alter table casework.conflict enable row level security;
alter table casework.assignment enable row level security;
alter table casework.conflict_step enable row level security;
alter table casework.note enable row level security;
alter table casework.mask enable row level security;
alter table casework.export enable row level security;
alter table casework.takeout enable row level security;
alter table casework.draft enable row level security;
alter table casework.block enable row level security;
alter table casework.record enable row level security;
alter table casework.entry enable row level security;
alter table casework.series enable row level security;
alter table casework.incident enable row level security;
alter table casework.incident_link enable row level security;
alter table casework.hint_answer enable row level security;
alter table casework.receipt enable row level security;
alter table casework.tally enable row level security;
alter table casework.search enable row level security;
alter table casework.filter enable row level security;
alter table casework.hold enable row level security;
alter table casework.disposal enable row level security;
alter table counting.assessment enable row level security;
alter table counting.mixed enable row level security;
alter table counting.resealing enable row level security;

do $$
declare
    old record;
begin
    for old in
        select schemaname, tablename, policyname from pg_policies
        where schemaname in ('intake', 'mailbox', 'casework', 'accounts', 'outbox', 'exchange',
            'counting', 'figures')
    loop
        execute format('drop policy %I on %I.%I', old.policyname, old.schemaname, old.tablename);
    end loop;
end
$$;

create policy own_draft on intake.draft to adstelle_intake
    using (draft_id = scope.bytes()) with check (draft_id = scope.bytes());
-- The address of files is made from a key: whoever can name it can open them. Who moves files from
-- a draft to a report names both.
create policy own_files on intake.file to adstelle_files
    using (address in (substr(scope.bytes(), 1, 32), substr(scope.bytes(), 33, 32)));
create policy own_files on intake.chunk to adstelle_files
    using (exists (select from intake.file f where f.file_id = chunk.file_id))
    with check (exists (select from intake.file f where f.file_id = chunk.file_id));
create policy unfinished on intake.file to adstelle_sweep using (unfinished_until < now());
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
create policy store on intake.handover for insert to adstelle_intake with check (true);
create policy store on exchange.package for insert to adstelle_intake with check (true);
create policy promise on outbox.promise for insert to adstelle_intake
    with check (kind = 'deliver');

create policy own_mailbox on intake.report for select to adstelle_mailbox
    using (mailbox_lookup = scope.bytes());
create policy own_mailbox on intake.part for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = part.report_id));
create policy own_mailbox on intake.wrap for select to adstelle_mailbox
    using (recipient = 'mailbox'
        and exists (select from intake.report r where r.report_id = wrap.report_id));
create policy own_mailbox on mailbox.message for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = message.report_id));
create policy own_mailbox on intake.handover for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = handover.report_id));
create policy giving on intake.handover for insert to adstelle_mailbox
    with check (withdrawn_on is null
        and exists (select from intake.report r where r.report_id = handover.report_id));
create policy taking_back on intake.handover for update to adstelle_mailbox
    using (withdrawn_on is null
        and exists (select from intake.report r where r.report_id = handover.report_id))
    with check (withdrawn_on is not null);
create policy asking on intake.report for update to adstelle_mailbox
    using (mailbox_lookup = scope.bytes()) with check (mailbox_lookup = scope.bytes());
create policy asking on intake.handover for update to adstelle_mailbox
    using (withdrawn_on is null
        and exists (select from intake.report r where r.report_id = handover.report_id))
    with check (withdrawn_on is null and erasure_asked_on is not null and erasure_answer is null);
create policy no_longer_asking on intake.handover for update to adstelle_mailbox
    using (withdrawn_on is null and erasure_asked_on is not null and erasure_answer is null
        and exists (select from intake.report r where r.report_id = handover.report_id))
    with check (withdrawn_on is null and erasure_asked_on is null and erasure_answer is null);
create policy to_chosen on intake.wrap for insert to adstelle_mailbox
    with check (recipient <> 'mailbox' and exists (select from intake.handover h
        where h.report_id = wrap.report_id and h.stelle = recipient and h.withdrawn_on is null));
create policy own_mailbox on exchange.package for select to adstelle_mailbox
    using (exists (select from intake.handover h where h.handover_id = package.handover_id));
create policy to_chosen on exchange.package for insert to adstelle_mailbox
    with check (exists (select from intake.handover h
        where h.handover_id = package.handover_id and h.stelle = package.stelle
            and h.withdrawn_on is null));
create policy taken_back on exchange.package for update to adstelle_mailbox
    using (exists (select from intake.handover h
        where h.handover_id = package.handover_id and h.withdrawn_on is not null))
    with check (sealed is null and withdrawn_on is not null);
create policy answer_of_person on mailbox.message for insert to adstelle_mailbox
    with check (author = 'person' and exists (select from intake.handover h
        where h.report_id = message.report_id and h.stelle = message.stelle
            and h.withdrawn_on is null));
create policy reading_by_person on mailbox.message for update to adstelle_mailbox
    using (author = 'stelle'
        and exists (select from intake.report r where r.report_id = message.report_id));
create policy own_mailbox on mailbox.notice to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = notice.report_id))
    with check (exists (select from intake.report r where r.report_id = notice.report_id));
create policy own_mailbox on outbox.promise for select to adstelle_mailbox
    using (exists (select from intake.handover h where h.handover_id = promise.handover_id));
create policy giving on outbox.promise for insert to adstelle_mailbox
    with check (state = 'promised' and exists (select from intake.handover h
        where h.handover_id = promise.handover_id and h.stelle = promise.stelle
            and kind = case when h.withdrawn_on is null then 'deliver' else 'withdraw' end));
create policy telling on outbox.promise for insert to adstelle_mailbox
    with check (kind = 'notice' and state = 'promised' and exists (select from intake.handover h
        where h.stelle = promise.stelle and h.withdrawn_on is null));
create policy taking_back on outbox.promise for update to adstelle_mailbox
    using (kind = 'deliver' and state = 'promised' and exists (select from intake.handover h
        where h.handover_id = promise.handover_id and h.withdrawn_on is not null))
    with check (state = 'withdrawn');
create policy own_mailbox on casework.case for select to adstelle_mailbox
    using (exists (select from intake.report r where r.report_id = "case".report_id));

-- A Stelle sees what was given to it, as long as nobody took that back; of its members each sees
-- what they are not kept from.
-- (No `select` of its own in these two: other policies ask for hand-overs, and would go in circles.)
create policy own_stelle on intake.handover for select to adstelle_casework
    using (current_setting('adstelle.scope', true) in (stelle, referred_by)
        and not scope.is_barred(report_id));
create policy own_decision on intake.handover for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null
        and not scope.is_barred(report_id));
create policy own_referral on intake.handover for insert to adstelle_casework
    with check (referred_by = current_setting('adstelle.scope', true)
        and stelle <> referred_by
        and exists (select from intake.wrap w where w.report_id = handover.report_id
            and w.recipient = referred_by));
create policy own_stelle on intake.wrap for select to adstelle_casework
    using (recipient = current_setting('adstelle.scope', true) and recipient <> 'mailbox'
        and report_id not in (select scope.barred_sources())
        and exists (select from intake.handover h where h.report_id = wrap.report_id
            and h.stelle = recipient and h.withdrawn_on is null));
create policy own_referral on intake.wrap for insert to adstelle_casework
    with check (exists (select from intake.handover h where h.report_id = wrap.report_id
        and h.stelle = recipient and h.withdrawn_on is null
        and h.referred_by = current_setting('adstelle.scope', true)));
create policy own_stelle on exchange.package for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null
        and package_id not in (select scope.barred_sources()));
create policy own_decision on exchange.package for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null
        and package_id not in (select scope.barred_sources()));
create policy own_referral on exchange.package for insert to adstelle_casework
    with check (exists (select from intake.handover h
        where h.handover_id = package.handover_id and h.stelle = package.stelle
            and h.referred_by = current_setting('adstelle.scope', true)));
create policy own_stelle on outbox.promise for select to adstelle_casework
    using (exists (select from intake.handover h where h.handover_id = promise.handover_id)
        or exists (select from exchange.package p where p.package_id = promise.package_id));
create policy own_promise on outbox.promise for insert to adstelle_casework
    with check ((kind = 'deliver' and exists (select from intake.handover h
            where h.handover_id = promise.handover_id and h.stelle = promise.stelle
                and h.referred_by = current_setting('adstelle.scope', true)))
        or (kind = 'decide' and exists (select from exchange.package p
            where p.package_id = promise.package_id and p.sender = promise.stelle)));
-- A decision that changed is told to the sender again.
create policy own_decision on outbox.promise for update to adstelle_casework
    using (kind = 'decide' and exists (select from exchange.package p
        where p.package_id = promise.package_id and p.sender = promise.stelle));
create policy own_stelle on intake.report for select to adstelle_casework
    using (exists (select from intake.wrap w where w.report_id = report.report_id));
create policy own_stelle on intake.part for select to adstelle_casework
    using (exists (select from intake.wrap w where w.report_id = part.report_id));
create policy own_stelle on mailbox.message for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and report_id not in (select scope.barred_sources()));
create policy own_answer on mailbox.message for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and author = 'stelle'
        and exists (select from intake.wrap w where w.report_id = message.report_id));
create policy own_reading on mailbox.message for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and author = 'person'
        and report_id not in (select scope.barred_sources()));
-- A case was opened for a hand-over, so only where one was taken back has it to be asked whether
-- another holds. Few are taken back: asked like this, 100,000 cases are counted at once. A `select`
-- in place of `exists` is never turned into a scan of everything.
create policy own_stelle on casework.case to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases())
        and case when report_id is null
        then (select true from exchange.package p where p.package_id = "case".package_id limit 1)
        else not exists (select from intake.handover h where h.report_id = "case".report_id
                and h.stelle = "case".stelle and h.withdrawn_on is not null)
            or (select true from intake.wrap w where w.report_id = "case".report_id limit 1)
        end);
create policy own_stelle on casework.step to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()));
-- A line of the log can be about many cases: it is there as long as one of them is.
create policy own_stelle on casework.log to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and scope.member() is not null
        and not case_ids <@ array(select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and scope.member() is not null
        and not case_ids && array(select scope.barred_cases()));
create policy own_stelle on casework.label to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.labelled to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = labelled.case_id)
        and exists (select from casework.label l where l.label_id = labelled.label_id));
-- Whoever is kept from a case sees nothing of that, and so cannot lift it.
create policy own_stelle on casework.conflict to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = conflict.case_id)
        and exists (select from accounts.member m where m.member_id = conflict.member_id));
create policy own_stelle on casework.record to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = record.case_id));
create policy own_stelle on casework.entry to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and (case_id is null or case_id not in (select scope.barred_cases())))
    with check (stelle = current_setting('adstelle.scope', true)
        and (case_id is null
            or exists (select from casework.case c where c.case_id = entry.case_id)));
create policy own_stelle on casework.series to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and series_id not in (select scope.barred_series()))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.receipt to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()));
create policy expired_slip on casework.receipt to adstelle_sweep using (expires_at < now());
create policy own_stelle on casework.incident to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and incident_id not in (select scope.barred_incidents()))
    with check (stelle = current_setting('adstelle.scope', true)
        and (series_id is null
            or exists (select from casework.series s where s.series_id = incident.series_id)));
create policy own_stelle on casework.search to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = search.case_id));
create policy own_stelle on casework.tally to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = tally.case_id));
create policy own_filter on casework.filter to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and member_id = scope.member())
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member());
create policy own_stelle on casework.incident_link to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = incident_link.case_id)
        and exists (select from casework.incident i
            where i.incident_id = incident_link.incident_id));
create policy own_stelle on casework.hint_answer to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases())
        and other_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = hint_answer.case_id)
        and exists (select from casework.case c where c.case_id = hint_answer.other_id));
create policy own_stelle on casework.referral to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = referral.case_id));
create policy own_stelle on casework.assignment to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = assignment.case_id));
create policy own_stelle on casework.conflict_step to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = conflict_step.case_id));
create policy own_stelle on casework.note to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = note.case_id));
create policy own_stelle on casework.mask to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = mask.case_id));
create policy own_stelle on casework.export to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = export.case_id));
-- Nobody agrees with themselves, and only a lead can ask.
create policy own_stelle on casework.takeout for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy asking on casework.takeout for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and asked_by = scope.member()
        and exists (select from accounts.member m where m.member_id = takeout.asked_by
            and m.role = 'lead' and m.left_on is null));
create policy deciding on casework.takeout for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and ended_on is null)
    with check (stelle = current_setting('adstelle.scope', true)
        and (approved_by is null or approved_by <> asked_by)
        and (ended_by is null or ended_by = scope.member()));
create policy own_draft on casework.draft to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and member_id = scope.member()
        and exists (select from casework.case c where c.case_id = draft.case_id));
create policy own_stelle on casework.block to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));

create policy own_stelle on casework.hold to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = hold.case_id)
        and exists (select from accounts.member m where m.member_id = hold.set_by));
create policy own_stelle on casework.disposal for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true)
        and case_id not in (select scope.barred_cases()));
create policy proposing on casework.disposal for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and approved_by is null
        and case_id not in (select scope.barred_cases())
        and exists (select from casework.case c where c.case_id = disposal.case_id)
        and exists (select from accounts.member m where m.member_id = disposal.proposed_by));
create policy approving on casework.disposal for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and approved_by is null
        and case_id not in (select scope.barred_cases()))
    with check (stelle = current_setting('adstelle.scope', true) and approved_by <> proposed_by
        and exists (select from accounts.member m where m.member_id = disposal.approved_by));
create policy declining on casework.disposal for delete to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and approved_by is null
        and case_id not in (select scope.barred_cases()));

create policy sign_in on accounts.member to adstelle_accounts using (true);
create policy own_stelle on accounts.member for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy own_session on accounts.session to adstelle_accounts
    using (session_id = scope.bytes()) with check (session_id = scope.bytes());
create policy expired_session on accounts.session to adstelle_sweep using (expires_at < now());
create policy own_sessions on accounts.session to adstelle_accounts
    using (member_id = scope.account()) with check (member_id = scope.account());
create policy own_invitation on accounts.invitation to adstelle_entrance
    using (invitation_id = scope.bytes()) with check (invitation_id = scope.bytes());
create policy own_box on accounts.member to adstelle_entrance
    using (member_id = scope.account() or exists (select from accounts.invitation i
        where i.invitation_id = scope.bytes() and i.member_id = member.member_id));
create policy own_sessions_end on accounts.session to adstelle_entrance
    using (exists (select from accounts.member m where m.member_id = session.member_id));
-- A statistician opens the key of the statistics with its recovery key; no Stelle's copy is shown here.
create policy statistics on accounts.stelle for select to adstelle_entrance
    using (stelle = 'statistics');
create policy own_statistics on accounts.log for insert to adstelle_entrance
    with check (act = 'statistics_taken' and exists (select from accounts.member m
        where m.member_id = log.member_id and m.stelle = log.stelle));
create policy statistics on accounts.generation for select to adstelle_entrance
    using (stelle = 'statistics');
create policy expired_invitation on accounts.invitation to adstelle_sweep
    using (expires_at < now());
create policy own_count on accounts.sign_in to adstelle_accounts
    using (member_id = scope.account()) with check (member_id = scope.account());
create policy own_passkeys on accounts.passkey to adstelle_accounts
    using (member_id = scope.account()) with check (member_id = scope.account());
create policy own_identity on accounts.identity to adstelle_accounts
    using (member_id = scope.account()) with check (member_id = scope.account());
create policy who_it_is on accounts.identity for select to adstelle_accounts
    using (identity_id = scope.bytes());
create policy own_passkeys_end on accounts.passkey to adstelle_entrance
    using (exists (select from accounts.member m where m.member_id = passkey.member_id));
create policy own_challenge on accounts.challenge to adstelle_accounts
    using (challenge_id = scope.bytes()) with check (challenge_id = scope.bytes());
create policy expired_challenge on accounts.challenge to adstelle_sweep using (expires_at < now());
create policy old_count on accounts.sign_in to adstelle_sweep
    using (hour < now() - interval '90 days');
create policy sign_in on accounts.generation for select to adstelle_accounts using (true);

create policy own_people on accounts.member to adstelle_people
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
-- The page of people takes a key away with the box, and never gives one.
create policy no_key on accounts.member as restrictive for update to adstelle_people
    using (true) with check (left_on is null or stelle_wrap is null);
create policy never_in on accounts.member as restrictive for delete to adstelle_people
    using (joined_on is null);
create policy own_people on accounts.session to adstelle_people
    using (exists (select from accounts.member m where m.member_id = session.member_id));
create policy own_people on accounts.passkey to adstelle_people
    using (exists (select from accounts.member m where m.member_id = passkey.member_id));
create policy own_people on accounts.identity to adstelle_people
    using (exists (select from accounts.member m where m.member_id = identity.member_id));
create policy own_people on accounts.invitation to adstelle_people
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from accounts.member m where m.member_id = invitation.member_id));
create policy own_people on accounts.log to adstelle_people
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));

create policy own_rotation on accounts.member to adstelle_rotation
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_rotation on accounts.session to adstelle_rotation
    using (exists (select from accounts.member m where m.member_id = session.member_id));
create policy own_rotation on accounts.invitation to adstelle_rotation
    using (stelle = current_setting('adstelle.scope', true));
create policy own_rotation on accounts.generation to adstelle_rotation
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_rotation on accounts.stelle to adstelle_rotation
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_rotation on accounts.log for insert to adstelle_rotation
    with check (stelle = current_setting('adstelle.scope', true) and act = 'rotated');

create policy renewed on counting.resealing for select to adstelle_people using (true);
create policy statisticians on accounts.member to adstelle_renewal using (role = 'statistician');
create policy statisticians on accounts.session to adstelle_renewal
    using (exists (select from accounts.member m where m.member_id = session.member_id));
create policy renewal on accounts.stelle to adstelle_renewal using (stelle = 'statistics');
create policy renewal on accounts.generation to adstelle_renewal using (stelle = 'statistics');
create policy who_left on accounts.log for select to adstelle_renewal using (act = 'ended');
create policy own_renewal on accounts.log for insert to adstelle_renewal
    with check (act = 'statistics_renewed' and exists (select from accounts.member m
        where m.member_id = log.member_id and m.stelle = log.stelle));
create policy place on counting.resealing to adstelle_renewal using (true);

create policy telling on mailbox.notice to adstelle_notice using (true) with check (true);
create policy telling on mailbox.message for select to adstelle_notice
    using (exists (select from mailbox.notice n where n.report_id = message.report_id));
create policy telling on intake.handover for select to adstelle_notice
    using (exists (select from mailbox.notice n where n.report_id = handover.report_id));

create policy deliver on intake.report for select to adstelle_delivery using (true);
create policy deliver on outbox.promise to adstelle_delivery using (true)
    with check (true);
create policy deliver on casework.case to adstelle_delivery using (true) with check (true);
create policy deliver on casework.log for insert to adstelle_delivery
    with check (member_id is null and act = 'consent_withdrawn');
create policy deliver on intake.handover for select to adstelle_delivery using (true);
create policy deliver on exchange.package to adstelle_delivery using (true) with check (true);
create policy withdrawn on intake.wrap to adstelle_delivery
    using (recipient <> 'mailbox' and not exists (select from intake.handover h
        where h.report_id = wrap.report_id and h.stelle = recipient and h.withdrawn_on is null));
create policy withdrawn on mailbox.message to adstelle_delivery
    using (not exists (select from intake.handover h where h.report_id = message.report_id
        and h.stelle = message.stelle and h.withdrawn_on is null));

create policy partners_package on exchange.package to adstelle_exchange
    using (sender = current_setting('adstelle.scope', true))
    with check (sender = current_setting('adstelle.scope', true));
create policy partners_decision on intake.handover to adstelle_exchange
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy partners_package on outbox.promise to adstelle_exchange
    using (exists (select from exchange.package p where p.package_id = promise.package_id))
    with check (kind in ('deliver', 'withdraw') and exists (select from exchange.package p
        where p.package_id = promise.package_id and p.stelle = promise.stelle));
-- Retention sees the days everywhere, and erases only what nothing stands in the way of: whatever
-- the code believes, a case goes when the person's wish was granted and no hold stands, or when
-- besides nobody waits to be read, no date is to come and nothing is on its way.
create policy see on casework.case for select to adstelle_retention using (true);
create policy see on casework.hold for select to adstelle_retention using (true);
create policy see on casework.disposal for select to adstelle_retention using (true);
create policy see on casework.log for select to adstelle_retention using (true);
create policy see on intake.report for select to adstelle_retention using (true);
create policy see on intake.handover for select to adstelle_retention using (true);
create policy see on intake.wrap for select to adstelle_retention using (true);
create policy see on mailbox.message for select to adstelle_retention using (true);
create policy see on exchange.package for select to adstelle_retention using (true);
create policy see on outbox.promise for select to adstelle_retention using (true);
create policy due on casework.case for delete to adstelle_retention
    using (exists (select from casework.keeping k where k.case_id = "case".case_id
        and coalesce(k.held_until < current_date, true)
        and (k.is_granted
            or not k.is_unread and not k.is_undelivered
                and coalesce(greatest(k.due_on, k.remind_on) < current_date, true)
                and (k.is_approved or k.changed_on < current_date - 27))));
create policy erased on intake.handover for update to adstelle_retention
    using (withdrawn_on is null and not exists (select from casework.case c
        where c.package_id = handover.handover_id
            or c.report_id = handover.report_id and c.stelle = handover.stelle))
    with check (withdrawn_on is not null and erased_on is not null);
create policy ended on intake.wrap for delete to adstelle_retention
    using (recipient <> 'mailbox' and not exists (select from intake.handover h
        where h.report_id = wrap.report_id and h.stelle = recipient and h.withdrawn_on is null));
create policy ended on mailbox.message for update to adstelle_retention
    using (not exists (select from intake.handover h where h.report_id = message.report_id
        and h.stelle = message.stelle and h.withdrawn_on is null))
    with check (for_stelle is null);
create policy emptied on exchange.package for update to adstelle_retention
    using (sender is not null
        and not exists (select from casework.case c where c.package_id = package.package_id))
    with check (sealed is null and erased_on is not null);
-- Our own package goes with its hand-over; of a partner's the id stays for a year.
create policy ended on exchange.package for delete to adstelle_retention
    using (not exists (select from casework.case c where c.package_id = package.package_id)
        and case when sender is null
            then exists (select from intake.handover h
                where h.handover_id = package.handover_id and h.erased_on is not null)
            else coalesce(erased_on, withdrawn_on) < current_date - 364 end);
create policy ended on outbox.promise for delete to adstelle_retention
    using (exists (select from intake.handover h
            where h.handover_id = promise.handover_id and h.erased_on is not null)
        or exists (select from exchange.package p
            where p.package_id = promise.package_id and p.erased_on is not null)
        or handover_id is null and state = 'delivered' and changed_on < current_date - 27);
create policy old on casework.log for delete to adstelle_retention
    using (done_at < now() - interval '364 days');
create policy erased on casework.log for insert to adstelle_retention
    with check (member_id is null and act = 'case_erased');
-- The report goes when nobody here has it, nothing is on its way, and nobody who was asked to erase
-- it has yet to hear of that.
create policy due on intake.report for delete to adstelle_retention
    using ((erasure_asked_on is not null or received_on < current_date - 27)
        and not exists (select from intake.wrap w
            where w.report_id = report.report_id and w.recipient <> 'mailbox')
        and not exists (select from intake.handover h
            left join casework.case c on c.report_id = h.report_id and c.stelle = h.stelle
                or c.package_id = h.handover_id
            left join outbox.promise p on p.handover_id = h.handover_id
                and (p.state = 'promised' or p.kind = 'withdraw' and p.state = 'dead')
            where h.report_id = report.report_id
                and (c.case_id is not null or p.handover_id is not null)));

create policy operate on outbox.promise to adstelle_operator using (true);
create policy operate on accounts.stelle to adstelle_operator using (true) with check (true);
create policy operate on accounts.member to adstelle_operator using (true) with check (true);

-- figures: the ledger of releases. Everybody reads what is published, only the operator adds to it,
-- and nobody changes or removes a row.
grant usage on schema figures to adstelle_figures, adstelle_operator;
grant select (number, published_on, content, sha256) on figures.release to adstelle_figures;
grant select, insert on figures.release to adstelle_operator;
alter table figures.release enable row level security;
create policy published on figures.release for select
    to adstelle_figures, adstelle_operator, adstelle_publishing using (true);
create policy operate on figures.release for insert to adstelle_operator with check (true);

-- publishing: drafts of releases. It reads no card and no case, and adds to the ledger only what two
-- people of two names agreed to, byte for byte: one handed it over, the other one approved it and is
-- who asks now.
grant usage on schema figures, accounts, scope to adstelle_publishing;
grant execute on function scope.member() to adstelle_publishing;
grant select, insert on figures.release, figures.log to adstelle_publishing;
grant select, insert, delete, update (state, job, step, done, total, beat_at, beside, cut_off, publication,
    sha256, wish, outcome, reply, handed_by, handed_at, approved_by, release)
    on figures.draft to adstelle_publishing;
grant select (member_id, name, role, left_on) on accounts.member to adstelle_publishing;
grant select on accounts.public_key to adstelle_publishing;
alter table figures.draft enable row level security;
alter table figures.log enable row level security;
create policy names on accounts.member for select to adstelle_publishing using (true);
create policy own_act on figures.log for insert to adstelle_publishing
    with check (member_id = scope.member());
create policy acts on figures.log for select to adstelle_publishing using (true);
create policy seen on figures.draft for select to adstelle_publishing using (true);
create policy made on figures.draft for insert to adstelle_publishing
    with check (made_by = scope.member() and handed_by is null and approved_by is null);
create policy given_up on figures.draft for delete to adstelle_publishing using (true);
create policy forgotten on figures.draft to adstelle_sweep
    using (greatest(made_at, beat_at) < now() - interval '90 days');
create policy own_approval on figures.draft for update to adstelle_publishing using (true)
    with check (approved_by is null or (approved_by = scope.member()
        and exists (select from accounts.member m where m.member_id = approved_by
            and m.left_on is null and m.role in ('lead', 'statistician'))));
create policy approved on figures.release for insert to adstelle_publishing
    with check (exists (
        select from figures.draft d
        join accounts.member p on p.member_id = d.handed_by
        join accounts.member a on a.member_id = d.approved_by
        where d.state = 'approving' and d.publication = release.content
            and a.member_id = scope.member() and lower(p.name) <> lower(a.name)
            and a.left_on is null and a.role in ('lead', 'statistician')
            and regexp_replace(btrim(p.name), '\s+', ' ', 'g') = release.prepared_by
            and regexp_replace(btrim(a.name), '\s+', ' ', 'g') = release.approved_by));

create policy count on intake.card for select to adstelle_statistics using (true);
create policy count on counting.assessment for select to adstelle_statistics using (true);
create policy seal_anew on intake.card to adstelle_renewal using (true);
create policy seal_anew on counting.assessment to adstelle_renewal using (true);
create policy seal_anew on figures.draft to adstelle_renewal using (true);
