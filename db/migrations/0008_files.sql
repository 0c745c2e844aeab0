-- Files of drafts, reports and messages. In clear: whose they are, days, whether they were scanned.
-- Name, kind, size and content are sealed; the number of chunks is a class.

create table intake.file (
    file_id uuid primary key,
    position bigint generated always as identity,
    -- Made from the key of what the file belongs to: only who can open that can name it.
    address bytea not null check (length(address) = 32),
    draft_id bytea references intake.draft on delete cascade,
    report_id uuid references intake.report on delete cascade,
    message_id uuid references mailbox.message on delete cascade, -- null: it came with the report
    arrived_on date not null,
    header bytea,
    scan text not null default 'pending' check (scan in ('off', 'clean', 'pending', 'found')),
    unfinished_until timestamptz, -- null once it is whole and belongs to something that is kept
    check (num_nonnulls(draft_id, report_id) = 1),
    check (header is not null or unfinished_until is not null)
);
create index file_of on intake.file (address, position);
create index file_of_draft on intake.file (draft_id) where draft_id is not null;
create index file_of_report on intake.file (report_id) where report_id is not null;
create index file_of_message on intake.file (message_id) where message_id is not null;
create index file_unfinished on intake.file (unfinished_until) where unfinished_until is not null;

create table intake.chunk (
    file_id uuid not null references intake.file on delete cascade,
    version text not null check (version in ('original', 'copy')),
    position integer not null check (position >= 0),
    sealed bytea not null,
    primary key (file_id, version, position)
);
alter table intake.chunk alter column sealed set storage external;

-- Files can be looked at in the original and scanned once more: both stand in the log.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'file_read', 'original_read', 'file_scanned'));
