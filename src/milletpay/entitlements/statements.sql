-- name: add_offer
-- Add an offer.
INSERT INTO entitlements.offer (
    id, merchant, live, content, name_en, name_zh, amount, currency, days, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO NOTHING;

-- name: retire_offer
-- Sell an offer no longer.
UPDATE entitlements.offer
SET retired_at = $4
WHERE id = $1 AND merchant = $2 AND live = $3 AND retired_at = 0;

-- name: offers
-- Offers by id.
SELECT id, merchant, live, content, name_en, name_zh, amount, currency, days, created_at, retired_at
FROM entitlements.offer
WHERE id = ANY($1::uuid[]);

-- name: offers_of
-- What a merchant offers, the newest first, before an id.
SELECT id, merchant, live, content, name_en, name_zh, amount, currency, days, created_at, retired_at
FROM entitlements.offer
WHERE merchant = $1 AND live = $2 AND id < $3 AND retired_at = 0
ORDER BY id DESC
LIMIT $4;

-- name: add_entitlements
-- Grant what payments have bought; of each once.
INSERT INTO entitlements.entitlement (
    id, payment, offer, merchant, live, customer, device, content, granted_at, ends_at
)
SELECT *
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::uuid[], $7::uuid[], $8::text[],
    $9::bigint[], $10::bigint[]
);

-- name: revoke_entitlements
-- Take back what was granted.
UPDATE entitlements.entitlement SET revoked_at = $2 WHERE id = ANY($1::uuid[]) AND revoked_at = 0;

-- name: entitlements
-- Entitlements by id.
SELECT
    id, payment, offer, merchant, live, customer, device, content, granted_at, ends_at, revoked_at
FROM entitlements.entitlement
WHERE id = ANY($1::uuid[]);

-- name: entitlements_of
-- What a customer may use at $4, the newest first; all, or what is one merchant's.
SELECT
    id, payment, offer, merchant, live, customer, device, content, granted_at, ends_at, revoked_at
FROM entitlements.entitlement
WHERE
    customer = $1
    AND live = $2
    AND ($3::uuid IS NULL OR merchant = $3)
    AND revoked_at = 0
    AND (ends_at = 0 OR ends_at > $4)
ORDER BY id DESC
LIMIT 1000;
