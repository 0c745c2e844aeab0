-- The ledger of everything published about the cases. It holds published numbers only, no case and
-- nobody who is counted; who published is for the operator. Rows are added, never changed or removed:
-- by grants for every role, and by a trigger for whoever owns the table.

create schema figures;

create table figures.release (
    number int primary key check (number > 0),
    published_on date not null,
    content bytea not null,
    sha256 bytea not null unique check (sha256 = sha256(content)),
    previous bytea not null unique check (length(previous) = 32),
    prepared_by text not null,
    approved_by text not null,
    hash bytea not null unique check (length(hash) = 32),
    constraint two_people check (lower(prepared_by) <> lower(approved_by)),
    constraint first_follows_none check ((number = 1) = (previous = decode(repeat('00', 32), 'hex')))
);

create function figures.keep() returns trigger language plpgsql as $$
begin
    raise exception 'a release is never changed or removed';
end
$$;
revoke all on function figures.keep from public;

create trigger keep before update or delete or truncate on figures.release
    for each statement execute function figures.keep();
