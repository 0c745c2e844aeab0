-- How long something is kept, and how it goes. In clear: days, members, a coded answer. Why something is
-- held or shall go early is sealed for the Stelle. Locks each table for a moment.

-- Erasing ends a hand-over: withdrawn_on is the day on which it ended, erased_on says that it was the
-- Stelle that erased its copy. What the person asked for, and what the Stelle answered, stands beside it.
alter table intake.report add column erasure_asked_on date;
alter table intake.handover
    add column erased_on date,
    add column erasure_asked_on date,
    add column erasure_due_on date,
    add column erasure_answer text check (erasure_answer in ('granted', 'refused')),
    add column erasure_reason text,
    add column erasure_answered_on date,
    add check (erased_on is null or withdrawn_on is not null),
    add check ((erasure_asked_on is null) = (erasure_due_on is null)),
    add check (erasure_answer is null or erasure_asked_on is not null),
    add check ((erasure_reason is not null) = (erasure_answer is not distinct from 'refused'));
create index handover_erasure on intake.handover (stelle, erasure_due_on)
    where erasure_asked_on is not null and withdrawn_on is null;

create index handover_granted on intake.handover (report_id)
    where erasure_answer = 'granted' and withdrawn_on is null;
create index report_erasure on intake.report (report_id) where erasure_asked_on is not null;

-- What came from a partner leaves its id when it is erased, like what was withdrawn.
alter table exchange.package add column erased_on date;

-- Somebody of the Stelle said on this day that the case is still needed: the period runs anew.
alter table casework.case add column kept_on date;

-- Nothing is erased until a day: why is sealed.
create table casework.hold (
    hold_id uuid primary key,
    case_id uuid not null references casework.case on delete cascade,
    stelle text not null,
    held_until date not null,
    set_on date not null,
    set_by uuid not null references accounts.member,
    lifted_on date,
    lifted_by uuid references accounts.member,
    sealed bytea not null,
    check ((lifted_on is null) = (lifted_by is null))
);
create index hold_of_case on casework.hold (case_id);

-- Erasing before the period is over: one member proposes, another one approves.
create table casework.disposal (
    case_id uuid primary key references casework.case on delete cascade,
    stelle text not null,
    proposed_on date not null,
    proposed_by uuid not null references accounts.member,
    approved_on date,
    approved_by uuid references accounts.member,
    sealed bytea not null,
    check (approved_by <> proposed_by),
    check ((approved_on is null) = (approved_by is null))
);
create index disposal_of_stelle on casework.disposal (stelle);
create index disposal_approved on casework.disposal (case_id) where approved_on is not null;

-- What decides how long a case is kept, in the columns that are in clear: as seen by whoever asks.
create view casework.keeping with (security_invoker = true) as
select "case".case_id, "case".stelle, "case".state, case when "case".package_id is null then 'report' else 'package' end as kind,
    "case".changed_on as moved_on,
    greatest("case".changed_on, "case".kept_on, (select max(m.sent_on) from mailbox.message m
        where m.report_id = "case".report_id and m.stelle = "case".stelle)) as changed_on,
    "case".due_on, "case".remind_on,
    exists (select from mailbox.message m where m.report_id = "case".report_id
        and m.stelle = "case".stelle and m.author = 'person' and m.read_on is null) as is_unread,
    (select max(h.held_until) from casework.hold h
        where h.case_id = "case".case_id and h.lifted_on is null) as held_until,
    exists (select from outbox.promise p where p.state = 'promised'
            and p.handover_id in (of_report.handover_id, of_package.handover_id))
        or exists (select from outbox.promise p where p.state = 'promised'
            and p.package_id = "case".package_id)
        or exists (select from outbox.promise p join intake.handover h using (handover_id)
            where p.state = 'promised' and h.report_id = "case".report_id
                and h.referred_by = "case".stelle) as is_undelivered,
    coalesce(of_report.erasure_asked_on, of_package.erasure_asked_on) as asked_on,
    coalesce(of_report.erasure_due_on, of_package.erasure_due_on) as answer_by,
    coalesce(of_report.erasure_answer, of_package.erasure_answer, '') = 'granted' as is_granted,
    coalesce(of_report.erasure_answer, of_package.erasure_answer, '') = 'refused' as is_refused,
    coalesce(of_report.erasure_reason, of_package.erasure_reason) as reason,
    disposal.case_id is not null as is_proposed, disposal.approved_on is not null as is_approved
from casework.case
left join intake.handover of_report on of_report.report_id = "case".report_id
    and of_report.stelle = "case".stelle and of_report.withdrawn_on is null
left join intake.handover of_package on of_package.handover_id = "case".package_id
    and of_package.withdrawn_on is null
left join casework.disposal on disposal.case_id = "case".case_id;

-- The log knows the acts of keeping and erasing.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn', 'case_kept', 'hold_set', 'hold_lifted', 'disposal_proposed',
        'disposal_declined', 'disposal_approved', 'erasure_granted', 'erasure_refused',
        'case_erased'));
