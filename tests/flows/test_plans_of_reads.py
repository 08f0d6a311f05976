"""Reads that are asked again and again go along an index made for them, whatever was asked first."""

import asyncpg

from milletpay.plumbing.statements import load_statements

SQL = load_statements("milletpay.payments")

FILL = """
INSERT INTO payments.payment (
    id, merchant, customer, store, plate, body_hash, created_at, expires_at, due_at, amount, authorized,
    captured, refunded, fee, contract, quote, fee_on_refund, counted_on, events, live, currency, status,
    first_status, capture_method, reference, description, return_url, metadata
)
SELECT
    lpad(to_hex(n), 32, '0')::uuid, lpad('1', 32, '0')::uuid, lpad(to_hex(n % 1000), 32, '0')::uuid,
    CASE WHEN n % 10 = 0 THEN lpad(to_hex(n % 500), 32, '0')::uuid END,
    CASE WHEN n % 50 = 0 THEN lpad(to_hex(n % 500), 32, '0')::uuid END,
    lpad('1', 32, '0')::uuid, 1, 0, 0, 1, 1, 1, 0, 0, lpad('1', 32, '0')::uuid, 0, 1, 20260101, 1, true,
    'CNY', 'succeeded', 'succeeded', 'automatic', 'order ' || n, '', '', ''
FROM generate_series(1, 20000) AS n
"""
ONE, LAST = f"'{1:032x}'", f"'{'f' * 32}'"


READS = (
    ("payment_of_reference", f"{ONE}, true, 'order 7', NULL", "payment_reference"),
    ("payments_of_store", f"{ONE}, true, {LAST}, {ONE}, 21", "payment_of_store"),
    ("plates_paid_since", f"{ONE}, true, {ONE}, {ONE}, 100", "payment_of_store"),
    ("payments_presented", f"{ONE}, {ONE}", "payment_presented"),
    ("payments_asked", f"ARRAY[{ONE}]::uuid[], 1", "payment_of_device"),
    ("due", "1, 100", "payment_due_at"),
)


async def test_a_plan_for_any_arguments_reads_along_its_index(app_url: str, owner_url: str) -> None:
    assert app_url, "the tables are there"
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(FILL)
        await connection.execute("ANALYZE payments.payment")
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        for statement, arguments, index in READS:
            await connection.execute(f"PREPARE {statement} AS {SQL[statement]}")
            rows = await connection.fetch(f"EXPLAIN EXECUTE {statement}({arguments})")
            plan = "\n".join(row[0] for row in rows)
            assert f" {index}" in plan, plan
            assert "Seq Scan" not in plan, plan
    finally:
        await connection.close()
