"""Whoever owns the database can change what payments say: `millet check` names it, and what it should be.

Each case changes rows as the owner in a transaction of its own, proves the packages within it, and undoes it.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest

from milletpay.customers import CUSTOMER_ID
from milletpay.payments import PAYMENT_ID, PaymentId
from tests.flows.business import OF_PAYMENTS
from tests.flows.business_scene import ANNA, BERT, OTHER_SHOP, play_payments
from tests.flows.tampered import Scene, assert_named, play_scene, uuid
from tests.servers import Servers


@pytest.fixture(scope="module")
def payments(servers: Servers) -> Iterator[Scene]:
    yield from play_scene(servers, play_payments, OF_PAYMENTS)


PAYMENT, TRANSFER = "payments.payment", "ledger.transfer"
SET = f"UPDATE {PAYMENT} SET"
PAY, FEE, CAPTURE, RELEASE, REFUND = 1102, 1104, 1112, 1113, 1402
COUNTED = "what counts is not what was paid"

OF_A_PAYMENT = {
    "captured": (
        f"{SET} captured = captured - 1 WHERE id = {{paid}}",
        "paid",
        "captured amount is not .* 1000, found 999",
    ),
    "authorized": (
        f"{SET} authorized = 999 WHERE id = {{paid}}",
        "paid",
        "authorized amount is not .* 1000, found 999",
    ),
    "refunded": (
        f"{SET} refunded = 900 WHERE id = {{refunded}}",
        "refunded",
        "refunded amount is not .* 1000, found 900",
    ),
    "fee": (
        f"{SET} fee = fee + 1 WHERE id = {{paid}}",
        "paid",
        "its fee is not what its transfers .* 4, found 5",
    ),
    "a transfer's amount": (
        f"UPDATE {TRANSFER} SET amount = 1 WHERE user_data_128 = {{tried}} AND code = 1101",
        "tried",
        "captured amount is not what its transfers make it: expected 1, found 5000",
    ),
    "a transfer is gone": (
        f"DELETE FROM {TRANSFER} WHERE user_data_128 = {{held}} AND code = {CAPTURE}",
        "held",
        "captured amount is not what its transfers make it: expected 0, found 500",
    ),
    "a transfer of a payment that took nothing": (
        f"UPDATE {TRANSFER} SET user_data_128 = {{awaited}} WHERE user_data_128 = {{paid}} AND code = {PAY}",
        "awaited",
        "captured amount is not what its transfers make it: expected 1000, found 0",
    ),
    "the payment is gone": (
        f"DELETE FROM {PAYMENT} WHERE id = {{paid}}",
        "paid",
        "transfers name it, and there is no such payment",
    ),
    "the payer": (
        f"{SET} customer = {uuid(BERT)} WHERE id = {{paid}}",
        "paid, transfer",
        "takes from a customer",
    ),
    "who is refunded": (
        (
            f"UPDATE {TRANSFER} SET credit_account_id = (SELECT id FROM ledger.account WHERE code = 201 AND"
            f" user_data_128 = {uuid(BERT)}) WHERE user_data_128 = {{refunded}} AND code = {REFUND}"
        ),
        "refunded, transfer",
        "gives to a customer who is not the payer",
    ),
    "the merchant": (
        f"{SET} merchant = {uuid(OTHER_SHOP)} WHERE id = {{paid}}",
        "paid, transfer",
        "gives to a merchant that is not",
    ),
    "the mode": (f"{SET} live = false WHERE id = {{paid}}", "paid, transfer", "not of the mode"),
    "the currency": (f"{SET} currency = 'JPY' WHERE id = {{paid}}", "paid, transfer", "not of the currency"),
    "succeeded, not captured": (
        f"{SET} captured = 0, fee = 0 WHERE id = {{paid}}",
        "paid",
        "it is succeeded: captured must be 1000, and is 0",
    ),
    "authorized, all captured": (
        f"{SET} captured = authorized WHERE id = {{held}}",
        "held",
        "it is authorized: captured must be below 2000, and is 2000",
    ),
    "said to be canceled": (
        f"{SET} status = 'canceled' WHERE id = {{held}}",
        "held",
        "it is canceled: authorized must be 0, and is 2000",
    ),
    "said to be paid": (
        f"{SET} status = 'succeeded' WHERE id = {{awaited}}",
        "awaited",
        "it is succeeded, and nothing is captured",
    ),
    "said to be reversed": (
        f"{SET} status = 'reversed' WHERE id = {{paid}}",
        "paid",
        "it is reversed: refunded must be 1000, and is 0",
    ),
    "no payer": (f"{SET} customer = NULL WHERE id = {{paid}}", "paid", "it is succeeded, and has no payer"),
    "counts not": (
        f"{SET} counted_on = 0 WHERE id = {{paid}}",
        "paid",
        "it is succeeded, and counts towards no limit",
    ),
    "counts still": (
        f"{SET} counted_on = 20260101 WHERE id = {{reversed}}",
        "reversed",
        "it is reversed, and counts towards limits on 20260101",
    ),
    "held for ever": (
        f"{SET} due_at = 0 WHERE id = {{held}}",
        "held",
        "it is authorized, and time never ends it",
    ),
    "ends though ended": (
        f"{SET} due_at = 9 WHERE id = {{paid}}",
        "paid",
        "it is succeeded: due_at must be 0, and is 9",
    ),
    "ends at another time": (
        f"{SET} due_at = 9 WHERE id = {{awaited}}",
        "awaited",
        "due_at must be 0, and is 9",
    ),
    "declined and paid": (
        f"{SET} decline = 'exceeds_limit' WHERE id = {{paid}}",
        "paid",
        "it is succeeded, and its decline is exceeds_limit",
    ),
    "attempts": (f"{SET} attempts = 1 WHERE id = {{tried}}", "tried", "it has 2 attempts, and says 1"),
    "an attempt is gone": (
        "DELETE FROM payments.attempt WHERE payment = {tried} AND decline IS NOT NULL",
        "tried",
        "it has 1 attempts, and says 2",
    ),
    "no attempt took it": (
        "UPDATE payments.attempt SET outcome = 'declined', decline = 'exceeds_limit' WHERE payment = {tried}",
        "tried",
        "it has a payer, and none of its attempts took the money",
    ),
    "another took it": (
        f"UPDATE payments.attempt SET customer = {uuid(ANNA)} WHERE payment = {{tried}} AND decline IS NULL",
        "tried",
        "the customer of the attempt that took the money is not its payer",
    ),
    "a refund's amount": (
        "UPDATE payments.refund SET amount = 299 WHERE amount = 300",
        "refunded",
        "its refunds do not sum up to what it says: expected 1000, found 999",
    ),
    "a refund is gone": (
        "DELETE FROM payments.refund WHERE amount = 300",
        "refunded",
        "its refunds do not sum up to what it says: expected 1000, found 700",
    ),
    "a refund of another merchant": (
        f"UPDATE payments.refund SET merchant = {uuid(OTHER_SHOP)} WHERE amount = 300",
        "refunded",
        "refunds of it are of another merchant, mode or currency",
    ),
    "a refund of what was reversed": (
        "UPDATE payments.refund SET amount = 4001 WHERE payment = {reversed}",
        "reversed",
        "its refunds do not sum up to what it says: expected 4000, found 4001",
    ),
    "the fee of a refund": (
        "UPDATE payments.refund SET fee_back = 9 WHERE amount = 300",
        "refunded",
        "the fee that its refunds gave back is not right: expected 4, found 12",
    ),
    "the quote": (
        f"{SET} quote = 3 WHERE id = {{awaited}}",
        "awaited",
        "its quote does not .*: expected 19, found 3",
    ),
    "quote and fee": (
        f"{SET} quote = 2, fee = 2 WHERE id = {{paid}}",
        "paid",
        "its quote does not follow from its contract: expected 4, found 2",
    ),
    "the fee alone": (
        f"{SET} fee = 0 WHERE id = {{paid}}",
        "paid",
        "its fee does not follow from its quote: expected 4, found 0",
    ),
    "the terms": (
        "UPDATE fees.contract SET basis_points = 60",
        "paid",
        "its quote does not follow from its contract: expected 6, found 4",
    ),
    "another's contract": (
        (
            f"{SET} contract = (SELECT id FROM fees.contract WHERE merchant = {uuid(OTHER_SHOP)})"
            " WHERE id = {paid}"
        ),
        "paid",
        "its contract is of another merchant",
    ),
    "no contract": (f"{SET} contract = {uuid(3)} WHERE id = {{paid}}", "paid", "its contract does not exist"),
    "a contract to come": (
        "UPDATE fees.contract SET effective_from = 20260201",
        "paid",
        "its contract did not hold on the day on which it was made",
    ),
    "what refunds do to the fee": (
        f"{SET} fee_on_refund = 2 WHERE id = {{paid}}",
        "paid",
        "what a refund does to its fee is not as in its contract",
    ),
}


@pytest.mark.parametrize("case", OF_A_PAYMENT)
async def test_a_payment_that_was_tampered_with_is_named(payments: Scene, case: str) -> None:
    statement, which, what = OF_A_PAYMENT[case]
    name, transfer, _ = which.partition(", transfer")
    where = payments.name(f"payment {name}") + transfer
    assert_named(await payments.tamper(statement), where=where, what=what)


CUSTOMER = f"customer {CUSTOMER_ID.write(ANNA)}"

OF_OTHERS = {
    "two attempts took it": (
        (
            "DROP INDEX payments.attempt_that_took",
            "UPDATE payments.attempt SET outcome = 'took_the_money', decline = NULL WHERE payment = {tried}",
        ),
        "payment",
        "2 of its attempts took the money: at most 1 may",
    ),
    "attempts of no payment": (
        ("UPDATE payments.attempt SET payment = " + uuid(5),),
        f"payment {PAYMENT_ID.write(PaymentId(5))}",
        "attempts name it, and there is no such payment",
    ),
    "refunds of no payment": (
        ("UPDATE payments.refund SET payment = " + uuid(5),),
        f"payment {PAYMENT_ID.write(PaymentId(5))}",
        "refunds name it, and there is no such payment",
    ),
    "a transfer of nothing at all": (
        (f"UPDATE {TRANSFER} SET user_data_128 = {uuid(0)} WHERE code = {RELEASE}",),
        f"payment {UUID(int=0)}",
        "transfers name it, and there is no such payment",
    ),
    "released twice": (
        (f"UPDATE {TRANSFER} SET amount = amount + 1 WHERE code = {RELEASE}",),
        f"{CUSTOMER}, client money in CNY",
        "what is held is not what authorized payments hold: expected 1500, found 1499",
    ),
    "limits: amount": (
        (f"UPDATE limits.used SET amount = amount - 1 WHERE subject = {uuid(ANNA)}",),
        f"limits of {CUSTOMER}, CNY on 2026-01-01",
        f"{COUNTED}: expected 6000, found 5999",
    ),
    "limits: how often": (
        (f"UPDATE limits.used SET count = count + 1 WHERE subject = {uuid(ANNA)}",),
        f"limits of {CUSTOMER}, CNY on 2026-01-01",
        "how often counts is not how often it was paid: expected 3, found 4",
    ),
    "limits: of the agreement": (
        (
            "UPDATE limits.used SET amount = 0 WHERE subject IN (SELECT agreement FROM payments.payment)",
            f"{SET} counted_on = counted_on WHERE id = {{paid}}",
        ),
        "limits of agreement agr_",
        f"{COUNTED}: expected 6000, found 0",
    ),
    "limits: another day": (
        (f"UPDATE limits.used SET day = 20260102 WHERE subject = {uuid(BERT)}",),
        f"limits of customer {CUSTOMER_ID.write(BERT)}, CNY on 2026-01-02",
        f"{COUNTED}: expected 0, found 7000",
    ),
    "limits: of a person at code plates": (
        ("UPDATE limits.used SET amount = 2 WHERE measure = 5",),
        "limits of static codes of person",
        f"{COUNTED}: expected 2000, found 2",
    ),
    "fees": (
        (f"DELETE FROM {TRANSFER} WHERE user_data_128 = {{paid}} AND code = {FEE}",),
        "fees, client money in CNY",
        "what was accrued is not what was paid in fees: expected 40, found 36",
    ),
}


@pytest.mark.parametrize("case", OF_OTHERS)
async def test_what_is_about_payments_is_named(payments: Scene, case: str) -> None:
    statements, where, what = OF_OTHERS[case]
    assert_named(await payments.tamper(*statements), where=where, what=what)


async def test_what_nobody_touched_is_proved(payments: Scene) -> None:
    assert not await payments.tamper()
