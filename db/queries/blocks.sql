-- name: blocks()
-- role: casework
-- The Stelle's own building blocks, sealed.
select block_id, sealed from casework.block;

-- name: block(block_id)^
-- role: casework
-- One of them.
select block_id, sealed from casework.block where block_id = :block_id;

-- name: keep_block(block_id, stelle, sealed)!
-- role: casework
-- Keep a building block, new or changed.
insert into casework.block (block_id, stelle, sealed) values (:block_id, :stelle, :sealed)
on conflict (block_id) do update set sealed = excluded.sealed;

-- name: drop_block(block_id)!
-- role: casework
-- Delete a building block.
delete from casework.block where block_id = :block_id;
