"""What `millet check` proves of payments: their rows say what their transfers did, and nothing else.

`EFFECTS` is the table that a new way to pay or to give back adds its transfer codes to.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from milletpay.customers import CUSTOMER_ID, DEVICE_ID
from milletpay.ledger import (
    Comparison,
    Effect,
    Proof,
    codes_one_per,
    columns_of_effects,
    columns_of_places,
    comparing,
    name_currency,
    name_day,
    name_object,
    name_pool,
)
from milletpay.ledger.chart import AccountKind, OnePer, Pool, TransferCode
from milletpay.limits import Measure
from milletpay.money import Currency
from milletpay.payments.model import AGREEMENT_ID, PAYMENT_ID
from milletpay.payments.records import Row
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import SHANGHAI
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.payments", name="proofs.sql")
TOTALS: Final = load_statements("milletpay.payments", name="totals.sql")

AMOUNTS: Final = ("authorized amount", "captured amount", "refunded amount", "fee")

# What a transfer of each code adds to each of the amounts.
EFFECTS: Final = (
    Effect(code=TransferCode.PAY_BY_BALANCE, signs=(1, 1, 0, 0)),
    Effect(code=TransferCode.PAY_BY_AGREEMENT, signs=(1, 1, 0, 0)),
    Effect(code=TransferCode.PAY_BY_CARD, signs=(1, 1, 0, 0)),
    Effect(code=TransferCode.AUTHORIZE, signs=(1, 0, 0, 0)),
    Effect(code=TransferCode.CAPTURE, signs=(0, 1, 0, 0)),
    Effect(code=TransferCode.RELEASE, signs=(-1, 0, 0, 0)),
    Effect(code=TransferCode.FEE, signs=(0, 0, 0, 1)),
    Effect(code=TransferCode.REFUND_FEE_BACK, signs=(0, 0, 0, -1)),
    Effect(code=TransferCode.REFUND, signs=(0, 0, 1, 0)),
    Effect(code=TransferCode.REFUND_OUT, signs=(0, 0, 1, 0)),
)

_CODES: Final = [currency.code for currency in Currency]
_NUMBERS: Final = [currency.number for currency in Currency]


def payment_proofs() -> list[Proof]:
    """All proofs of payments."""
    return [
        comparing(
            _sums(),
            _legs(),
            Comparison(
                statement=SQL["unlike_their_draws"],
                where=_payment,
                fields=("what its card's bank took back is not what its draw says",),
            ),
            name="payments",
            claim="each says what its transfers did, on accounts of its payer and its merchant",
            counts=TOTALS["count_payments"],
        ),
        comparing(
            Comparison(statement=SQL["unlike_their_status"], where=_payment),
            Comparison(statement=SQL["unlike_their_attempts"], where=_payment),
            name="states of payments",
            claim="each agrees with its amounts, and at most one attempt took the money",
            counts=TOTALS["count_attempts"],
        ),
        comparing(
            _refunds(),
            name="refunds",
            claim="they sum up to what their payments say, and so does the fee that went back",
            counts=TOTALS["count_refunds"],
        ),
        comparing(
            _quotes(), name="quotes", claim="each follows from its contract, and each fee from its quote"
        ),
        comparing(
            _holds(), name="holds", claim="what is held of a customer is what authorized payments hold"
        ),
        comparing(_counts(), name="limits of payments", claim="what counts is what was paid"),
    ]


async def fees_of_payments(connection: Connection) -> Mapping[int, int]:
    """What payments have paid us in fees, less what was given back, by ledger of client money."""
    ledgers, codes, _, lives = columns_of_places(Pool.CLIENT)
    rows = await connection.fetch(TOTALS["fees_taken"], ledgers, codes, lives)
    return {row["ledger"]: int(row["amount"]) for row in rows}


def _sums() -> Comparison:
    return Comparison(
        statement=SQL["unlike_their_transfers"],
        where=_payment,
        fields=[f"its {amount} is not what its transfers make it" for amount in AMOUNTS],
        arguments=columns_of_effects(EFFECTS),
    )


def _legs() -> Comparison:
    codes, *_ = columns_of_effects(EFFECTS)
    ledgers, currencies, _, lives = columns_of_places(*(pool for pool in Pool if pool is not Pool.UNITS))
    owners = [codes_one_per(OnePer.CUSTOMER), codes_one_per(OnePer.MERCHANT)]
    return Comparison(
        statement=SQL["between_strangers"],
        where=lambda row: f"{_payment(row)}, transfer {UUID(int=row['transfer'])}",
        arguments=[codes, ledgers, currencies, lives, *owners],
    )


def _refunds() -> Comparison:
    return Comparison(
        statement=SQL["unlike_their_refunds"],
        where=_payment,
        fields=(
            "its refunds do not sum up to what it says",
            "the fee that its refunds gave back is not right",
        ),
    )


def _quotes() -> Comparison:
    return Comparison(
        statement=SQL["unlike_their_contract"],
        where=_payment,
        fields=("its quote does not follow from its contract", "its fee does not follow from its quote"),
        arguments=[_NUMBERS, _CODES, SHANGHAI.key],
    )


def _holds() -> Comparison:
    ledgers, codes, _, lives = columns_of_places(Pool.CLIENT)
    return Comparison(
        statement=SQL["unlike_their_holds"],
        where=lambda row: (
            f"customer {name_object(row['object'], form=CUSTOMER_ID)}, {name_pool(row['ledger'])}"
        ),
        fields=("what is held is not what authorized payments hold",),
        arguments=[AccountKind.CUST_HOLD.code, ledgers, codes, lives],
    )


def _counts() -> Comparison:
    return Comparison(
        statement=SQL["unlike_what_counts"],
        where=_counted,
        fields=("what counts is not what was paid", "how often counts is not how often it was paid"),
        arguments=[
            _NUMBERS,
            _CODES,
            Measure.PAYMENTS.number,
            Measure.STATIC_FROM_BALANCE.number,
            Measure.WITHOUT_PIN.number,
            Measure.STATIC_FROM_CARDS.number,
        ],
    )


def _payment(row: Row) -> str:
    return f"payment {name_object(row['object'], form=PAYMENT_ID)}"


def _counted(row: Row) -> str:
    subject = f"customer {name_object(row['object'], form=CUSTOMER_ID)}"
    if row["measure"] in {Measure.STATIC_FROM_BALANCE.number, Measure.STATIC_FROM_CARDS.number}:
        subject = f"static codes of person {UUID(int=row['object'])}"
    elif row["measure"] == Measure.WITHOUT_PIN.number:
        subject = f"codes without PIN of {subject}"
    elif row["is_agreement"]:
        subject = f"agreement {name_object(row['object'], form=AGREEMENT_ID)}"
    elif row["is_device"]:
        subject = f"device {name_object(row['object'], form=DEVICE_ID)}"
    currency, day = name_currency(row["currency"]), name_day(row["day"])
    return f"limits of {subject}, {currency} on {day}"
