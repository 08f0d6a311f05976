"""What `millet check` proves of wallets: top-ups, withdrawals and sends moved what their states say."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from milletpay.customers import CUSTOMER_ID
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
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import IdForm
from milletpay.plumbing.statements import load_statements
from milletpay.wallets.deposits import RECEIPT_ID
from milletpay.wallets.model import SEND_ID, TOP_UP_ID, WITHDRAWAL_ID
from milletpay.wallets.postings import FROM_RECEIPT, FROM_TOP_UP

SQL: Final = load_statements("milletpay.wallets", name="proofs.sql")

TOP_UP_AMOUNTS: Final = (
    "what came into the wallet",
    "what the bank took back",
    "what of it came from us",
    "what of it the customer owes us",
)

# What a transfer of each code adds to each of these.
TOP_UP_EFFECTS: Final = (
    Effect(code=TransferCode.TOP_UP, signs=(1, 0, 0, 0)),
    Effect(code=TransferCode.CLAWBACK, signs=(0, 1, 0, 0)),
    Effect(code=TransferCode.CLAWBACK_SHORTFALL, signs=(0, 1, 1, 0)),
    Effect(code=TransferCode.CLAWBACK_DEBT, signs=(0, 0, 0, 1)),
)

WITHDRAWAL_AMOUNTS: Final = (
    "what left the wallet",
    "the fee that left it",
    "what the bank paid",
    "what the bank refused and went back",
    "the fee that went back",
    "what the bank sent back",
    "what of it went into the wallet",
)

WITHDRAWAL_EFFECTS: Final = (
    Effect(code=TransferCode.WITHDRAW, signs=(1, 0, 0, 0, 0, 0, 0)),
    Effect(code=TransferCode.WITHDRAW_FEE, signs=(0, 1, 0, 0, 0, 0, 0)),
    Effect(code=TransferCode.WITHDRAW_PAID, signs=(0, 0, 1, 0, 0, 0, 0)),
    Effect(code=TransferCode.WITHDRAW_REJECTED, signs=(0, 0, 0, 1, 0, 0, 0)),
    Effect(code=TransferCode.WITHDRAW_FEE_BACK, signs=(0, 0, 0, 0, 1, 0, 0)),
    Effect(code=TransferCode.RETURN, signs=(0, 0, 0, 0, 0, 1, 0)),
    Effect(code=TransferCode.RETURN_TO_CUSTOMER, signs=(0, 0, 0, 0, 0, 0, 1)),
)

RECEIPT_AMOUNTS: Final = (
    "what came into the wallet",
    "what went into suspense",
    "what was claimed from there",
    "what was sent back from there",
    "what came there again",
)

RECEIPT_EFFECTS: Final = (
    Effect(code=TransferCode.RECEIPT, signs=(1, 0, 0, 0, 0)),
    Effect(code=TransferCode.RECEIPT_UNCLAIMED, signs=(0, 1, 0, 0, 0)),
    Effect(code=TransferCode.RECEIPT_CLAIMED, signs=(0, 0, 1, 0, 0)),
    Effect(code=TransferCode.RECEIPT_RETURNED, signs=(0, 0, 0, 1, 0)),
    Effect(code=TransferCode.RECEIPT_CAME_BACK, signs=(0, 0, 0, 0, 1)),
)

FORMS: Final[Mapping[str, IdForm[Any]]] = {
    "top-up": TOP_UP_ID,
    "withdrawal": WITHDRAWAL_ID,
    "receipt": RECEIPT_ID,
}


def wallet_proofs() -> list[Proof]:
    """All proofs of wallets."""
    return [
        comparing(
            _top_ups(),
            name="top-ups",
            claim="each moved what its state says",
        ),
        comparing(
            _withdrawals(),
            _under_way(),
            name="withdrawals",
            claim="each moved what its state says, and only those under way are in transit",
        ),
        comparing(
            _receipts(),
            name="receipts",
            claim="each is its customer's, waits in suspense, or went back once",
        ),
        comparing(
            _legs(),
            name="accounts of wallets",
            claim="what is topped up, withdrawn or received moves on accounts of its customer",
            counts=SQL["count_objects"],
        ),
        comparing(
            _sends(),
            name="sends",
            claim="each that succeeded moved its amount from sender to recipient",
        ),
        comparing(
            Comparison(statement=SQL["not_counted_rightly"], where=_object),
            _counts(),
            name="limits of wallets",
            claim="what counts is what was topped up, withdrawn and sent",
        ),
    ]


async def fees_of_withdrawals(connection: Connection) -> Mapping[int, int]:
    """What withdrawals have paid us in fees, less what was given back, by ledger of client money."""
    ledgers, _, numbers, lives = columns_of_places(Pool.CLIENT)
    rows = await connection.fetch(SQL["fees_taken"], ledgers, numbers, lives)
    return {row["ledger"]: int(row["amount"]) for row in rows}


def _top_ups() -> Comparison:
    return Comparison(
        statement=SQL["top_ups_unlike_their_transfers"],
        where=lambda row: f"top-up {name_object(row['object'], form=TOP_UP_ID)}",
        fields=[f"{amount} is not what its state says" for amount in TOP_UP_AMOUNTS],
        arguments=columns_of_effects(TOP_UP_EFFECTS),
    )


def _withdrawals() -> Comparison:
    return Comparison(
        statement=SQL["withdrawals_unlike_their_transfers"],
        where=lambda row: f"withdrawal {name_object(row['object'], form=WITHDRAWAL_ID)}",
        fields=[f"{amount} is not what its state says" for amount in WITHDRAWAL_AMOUNTS],
        arguments=columns_of_effects(WITHDRAWAL_EFFECTS),
    )


def _receipts() -> Comparison:
    return Comparison(
        statement=SQL["receipts_unlike_their_transfers"],
        where=lambda row: f"receipt {name_object(row['object'], form=RECEIPT_ID)}",
        fields=[f"{amount} is not what its state says" for amount in RECEIPT_AMOUNTS],
        arguments=columns_of_effects(RECEIPT_EFFECTS),
    )


def _legs() -> Comparison:
    effects = (*TOP_UP_EFFECTS, *WITHDRAWAL_EFFECTS, *RECEIPT_EFFECTS)
    codes = [code.code for code in (*(effect.code for effect in effects), *FROM_TOP_UP, *FROM_RECEIPT)]
    ledgers, _, numbers, lives = columns_of_places(Pool.CLIENT, Pool.OWN)
    return Comparison(
        statement=SQL["between_strangers"],
        where=lambda row: f"{_object(row)}, transfer {UUID(int=row['transfer'])}",
        arguments=[codes, ledgers, numbers, lives, codes_one_per(OnePer.CUSTOMER)],
    )


def _sends() -> Comparison:
    ledgers, _, numbers, lives = columns_of_places(Pool.CLIENT)
    return Comparison(
        statement=SQL["sends_unlike_their_transfers"],
        where=lambda row: f"send {name_object(row['object'], form=SEND_ID)}",
        fields=("what it moved is not what its state says",),
        arguments=[TransferCode.SEND.code, ledgers, numbers, lives],
    )


def _under_way() -> Comparison:
    ledgers, _, numbers, lives = columns_of_places(Pool.CLIENT)
    return Comparison(
        statement=SQL["unlike_what_is_under_way"],
        where=lambda row: f"withdrawals in transit, {name_pool(row['object'])}",
        fields=("what is in transit is not what withdrawals under way say",),
        arguments=[AccountKind.WD_TRANSIT.code, ledgers, numbers, lives],
    )


def _counts() -> Comparison:
    measures = (Measure.TOP_UPS, Measure.WITHDRAWALS, Measure.SENDS)
    return Comparison(
        statement=SQL["unlike_what_counts"],
        where=_counted,
        fields=("what counts is not what was moved", "how often counts is not how often it was moved"),
        arguments=[
            *(measure.number for measure in measures),
            TransferCode.SEND.code,
            TransferCode.RECEIPT.code,
        ],
    )


def _object(row: Row) -> str:
    return f"{row['kind']} {name_object(row['object'], form=FORMS[row['kind']])}"


def _counted(row: Row) -> str:
    measure = next(one for one in Measure if one.number == row["measure"])
    currency, day = name_currency(row["currency"]), name_day(row["day"])
    what = measure.name.lower().replace("_", "-")
    return f"limits of customer {name_object(row['object'], form=CUSTOMER_ID)}, {what} in {currency} on {day}"
