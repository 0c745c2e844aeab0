-- name: open_case(report_id, stelle, today)!
-- role: delivery
-- Put a report into a Stelle's queue; a second time does nothing.
insert into casework.case (report_id, stelle, received_on, changed_on)
select report_id, :stelle, received_on, :today from intake.report where report_id = :report_id
on conflict do nothing;

-- name: sweep_drafts()$
-- role: sweep
-- Remove expired drafts.
with gone as (delete from intake.draft where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_submissions()$
-- role: sweep
-- Remove expired receipts.
with gone as (delete from intake.submission where expires_at < now() returning expires_at)
select count(*) from gone;

-- name: sweep_sessions()$
-- role: sweep
-- Remove expired sessions.
with gone as (delete from accounts.session where expires_at < now() returning expires_at)
select count(*) from gone;
