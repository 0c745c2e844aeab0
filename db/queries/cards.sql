-- name: totals()^
-- role: statistics
-- How many rows there are to read.
select (select count(*) from counting.assessment) as assessments,
    (select count(*) from intake.card) as cards;

-- name: assessments(after, most)
-- role: statistics
-- The next assessments, still sealed; their numbers say nothing, so neither does the order.
select assessment_id as number, sealed from counting.assessment where assessment_id > :after
order by assessment_id limit :most;

-- name: cards(after, most)
-- role: statistics
-- The next count cards, still sealed.
select card_id as number, sealed from intake.card where card_id > :after
order by card_id limit :most;
