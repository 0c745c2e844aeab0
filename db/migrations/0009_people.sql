-- Roles of members, codes that let people in, sessions that can be listed, counts of sign-ins, and
-- generations of a Stelle's key. Takes short locks on accounts.member and accounts.session.

-- Whoever is here could open everything and add others: they stay able to.
alter table accounts.member
    add column role text not null default 'lead'
        check (role in ('adviser', 'lead', 'statistician', 'administrator')),
    add column statistics_wrap bytea,
    add column own_public bytea, -- the member's public key, sealed by the Stelle for itself
    add column joined_on date,
    add column left_on date,
    add column seen_at timestamptz, -- the hour of the last sign-in
    alter column role set default 'adviser',
    alter column login drop not null,
    alter column salt drop not null,
    alter column cost_time drop not null,
    alter column cost_memory_kib drop not null,
    alter column cost_lanes drop not null,
    alter column sealed_box drop not null,
    alter column stelle_wrap drop not null,
    add constraint only_advisers_hold_the_key
        check (stelle_wrap is null or role in ('adviser', 'lead')),
    add constraint only_statisticians_hold_the_statistics
        check (statistics_wrap is null or role = 'statistician'),
    add constraint who_left_holds_nothing
        check (left_on is null or (login is null and sealed_box is null and stelle_wrap is null
            and statistics_wrap is null and own_public is null));
update accounts.member set joined_on = created_on;
create index member_of_stelle on accounts.member (stelle);

alter table accounts.session add column opened_at timestamptz; -- the hour
create index session_of_member on accounts.session (member_id);

-- A code that is handed over in person, once: only its hash is here. A Stelle's key comes along
-- sealed under the code, where somebody gave it who has it.
create table accounts.invitation (
    invitation_id bytea primary key,
    member_id uuid not null unique references accounts.member on delete cascade,
    stelle text not null references accounts.stelle,
    kind text not null check (kind in ('join', 'factor')),
    key_wrap bytea,
    tries integer not null default 0,
    expires_at timestamptz not null
);
create index invitation_of_stelle on accounts.invitation (stelle);
create index invitation_expiry on accounts.invitation (expires_at);

-- How often somebody signed in, or could not, in an hour. The nil id stands for names nobody has.
create table accounts.sign_in (
    member_id uuid not null,
    hour timestamptz not null,
    opened integer not null default 0,
    refused integer not null default 0,
    primary key (member_id, hour)
);
create index sign_in_expiry on accounts.sign_in (hour);

-- Former private keys of a Stelle, each sealed for the one that followed it.
create table accounts.generation (
    stelle text not null references accounts.stelle,
    generation integer not null,
    sealed bytea not null,
    retired_at timestamptz not null,
    primary key (stelle, generation)
);

-- Who let whom in, and who ended what. Appended, never changed.
create table accounts.log (
    log_id bigint generated always as identity primary key,
    stelle text not null,
    member_id uuid not null references accounts.member,
    act text not null check (act in ('invited', 'let_in', 'withdrawn', 'factor_reset',
        'passphrase_reset', 'role_changed', 'ended', 'rotated')),
    about uuid references accounts.member on delete set null,
    done_at timestamptz not null default now()
);
create index account_log_of_stelle on accounts.log (stelle, log_id desc);
