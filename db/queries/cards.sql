-- name: assessments()
-- role: statistics
-- All assessments, still sealed; their numbers say nothing, so neither does the order.
select assessment_id as number, sealed from counting.assessment order by assessment_id;

-- name: cards()
-- role: statistics
-- All count cards, still sealed.
select card_id as number, sealed from intake.card order by card_id;
