-- name: unseen()
-- role: operator
-- How many cases of each Stelle nobody is left to see.
select stelle, cases from accounts.unseen();
