-- name: insert_card(card_id, sealed)*!
-- role: intake
-- Put a made-up count card there, sealed as a real one is.
insert into intake.card (card_id, sealed) values (:card_id, :sealed);
