-- name: begin_file(file_id, address, draft_id, report_id, today)!
-- role: files
-- Make room for a file that is about to arrive; within the hour it is whole, or it goes.
insert into intake.file (file_id, address, draft_id, report_id, arrived_on, unfinished_until)
values (:file_id, :address, :draft_id, :report_id, :today, now() + interval '1 hour');

-- name: put_chunks(file_id, version, first, chunks)!
-- role: files
-- Keep the next chunks of a file.
insert into intake.chunk (file_id, version, position, sealed)
select :file_id, :version, :first + number - 1, sealed
from unnest(:chunks::bytea[]) with ordinality as given (sealed, number);

-- name: drop_copy(file_id)!
-- role: files
-- Forget a copy that did not become whole.
delete from intake.chunk where file_id = :file_id and version = 'copy';

-- name: seal_file(file_id, header, scan, is_kept)$
-- role: files
-- The file is whole. What belongs to a draft is kept with it; what belongs to a message waits for it.
update intake.file set header = :header, scan = :scan,
    unfinished_until = case when :is_kept then null else unfinished_until end
where file_id = :file_id
returning true;

-- name: files_at(address)
-- role: files
-- The whole files of one draft, report or message, in the order in which they came.
select file_id, header, scan, arrived_on from intake.file
where address = :address and header is not null and file_id is not null
order by position;

-- name: chunks(file_id, version, first, most)
-- role: files
-- The next chunks of a file.
select sealed from intake.chunk
where file_id = :file_id and version = :version and position >= :first
order by position
limit :most;

-- name: forget_file(file_id)!
-- role: files
-- Remove a file that was taken back, or did not become whole.
delete from intake.file where file_id = :file_id;

-- name: move_file(file_id, address, report_id, header)$
-- role: files
-- A draft became a report: its files are the report's, sealed for it.
update intake.file set draft_id = null, report_id = :report_id, address = :address, header = :header
where file_id = :file_id and draft_id is not null
returning true;

-- name: keep_with_message(address, message_id)!
-- role: files
-- The message is kept, and so are its files.
update intake.file set message_id = :message_id, unfinished_until = null
where address = :address and message_id is null;

-- name: set_scan(file_id, scan)!
-- role: files
-- What the scanner says now.
update intake.file set scan = :scan where file_id = :file_id;
