-- A person can leave an address for one thing only: a mail that says "there is something new".
-- In clear: that there is such an address, when the worker looks at its mailbox next, and how much
-- was told. The address and the language are sealed twice: for the worker, whose key is in a file,
-- and under the key of the person's code.

create table mailbox.notice (
    report_id uuid primary key references intake.report on delete cascade,
    for_worker bytea, -- gone once the address did not work
    for_mailbox bytea not null,
    due_at timestamptz not null, -- drawn a day ahead: what a Stelle does has no part in it
    told integer not null, -- of the things that `mailbox.news` counts, those that were told or seen
    attempts integer not null default 0, -- at telling the same
    lease uuid
);
create index notice_due on mailbox.notice (due_at) where for_worker is not null;

-- Whom addresses are sealed for: put here by a worker that has the key and can send. Nothing is asked
-- of people as long as there is none.
create table mailbox.notice_key (
    only_one boolean primary key default true check (only_one),
    encoded bytea not null
);

-- How much has come from Stellen: messages, decisions, answers to a wish to erase. As seen by whoever
-- asks.
create view mailbox.news with (security_invoker = true) as
select report_id,
    (select count(*) from mailbox.message m
        where m.report_id = notice.report_id and m.author = 'stelle')
    + (select count(decision) + count(erasure_answer) from intake.handover h
        where h.report_id = notice.report_id) as things
from mailbox.notice;
