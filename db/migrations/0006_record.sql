-- The Stelle's own record of a case, what was done in it, incidents and series. In clear: who wrote
-- what when. Everything else is sealed for the Stelle.

create table casework.record (
    case_id uuid not null references casework.case on delete cascade,
    revision integer not null check (revision > 0),
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    sealed bytea not null,
    primary key (case_id, revision)
);

-- Contacts and interventions of a case, and events that belong to none. A correction is one more
-- revision. The day of an entry is sealed; it is never after the moment of writing.
create table casework.entry (
    entry_id uuid not null,
    revision integer not null check (revision > 0),
    case_id uuid references casework.case on delete cascade,
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    sealed bytea not null,
    primary key (entry_id, revision)
);
create index entry_of_case on casework.entry (case_id);
create index entry_of_stelle on casework.entry (stelle, entry_id);

create table casework.series (
    series_id uuid primary key,
    stelle text not null,
    made_at timestamptz not null default now(),
    sealed bytea not null
);
create index series_of_stelle on casework.series (stelle, made_at);

create table casework.incident (
    incident_id uuid primary key,
    revision integer not null default 1 check (revision > 0),
    stelle text not null,
    series_id uuid references casework.series on delete set null,
    made_at timestamptz not null default now(),
    sealed bytea not null
);
create index incident_of_stelle on casework.incident (stelle, made_at);
create index incident_of_series on casework.incident (series_id);

-- A case belongs to the incident of its last line here, or to none where that says so.
create table casework.incident_link (
    link_id bigint generated always as identity primary key,
    case_id uuid not null references casework.case on delete cascade,
    incident_id uuid not null references casework.incident on delete cascade,
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    linked boolean not null
);
create index incident_link_of_case on casework.incident_link (case_id, link_id desc);
create index incident_link_of_incident on casework.incident_link (incident_id);

alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'record_changed', 'entry_written', 'incident_linked',
        'incident_unlinked', 'incident_changed', 'activity_counted'));
