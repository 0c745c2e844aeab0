-- Passkeys, identities of a city's provider, and questions to either that wait for their answer.
-- Takes short locks on accounts.member and accounts.sign_in.

-- What a passkey is lies sealed under a key that the member's passphrase opens: whoever can write here
-- cannot put one of their own in its place.
create table accounts.passkey (
    passkey_id uuid primary key,
    member_id uuid not null references accounts.member on delete cascade,
    sealed bytea not null, -- its name, its id in the authenticator, its public key
    sign_count bigint not null,
    added_on date not null,
    used_on date,
    doubted_on date -- its count went back: there may be a copy, and it opens nothing since
);
create index passkey_of_member on accounts.passkey (member_id);

-- Sealed under a key that exists only in a cookie. Each is taken away by its answer, so it answers once.
create table accounts.challenge (
    challenge_id bytea primary key,
    sealed bytea not null,
    expires_at timestamptz not null
);
create index challenge_expiry on accounts.challenge (expires_at);

-- Tries of passkeys are counted beside those of codes: neither refuses the other.
alter table accounts.member
    add column wrong_passkeys integer not null default 0,
    add column passkeys_blocked_until timestamptz;

-- How many of those who came in confirmed it with a passkey.
alter table accounts.sign_in add column by_passkey integer not null default 0;

-- Who a city's identity provider says somebody is: a hash of issuer and subject.
create table accounts.identity (
    identity_id bytea primary key,
    member_id uuid not null unique references accounts.member on delete cascade,
    linked_on date not null
);
