-- Drafts of releases: counted by a process of its own, looked at by whoever holds the statistics
-- key, approved by somebody else. In clear are days, states and members, and a publication that
-- passed the audit: it holds protected numbers only. Everything else is sealed to the statistics key.

create table figures.draft (
    draft_id uuid primary key,
    kind text not null check (kind in ('figures', 'correction')),
    state text not null check (state in ('working', 'stopped', 'refused', 'ready', 'handed',
        'returned', 'approving', 'published')),
    made_by uuid not null references accounts.member,
    made_at timestamptz not null default now(),
    period_from date,
    period_to date,
    cut_off date,
    job uuid, -- which process is at work; one that was told to stop is another
    step text check (step in ('starting', 'opening', 'counting', 'protecting', 'auditing',
        'comparing')),
    done bigint,
    total bigint, -- null where nobody knows the end
    beat_at timestamptz, -- the last sign of life of its process
    beside integer, -- how many releases it was audited beside
    publication bytea,
    sha256 bytea check (sha256 = sha256(publication)),
    wish bytea, -- sealed: what is to be merged, and the words somebody typed
    outcome bytea, -- sealed: what was counted and why something is withheld
    reply bytea, -- sealed: why it came back
    handed_by uuid references accounts.member,
    handed_at timestamptz,
    approved_by uuid references accounts.member,
    release integer, -- its number in the ledger
    constraint a_period check (kind = 'correction'
        or (period_from <= period_to and period_to <= cut_off)),
    constraint whole check ((publication is null) = (sha256 is null)),
    constraint something_to_see check ((publication is not null)
        = (state in ('ready', 'handed', 'returned', 'approving'))),
    constraint handed_by_somebody check (handed_by is not null
        or state not in ('handed', 'approving', 'published')),
    constraint approved_by_somebody_else check (approved_by <> made_by and approved_by <> handed_by),
    constraint approved_before_published check (approved_by is not null
        or state not in ('approving', 'published')),
    constraint nothing_kept_once_published check (state <> 'published'
        or (release is not null and wish is null and outcome is null and reply is null))
);
create unique index one_process_at_a_time on figures.draft ((true))
    where state in ('working', 'approving');

-- Who did what. Appended, never changed; a draft may be gone.
create table figures.log (
    log_id bigint generated always as identity primary key,
    member_id uuid not null references accounts.member,
    act text not null check (act in ('begun', 'corrected', 'stopped', 'worded', 'handed',
        'taken_back', 'approved', 'given_back', 'refused', 'published', 'deleted')),
    draft_id uuid not null,
    release integer,
    done_at timestamptz not null default now()
);
