-- name: keep_package(package_id, stelle, sender, sender_name, today, digest, sealed)$
-- role: exchange
-- Keep a package that came; null when its id is known already.
insert into exchange.package
    (package_id, stelle, sender, sender_name, arrived_on, digest, sealed)
values (:package_id, :stelle, :sender, :sender_name, :today, :digest, :sealed)
on conflict (package_id) do nothing
returning true;

-- name: known(package_id)^
-- role: exchange
-- What is known of a package of this partner.
select stelle, arrived_on, digest, withdrawn_on from exchange.package
where package_id = :package_id;

-- name: withdraw(package_id, today)$
-- role: exchange
-- Empty a package at once; the day of the first time stays.
update exchange.package set sealed = null, withdrawn_on = coalesce(withdrawn_on, :today)
where package_id = :package_id
returning withdrawn_on;

-- name: remember_withdrawal(package_id, stelle, sender, sender_name, today)$
-- role: exchange
-- The withdrawal came before its package: remember it, so that the package is refused.
insert into exchange.package
    (package_id, stelle, sender, sender_name, arrived_on, withdrawn_on)
values (:package_id, :stelle, :sender, :sender_name, :today, :today)
on conflict (package_id) do nothing
returning withdrawn_on;

-- name: promise(kind, package_id, stelle, today)!
-- role: exchange
-- Promise the Stelle its case, or that it goes; once each.
insert into outbox.promise (kind, package_id, stelle, promised_on, changed_on)
values (:kind, :package_id, :stelle, :today, :today)
on conflict (kind, package_id) do nothing;

-- name: handover(handover_id)^
-- role: exchange
-- A hand-over to this partner.
select withdrawn_on, decision, reason, decided_on from intake.handover
where handover_id = :handover_id
for update;

-- name: decide(handover_id, decision, reason, today)!
-- role: exchange
-- Note what the partner decided.
update intake.handover set decision = :decision, reason = :reason, decided_on = :today
where handover_id = :handover_id;
