-- name: entries()
-- role: operator
-- The whole ledger, to verify it and to publish beside it.
select number, published_on, content, sha256, previous, prepared_by, approved_by, hash
from figures.release order by number;

-- name: append(number, published_on, content, sha256, previous, prepared_by, approved_by, hash)!
-- role: operator
-- One release more; its number is taken if somebody published meanwhile.
insert into figures.release
    (number, published_on, content, sha256, previous, prepared_by, approved_by, hash)
values (:number, :published_on, :content, :sha256, :previous, :prepared_by, :approved_by, :hash);

-- name: releases()
-- role: figures
-- What everybody may see.
select number, published_on, content, sha256 from figures.release order by number;
