-- Who works on a case, who must not see it, and what advisers write for themselves. In clear:
-- members, days, moments of advisers' acts. Locks each table for a moment.

-- A step can take the one before back. Why a case was closed is sealed for the Stelle.
alter table casework.step
    add column undoes bigint unique references casework.step on delete cascade,
    add column reason bytea;

-- Appended, never changed: who was to work on a case, and who said so.
create table casework.assignment (
    assignment_id uuid primary key,
    position bigint generated always as identity,
    case_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    assigned_to uuid references accounts.member on delete set null,
    deputy uuid references accounts.member on delete set null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now()
);
create index assignment_of_case on casework.assignment (case_id, position);

-- Appended, never changed: who was kept from a case, who may see it again, and who said so.
create table casework.conflict_step (
    conflict_step_id bigint generated always as identity primary key,
    case_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    concerns uuid not null references accounts.member,
    lifted boolean not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now()
);
create index conflict_step_of_case on casework.conflict_step (case_id, conflict_step_id);

-- Advisers' notes. A correction is a note that replaces another one, and each is replaced once.
create table casework.note (
    note_id uuid primary key,
    position bigint generated always as identity,
    case_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    member_id uuid not null references accounts.member,
    written_at timestamptz not null default now(),
    replaces uuid unique references casework.note on delete cascade,
    sealed bytea not null
);
create index note_of_case on casework.note (case_id, position);
alter table casework.note alter column sealed set storage external;

-- An answer that is still being written: one for each member and case.
create table casework.draft (
    case_id uuid not null references casework.case on delete cascade,
    member_id uuid not null references accounts.member on delete cascade,
    stelle text not null,
    saved_on date not null,
    sealed bytea not null,
    primary key (case_id, member_id)
);
alter table casework.draft alter column sealed set storage external;

-- A Stelle's own building blocks for answers.
create table casework.block (
    block_id uuid primary key,
    stelle text not null,
    sealed bytea not null
);
create index block_of_stelle on casework.block (stelle);

-- Who read or did what with one case.
create index log_of_case on casework.log using gin (case_ids);

-- The log knows more acts.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'assigned', 'reminder_set', 'conflict_set', 'conflict_lifted',
        'notes_read', 'note_written'));
