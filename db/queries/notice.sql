-- name: notice(report_id)^
-- role: mailbox
-- What the person left for mails without content, and whether it still works; and whom it would be
-- sealed for, where mails can be sent.
select notice.for_mailbox, notice.for_worker is not null as works, key.encoded as key
from (select) nothing
left join mailbox.notice on report_id = :report_id
left join mailbox.notice_key key on true;

-- name: leave(report_id, for_worker, for_mailbox, due_at)!
-- role: mailbox
-- Keep an address in place of any other. What has come so far is seen: the person is here. A mail that
-- is on its way to the old address changes nothing about the new one.
insert into mailbox.notice (report_id, for_worker, for_mailbox, due_at, told)
values (:report_id, :for_worker, :for_mailbox, :due_at,
    (select count(*) from mailbox.message m where m.report_id = :report_id and m.author = 'stelle')
    + (select count(decision) + count(erasure_answer) from intake.handover h
        where h.report_id = :report_id))
on conflict (report_id) do update set for_worker = excluded.for_worker,
    for_mailbox = excluded.for_mailbox, due_at = greatest(notice.due_at, excluded.due_at),
    told = excluded.told, attempts = 0, lease = null;

-- name: remove(report_id)!
-- role: mailbox
-- Nothing is sent from here on.
delete from mailbox.notice where report_id = :report_id;

-- name: seen(report_id)!
-- role: mailbox
-- The person has seen everything that has come.
update mailbox.notice set told = news.things, attempts = 0 from mailbox.news
where notice.report_id = :report_id and news.report_id = :report_id and told <> things;

-- name: hang_out(encoded)!
-- role: notice
-- Say whom addresses are to be sealed for.
insert into mailbox.notice_key (encoded) values (:encoded)
on conflict (only_one) do update set encoded = excluded.encoded
where notice_key.encoded <> excluded.encoded;

-- name: take_in()!
-- role: notice
-- Nothing can be sent from here: ask nobody for an address.
delete from mailbox.notice_key;

-- name: claim(lease, seconds)^
-- role: notice
-- Take one mailbox whose time has come; the attempt is counted before anything is tried.
update mailbox.notice set lease = :lease, attempts = attempts + 1,
    due_at = now() + make_interval(secs => :seconds)
from mailbox.news
where notice.report_id = (
    select report_id from mailbox.notice due
    where for_worker is not null and due_at <= now()
    order by due_at limit 1
    for update skip locked
) and news.report_id = notice.report_id
returning notice.report_id, for_worker, things::integer, told, attempts, lease;

-- name: settle(report_id, lease, told, attempts, due_at)!
-- role: notice
-- It is done with until its next day, if the lease is still ours.
update mailbox.notice set told = :told, attempts = :attempts, due_at = :due_at, lease = null
where report_id = :report_id and lease = :lease;

-- name: give_up(report_id, lease)!
-- role: notice
-- This address does not work: forget the worker's copy. The person still reads which one it was.
update mailbox.notice set for_worker = null, lease = null
where report_id = :report_id and lease = :lease;
