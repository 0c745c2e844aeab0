-- Who works on a case, what is due, how it is labelled. In clear: members, days. What a label is
-- called is sealed for the Stelle.

alter table casework.case
    add column assigned_to uuid references accounts.member on delete set null,
    add column deputy uuid references accounts.member on delete set null,
    add column due_on date, -- the first statutory date to come, computed when a session opens the case
    add column remind_on date; -- the Stelle's own date

create table casework.label (
    label_id uuid primary key,
    stelle text not null,
    sealed bytea not null
);
create index label_of_stelle on casework.label (stelle);

create table casework.labelled (
    case_id uuid not null references casework.case on delete cascade,
    label_id uuid not null references casework.label on delete cascade,
    stelle text not null,
    primary key (case_id, label_id)
);
create index labelled_with on casework.labelled (label_id, case_id);

-- A member who must not see a case.
create table casework.conflict (
    case_id uuid not null references casework.case on delete cascade,
    member_id uuid not null references accounts.member on delete cascade,
    stelle text not null,
    since date not null,
    primary key (case_id, member_id)
);
create index conflict_of_member on casework.conflict (member_id, case_id);
