-- A report reaches Stellen by consent, one hand-over each; packages go to and come from partners.
-- A case has a number of its own: two Stellen that know the same report share none.

create schema exchange;

-- One row for each consent: who was given what was told, from when to when, and what became of it.
-- What was agreed to (scope, wording, way) is sealed for both sides; old rows have none.
create table intake.handover (
    handover_id uuid primary key,
    report_id uuid not null references intake.report on delete cascade,
    stelle text not null,
    referred_by text,
    given_on date not null,
    withdrawn_on date,
    decision text check (decision in ('accepted', 'refused')),
    reason text,
    decided_on date,
    for_stelle bytea,
    for_mailbox bytea
);
create unique index handover_living on intake.handover (report_id, stelle)
    where withdrawn_on is null;
create index handover_of_stelle on intake.handover (stelle, report_id);
create index handover_referred on intake.handover (referred_by, report_id)
    where referred_by is not null;

insert into intake.handover (handover_id, report_id, stelle, given_on)
select gen_random_uuid(), report_id, stelle, received_on
from outbox.promise join intake.report using (report_id);

-- What is sealed for one receiver as a whole: made here for a hand-over, or come from a partner.
-- A withdrawn package is a tombstone: it stays known, and empty.
create table exchange.package (
    package_id uuid primary key,
    handover_id uuid references intake.handover on delete cascade,
    stelle text not null,
    sender text,
    sender_name text, -- what messages call it: the package opens under this name only
    arrived_on date not null,
    digest bytea,
    sealed bytea,
    withdrawn_on date,
    decision text check (decision in ('accepted', 'refused')),
    reason text,
    decided_on date,
    check ((handover_id is null) <> (sender is null)),
    check (handover_id is null or handover_id = package_id)
);
alter table exchange.package alter column sealed set storage external;

-- Promised work. A lane is worked off in order, one promise after the other.
alter table outbox.promise
    add column handover_id uuid references intake.handover on delete cascade,
    add column package_id uuid references exchange.package on delete cascade,
    add column lane text,
    add column promised_on date;
update outbox.promise p set handover_id = h.handover_id, promised_on = p.changed_on
from intake.handover h where h.report_id = p.report_id and h.stelle = p.stelle;
alter table outbox.promise
    drop constraint promise_kind_check,
    drop constraint promise_state_check,
    drop column report_id,
    alter column promised_on set not null,
    add check (kind in ('deliver', 'withdraw', 'decide', 'notice', 'alarm')),
    add check (state in ('promised', 'delivered', 'dead', 'withdrawn')),
    add check (num_nonnulls(handover_id, package_id)
        = case when kind in ('notice', 'alarm') then 0 else 1 end),
    add unique (kind, handover_id),
    add unique (kind, package_id);
create index promise_lane on outbox.promise (lane, promise_id) where state = 'promised';
-- One notice that was not tried yet says as much as ten.
create unique index promise_notice on outbox.promise (kind, stelle)
    where kind in ('notice', 'alarm') and state = 'promised' and attempts = 0;

-- A case: opened for a hand-over of a report kept here, or for a package.
alter table casework.case
    add column case_id uuid not null default gen_random_uuid(),
    add column package_id uuid unique references exchange.package on delete cascade;
alter table casework.step add column case_id uuid;
update casework.step s set case_id = c.case_id
from casework.case c where c.report_id = s.report_id and c.stelle = s.stelle;
alter table casework.step drop column report_id; -- and with it the foreign key
alter table casework.case drop constraint case_pkey;
alter table casework.case
    add primary key (case_id),
    add unique (report_id, stelle),
    alter column report_id drop not null,
    alter column case_id drop default,
    add check (num_nonnulls(report_id, package_id) = 1);
alter table casework.step
    alter column case_id set not null,
    add foreign key (case_id) references casework.case on delete cascade;
create index step_of_case on casework.step (case_id, step_id);

-- The log outlives its cases. Not every act is a member's: a person takes consent back.
alter table casework.log
    rename column report_ids to case_ids;
update casework.log l set case_ids = array(
    select c.case_id from casework.case c where c.stelle = l.stelle and c.report_id = any (l.case_ids));
alter table casework.log
    alter column member_id drop not null,
    drop constraint log_act_check,
    add check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'decided', 'consent_withdrawn'));

-- A message of a Stelle that lost its consent is the person's alone.
alter table mailbox.message alter column for_stelle drop not null;
