-- What each role can do. Run after every migration; safe to run again.
-- Logins inherit nothing: every transaction names the one feature role it acts in.

do $$
declare
    wanted text;
begin
    foreach wanted in array array[
        'adstelle_intake', 'adstelle_mailbox', 'adstelle_casework', 'adstelle_accounts',
        'adstelle_delivery', 'adstelle_exchange', 'adstelle_sweep', 'adstelle_retention',
        'adstelle_operator']
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

grant adstelle_intake, adstelle_mailbox, adstelle_exchange to adstelle_public;
grant adstelle_accounts, adstelle_casework to adstelle_staff;
grant adstelle_delivery, adstelle_sweep, adstelle_retention to adstelle_worker;

revoke all on schema public from public;
do $$
begin
    execute format('revoke connect, temporary on database %I from public', current_database());
    execute format(
        'grant connect on database %I to adstelle_public, adstelle_staff, adstelle_worker',
        current_database());
end
$$;

revoke all on all tables in schema intake, mailbox, casework, accounts, outbox, exchange from
    adstelle_intake, adstelle_mailbox, adstelle_casework, adstelle_accounts, adstelle_delivery,
    adstelle_exchange, adstelle_sweep, adstelle_retention, adstelle_operator;

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

-- casework: one Stelle at a time, history and log appended and never changed. What a Stelle hands
-- over it can give only to whom the person agreed, in a record of its own.
grant usage on schema intake, mailbox, casework, accounts, outbox, exchange to adstelle_casework;
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
grant select (member_id, name, stelle) on accounts.member to adstelle_casework;
grant update (state, attempts, due_at, lease, promised_on, changed_on) on outbox.promise
    to adstelle_casework;
grant update (state, changed_on, assigned_to, deputy, due_on, remind_on, kept_on) on casework.case
    to adstelle_casework;
grant select, insert, update (lifted_on, lifted_by) on casework.hold to adstelle_casework;
grant select, insert, update (approved_on, approved_by), delete on casework.disposal
    to adstelle_casework;
grant select on casework.keeping to adstelle_casework;
grant select, insert, update (sealed), delete on casework.label to adstelle_casework;
grant select, insert, delete on casework.labelled, casework.conflict to adstelle_casework;
grant select on casework.attention to adstelle_casework;
grant select, insert, update (state, since) on casework.referral to adstelle_casework;
grant insert on casework.step, casework.log, mailbox.message to adstelle_casework;
grant update (read_on) on mailbox.message to adstelle_casework;

-- accounts: sign-in and sessions.
grant usage on schema accounts to adstelle_accounts;
grant select on accounts.member to adstelle_accounts;
grant update (last_totp_step, wrong_codes, codes_blocked_until) on accounts.member
    to adstelle_accounts;
grant select, insert, delete on accounts.session to adstelle_accounts;

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
grant insert (stelle, act, case_ids) on casework.log to adstelle_delivery;

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

-- sweep: removes what expired.
grant usage on schema intake, accounts to adstelle_sweep;
grant select (expires_at), delete on intake.draft, intake.submission, accounts.session
    to adstelle_sweep;

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
grant select (done_at), insert (stelle, act, case_ids), delete on casework.log to adstelle_retention;

-- operator: set-up and repair on the command line.
grant usage on schema outbox, accounts to adstelle_operator;
grant select, update (state, attempts, due_at, lease, promised_on) on outbox.promise
    to adstelle_operator;
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
alter table intake.handover enable row level security;
alter table exchange.package enable row level security;
alter table mailbox.message enable row level security;
alter table outbox.promise enable row level security;
alter table accounts.member enable row level security;
alter table accounts.session enable row level security;
alter table casework.case enable row level security;
alter table casework.step enable row level security;
alter table casework.log enable row level security;
alter table casework.referral enable row level security;
alter table casework.label enable row level security;
alter table casework.labelled enable row level security;
alter table casework.conflict enable row level security;
alter table casework.hold enable row level security;
alter table casework.disposal enable row level security;

do $$
declare
    old record;
begin
    for old in
        select schemaname, tablename, policyname from pg_policies
        where schemaname in ('intake', 'mailbox', 'casework', 'accounts', 'outbox', 'exchange')
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

-- A Stelle sees what was given to it, as long as nobody took that back.
create policy own_stelle on intake.handover for select to adstelle_casework
    using (current_setting('adstelle.scope', true) in (stelle, referred_by));
create policy own_decision on intake.handover for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null);
create policy own_referral on intake.handover for insert to adstelle_casework
    with check (referred_by = current_setting('adstelle.scope', true)
        and stelle <> referred_by
        and exists (select from intake.wrap w where w.report_id = handover.report_id
            and w.recipient = referred_by));
create policy own_stelle on intake.wrap for select to adstelle_casework
    using (recipient = current_setting('adstelle.scope', true) and recipient <> 'mailbox'
        and exists (select from intake.handover h where h.report_id = wrap.report_id
            and h.stelle = recipient and h.withdrawn_on is null));
create policy own_referral on intake.wrap for insert to adstelle_casework
    with check (exists (select from intake.handover h where h.report_id = wrap.report_id
        and h.stelle = recipient and h.withdrawn_on is null
        and h.referred_by = current_setting('adstelle.scope', true)));
create policy own_stelle on exchange.package for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null);
create policy own_decision on exchange.package for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and withdrawn_on is null);
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
    using (stelle = current_setting('adstelle.scope', true));
create policy own_answer on mailbox.message for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and author = 'stelle'
        and exists (select from intake.wrap w where w.report_id = message.report_id));
create policy own_reading on mailbox.message for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and author = 'person');
-- A case was opened for a hand-over, so only where one was taken back has it to be asked whether
-- another holds. Few are taken back: asked like this, 100,000 cases are counted at once. A `select`
-- in place of `exists` is never turned into a scan of everything.
create policy own_stelle on casework.case to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and case when report_id is null
        then (select true from exchange.package p where p.package_id = "case".package_id limit 1)
        else not exists (select from intake.handover h where h.report_id = "case".report_id
                and h.stelle = "case".stelle and h.withdrawn_on is not null)
            or (select true from intake.wrap w where w.report_id = "case".report_id limit 1)
        end);
create policy own_stelle on casework.step to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.log to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.label to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true));
create policy own_stelle on casework.labelled to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = labelled.case_id)
        and exists (select from casework.label l where l.label_id = labelled.label_id));
create policy own_stelle on casework.conflict to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = conflict.case_id)
        and exists (select from accounts.member m where m.member_id = conflict.member_id));
create policy own_stelle on casework.referral to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = referral.case_id));

create policy own_stelle on casework.hold to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true))
    with check (stelle = current_setting('adstelle.scope', true)
        and exists (select from casework.case c where c.case_id = hold.case_id)
        and exists (select from accounts.member m where m.member_id = hold.set_by));
create policy own_stelle on casework.disposal for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy proposing on casework.disposal for insert to adstelle_casework
    with check (stelle = current_setting('adstelle.scope', true) and approved_by is null
        and exists (select from casework.case c where c.case_id = disposal.case_id)
        and exists (select from accounts.member m where m.member_id = disposal.proposed_by));
create policy approving on casework.disposal for update to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and approved_by is null)
    with check (stelle = current_setting('adstelle.scope', true) and approved_by <> proposed_by
        and exists (select from accounts.member m where m.member_id = disposal.approved_by));
create policy declining on casework.disposal for delete to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true) and approved_by is null);

create policy sign_in on accounts.member to adstelle_accounts using (true);
create policy own_stelle on accounts.member for select to adstelle_casework
    using (stelle = current_setting('adstelle.scope', true));
create policy own_session on accounts.session to adstelle_accounts
    using (session_id = scope.bytes()) with check (session_id = scope.bytes());
create policy expired_session on accounts.session to adstelle_sweep using (expires_at < now());

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
create policy operate on accounts.member to adstelle_operator using (true) with check (true);
