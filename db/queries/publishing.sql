-- name: begin(draft_id, job, member_id, since, until, cut_off, wish)!
-- role: publishing
-- A new draft, to be counted; sent twice it is there once.
insert into figures.draft
    (draft_id, kind, state, job, made_by, period_from, period_to, cut_off, wish, step, beat_at)
values (:draft_id, 'figures', 'working', :job, :member_id, :since, :until, :cut_off, :wish,
    'starting', now())
on conflict (draft_id) do nothing;

-- name: correct(draft_id, member_id, publication, beside)!
-- role: publishing
-- A correction: it needs no counting; sent twice it is there once.
insert into figures.draft
    (draft_id, kind, state, made_by, publication, sha256, beside)
values (:draft_id, 'correction', 'ready', :member_id, :publication, sha256(:publication), :beside)
on conflict (draft_id) do nothing;

-- name: count_again(draft_id, job, today, wish)!
-- role: publishing
-- The same draft from the beginning as things stand today, perhaps with other groups.
update figures.draft
set state = 'working', job = :job, step = 'starting', done = null, total = null, beat_at = now(),
    publication = null, sha256 = null, outcome = null, reply = null, wish = :wish,
    cut_off = :today, handed_by = null, handed_at = null
where draft_id = :draft_id and kind = 'figures'
    and state in ('stopped', 'refused', 'ready', 'returned');

-- name: drafts()
-- role: publishing
-- Every draft without what is sealed in it, the newest first.
select draft_id, kind, state, made_by, m.name as maker, made_at, period_from, period_to, cut_off,
    step, done, total, beat_at < now() - interval '2 minutes' as is_lost, beside,
    publication, sha256, handed_by, h.name as handed_name, handed_at, approved_by,
    a.name as approver_name, release,
    null::bytea as wish, null::bytea as outcome, null::bytea as reply
from figures.draft
join accounts.member m on m.member_id = made_by
left join accounts.member h on h.member_id = handed_by
left join accounts.member a on a.member_id = approved_by
order by made_at desc, draft_id;

-- name: draft(draft_id)^
-- role: publishing
-- One draft with everything, nobody else changing it meanwhile.
select draft_id, kind, state, made_by, m.name as maker, made_at, period_from, period_to, cut_off,
    step, done, total, beat_at < now() - interval '2 minutes' as is_lost, beside,
    publication, sha256, handed_by, h.name as handed_name, handed_at, approved_by,
    a.name as approver_name, release,
    wish, outcome, reply
from figures.draft
join accounts.member m on m.member_id = made_by
left join accounts.member h on h.member_id = handed_by
left join accounts.member a on a.member_id = approved_by
where draft_id = :draft_id
for update of draft;

-- name: end_lost()!
-- role: publishing
-- Processes that gave no sign of life are over: what they worked on can be begun again, and what is
-- ready stays as it is.
update figures.draft
set state = case state when 'working' then 'stopped' when 'approving' then 'handed' else state end,
    approved_by = null, step = null
where (state in ('working', 'approving') or step = 'comparing')
    and beat_at < now() - interval '2 minutes';

-- name: stop(draft_id)!
-- role: publishing
-- Nobody waits for what is counted any more.
update figures.draft set state = 'stopped' where draft_id = :draft_id and state = 'working';

-- name: ended(draft_id, job)!
-- role: publishing
-- A process has ended; if it left no answer, or did not compare to the end, the draft says so.
update figures.draft
set state = case state when 'working' then 'stopped' when 'approving' then 'handed' else state end,
    approved_by = null, step = null
where draft_id = :draft_id and job = :job
    and (state in ('working', 'approving') or step = 'comparing');

-- name: beat(draft_id, job, step, done, total)!
-- role: publishing
-- A process says how far it is; where nothing is changed, nobody waits for it any more.
update figures.draft set step = :step, done = :done, total = :total, beat_at = now()
where draft_id = :draft_id and job = :job and state in ('working', 'approving');

-- name: beat_comparing(draft_id, job, done, total)!
-- role: publishing
-- The same where a draft can be looked at already; nobody waits any more once it is handed over.
update figures.draft set done = :done, total = :total, beat_at = now()
where draft_id = :draft_id and job = :job and step = 'comparing' and state in ('ready', 'refused');

-- name: drafted(draft_id, job, publication, beside, outcome, ways)!
-- role: publishing
-- What a process came to: a publication, or none and the reasons; and how many other ways it tries
-- now, null where none.
update figures.draft
set state = case when :publication::bytea is null then 'refused' else 'ready' end,
    publication = :publication, sha256 = sha256(:publication::bytea), beside = :beside,
    outcome = :outcome, step = case when :ways::bigint is not null then 'comparing' end,
    done = 0, total = :ways, beat_at = now()
where draft_id = :draft_id and job = :job and state = 'working';

-- name: compared(draft_id, job, former, outcome)!
-- role: publishing
-- The outcome with what the other ways came to, in place of what the same process left, and of
-- nothing else: neither of what was counted or sealed since, nor of what is handed over.
update figures.draft set outcome = :outcome, step = null
where draft_id = :draft_id and job = :job and step = 'comparing' and outcome = :former
    and state in ('ready', 'refused');

-- name: word(draft_id, publication, wish)!
-- role: publishing
-- Other words beside the same numbers.
update figures.draft set publication = :publication, sha256 = sha256(:publication), wish = :wish
where draft_id = :draft_id and state in ('ready', 'returned');

-- name: hand(draft_id, member_id)!
-- role: publishing
-- Somebody else is to approve it.
update figures.draft
set state = 'handed', handed_by = :member_id, handed_at = now(), reply = null
where draft_id = :draft_id and state in ('ready', 'returned');

-- name: take_back(draft_id)!
-- role: publishing
-- Whoever handed it over thinks again.
update figures.draft set state = 'ready', handed_by = null, handed_at = null
where draft_id = :draft_id and state = 'handed';

-- name: approve(draft_id, job, member_id)!
-- role: publishing
-- A second person says yes; a process audits once more and publishes.
update figures.draft
set state = 'approving', job = :job, approved_by = :member_id, step = 'starting', beat_at = now(), done = null,
    total = null
where draft_id = :draft_id and state = 'handed';

-- name: give_back(draft_id, reply)!
-- role: publishing
-- A second person, or the audit, says no and why.
update figures.draft set state = 'returned', approved_by = null, reply = :reply
where draft_id = :draft_id and state in ('handed', 'approving');

-- name: published(draft_id, release)!
-- role: publishing
-- It stands in the ledger; nothing that was counted is kept beside it.
update figures.draft
set state = 'published', release = :release, publication = null, sha256 = null, wish = null,
    outcome = null, reply = null
where draft_id = :draft_id and state = 'approving';

-- name: delete(draft_id)!
-- role: publishing
-- A draft that nobody wants any more, with everything that was counted for it.
delete from figures.draft
where draft_id = :draft_id and state in ('stopped', 'refused', 'ready', 'returned');

-- name: append_log(member_id, act, draft_id, release)!
-- role: publishing
-- Who did what.
insert into figures.log (member_id, act, draft_id, release)
values (:member_id, :act, :draft_id, :release);

-- name: log()
-- role: publishing
-- The last things that were done.
select name, act, release, done_at from figures.log join accounts.member using (member_id)
order by log_id desc limit 30;

-- name: ledger()
-- role: publishing
-- What is published, to show a draft beside it.
select number, published_on, content, sha256 from figures.release order by number;

-- name: statistics_key()$
-- role: publishing
-- What only whoever holds the statistics key may read is sealed with this.
select encoded from accounts.public_key where owner = 'statistics';
