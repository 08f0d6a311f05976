-- name: add_contracts
-- Add contracts.
INSERT INTO fees.contract (
    id, merchant, currency, effective_from, basis_points, minimum, cap, on_refund
)
SELECT id, merchant, currency, effective_from, basis_points, minimum, cap, on_refund
FROM unnest(
    $1::uuid[], $2::uuid[], $3::smallint[], $4::integer[], $5::smallint[], $6::bigint[], $7::bigint[],
    $8::smallint[]
) AS new (id, merchant, currency, effective_from, basis_points, minimum, cap, on_refund);

-- name: contracts_of
-- Every contract of these merchants, in the order of their first days.
SELECT id, merchant, currency, effective_from, basis_points, minimum, cap, on_refund
FROM fees.contract
WHERE merchant = ANY($1::uuid[])
ORDER BY effective_from;
