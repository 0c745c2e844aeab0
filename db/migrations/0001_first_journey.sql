-- From a resident's report to an adviser's reply.
-- In clear: ids, days, states, the Stelle. Everything a person wrote or chose is ciphertext.

create schema intake;
create schema mailbox;
create schema casework;
create schema accounts;
create schema outbox;
create schema scope;

-- Public keys: whom anybody may seal for. 'statistics' is an owner like a Stelle.
create table accounts.public_key (
    owner text primary key,
    encoded bytea not null,
    created_on date not null
);

-- A draft lives 24 hours under a key that only the browser's cookie holds.
create table intake.draft (
    draft_id bytea primary key,
    sealed bytea not null,
    expires_at timestamptz not null
);
create index draft_expiry on intake.draft (expires_at);

create table intake.report (
    report_id uuid primary key,
    received_on date not null,
    mailbox_lookup bytea not null unique,
    mailbox_key bytea not null
);

create table intake.part (
    report_id uuid not null references intake.report on delete cascade,
    part text not null check (part in ('account', 'contact')),
    sealed bytea not null,
    primary key (report_id, part)
);

create table intake.wrap (
    report_id uuid not null references intake.report on delete cascade,
    recipient text not null,
    wrapped bytea not null,
    primary key (report_id, recipient)
);
create index wrap_recipient on intake.wrap (recipient, report_id);

-- The count outlives the content: no key leads from here to a report.
create table intake.card (
    card_id uuid primary key,
    sealed bytea not null
);

-- Makes sending twice harmless: the receipt, sealed under a key made from the idempotency key.
create table intake.submission (
    submission_id bytea primary key,
    sealed_receipt bytea not null,
    expires_at timestamptz not null
);
create index submission_expiry on intake.submission (expires_at);

alter table intake.draft alter column sealed set storage external;
alter table intake.part alter column sealed set storage external;
alter table intake.card alter column sealed set storage external;

-- A conversation between the person and one Stelle. The position orders messages within a day.
create table mailbox.message (
    message_id uuid primary key,
    position bigint generated always as identity,
    report_id uuid not null references intake.report on delete cascade,
    stelle text not null,
    author text not null check (author in ('person', 'stelle')),
    sent_on date not null,
    read_on date,
    sealed bytea not null,
    for_stelle bytea not null,
    for_mailbox bytea not null
);
create index message_of_report on mailbox.message (report_id, stelle, position);
alter table mailbox.message alter column sealed set storage external;

-- Promised work. The row is also the delivery's state that person, adviser and operator see.
create table outbox.promise (
    promise_id bigint generated always as identity primary key,
    kind text not null check (kind in ('deliver')),
    report_id uuid not null references intake.report on delete cascade,
    stelle text not null,
    state text not null default 'promised' check (state in ('promised', 'delivered', 'dead')),
    attempts integer not null default 0,
    due_at timestamptz not null default now(),
    lease uuid,
    changed_on date not null,
    error text,
    unique (kind, report_id, stelle)
);
create index promise_due on outbox.promise (due_at) where state = 'promised';

create table casework.case (
    report_id uuid not null references intake.report on delete cascade,
    stelle text not null,
    position bigint generated always as identity,
    state text not null default 'neu',
    received_on date not null,
    changed_on date not null,
    primary key (report_id, stelle)
);
create index case_queue on casework.case (stelle, position desc);

create table accounts.stelle (
    stelle text primary key,
    sealed_for_recovery bytea not null
);

create table accounts.member (
    member_id uuid primary key,
    login text not null unique,
    name text not null,
    stelle text not null references accounts.stelle,
    salt bytea not null,
    cost_time integer not null,
    cost_memory_kib integer not null,
    cost_lanes integer not null,
    sealed_box bytea not null,
    stelle_wrap bytea not null,
    demo boolean not null default false,
    last_totp_step bigint not null default 0,
    wrong_codes integer not null default 0,
    codes_blocked_until timestamptz,
    created_on date not null
);

create table accounts.session (
    session_id bytea primary key,
    member_id uuid not null references accounts.member on delete cascade,
    sealed bytea not null,
    expires_at timestamptz not null
);
create index session_expiry on accounts.session (expires_at);

-- Appended, never changed: the history of a case and every read of it.
create table casework.step (
    step_id bigint generated always as identity primary key,
    report_id uuid not null,
    stelle text not null,
    from_state text not null,
    to_state text not null,
    member_id uuid not null references accounts.member,
    taken_at timestamptz not null default now(),
    foreign key (report_id, stelle) references casework.case on delete cascade
);
create index step_of_case on casework.step (report_id, stelle, step_id);

create table casework.log (
    log_id bigint generated always as identity primary key,
    stelle text not null,
    member_id uuid not null,
    act text not null check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken')),
    report_ids uuid[] not null,
    done_at timestamptz not null default now()
);
create index log_of_stelle on casework.log (stelle, log_id desc);
