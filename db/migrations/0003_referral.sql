-- What an adviser has to look at among the referrals of a case. Locks each table for a moment.

-- A proposal waits for the person's answer, which lies sealed in the conversation: that it was made,
-- when, and later what became of it stands here, so that a queue can be sorted by it. To whom stands
-- nowhere in clear. A referral that went wrong has a row once somebody has seen to it.
create table casework.referral (
    case_id uuid not null references casework.case on delete cascade,
    subject uuid not null, -- the message that proposes, or the hand-over
    stelle text not null,
    state text not null check (state in ('asked', 'declined', 'settled')),
    since date not null,
    primary key (case_id, subject)
);
create index referral_open on casework.referral (stelle, case_id) where state <> 'settled';

create index handover_refused on intake.handover (referred_by, report_id)
    where decision = 'refused' and withdrawn_on is null and referred_by is not null;
create index handover_withdrawn on intake.handover (stelle, report_id)
    where withdrawn_on is not null;
create index promise_dead on outbox.promise (handover_id) where state = 'dead' and kind = 'deliver';

-- Why a case needs somebody: as seen by whoever asks, not by the owner of the view.
create view casework.attention with (security_invoker = true) as
select case_id, state as why, since from casework.referral where state <> 'settled'
union all
select "case".case_id, 'refused', handover.given_on
from intake.handover
join casework.case on "case".report_id = handover.report_id and "case".stelle = handover.referred_by
where handover.decision = 'refused' and handover.withdrawn_on is null
    and handover.referred_by is not null
    and not exists (select from casework.referral settled where settled.case_id = "case".case_id
        and settled.subject = handover.handover_id)
union all
select "case".case_id, 'dead', handover.given_on
from outbox.promise
join intake.handover on handover.handover_id = promise.handover_id
join casework.case on "case".report_id = handover.report_id and "case".stelle = handover.referred_by
where promise.kind = 'deliver' and promise.state = 'dead'
    and handover.withdrawn_on is null and handover.decision is null
    and not exists (select from casework.referral settled where settled.case_id = "case".case_id
        and settled.subject = handover.handover_id);

-- The log knows one act more.
alter table casework.log drop constraint log_act_check;
alter table casework.log add constraint log_act_check
    check (act in ('queue_read', 'case_read', 'contact_read', 'message_sent', 'step_taken',
        'mandate_changed', 'referral_proposed', 'referral_made', 'referral_settled', 'decided',
        'consent_withdrawn'));
