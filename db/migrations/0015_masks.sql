-- Copies of a case: what is masked in them, and what was left out of which and why. All of that is
-- sealed for the Stelle; in clear are members and moments.

-- Appended, never changed: the last revision is what copies are masked with.
create table casework.mask (
    case_id uuid not null references casework.case on delete cascade,
    revision int not null check (revision > 0),
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    sealed bytea not null,
    primary key (case_id, revision)
);
alter table casework.mask alter column sealed set storage external;

-- Appended, never changed: a copy that was made, for whom, without what.
create table casework.export (
    export_id uuid primary key,
    position bigint generated always as identity,
    case_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    member_id uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    sealed bytea not null
);
create index export_of_case on casework.export (case_id, position);

-- All cases of a Stelle, to be taken along to another software: one lead asks, another member agrees.
create table casework.takeout (
    takeout_id uuid primary key,
    stelle text not null,
    asked_by uuid not null references accounts.member,
    asked_on date not null,
    approved_by uuid references accounts.member,
    approved_on date,
    ended_by uuid references accounts.member,
    ended_on date,
    check (approved_by <> asked_by),
    check ((approved_on is null) = (approved_by is null)),
    check ((ended_on is null) = (ended_by is null))
);
create unique index takeout_open on casework.takeout (stelle) where ended_on is null;

-- The log knows that masks were changed, and that a case was taken along.
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
    'case_compared', 'hint_dismissed', 'hint_reopened', 'pattern_read', 'masks_kept', 'taken_out'));
