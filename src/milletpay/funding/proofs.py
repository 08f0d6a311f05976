"""What `millet check` proves of funding: what cards paid and were given, and what their owners owe us."""

from typing import Final
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
    name_object,
    name_pool,
)
from milletpay.ledger.chart import OnePer, Pool, TransferCode
from milletpay.plumbing.database import Row
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.plumbing.statements import load_statements
from milletpay.wallets import FROM_RECEIPT, FROM_REFUND, FROM_TOP_UP

SQL: Final = load_statements("milletpay.funding", name="proofs.sql")

AMOUNTS: Final = (
    "what it took from a card",
    "what was drawn too late",
    "what goes back to a card",
    "what is back on a card",
    "what a card did not take",
    "what a bank took back",
    "what of that came from us",
    "what of that the customer owes us",
)

EFFECTS: Final = (
    Effect(code=TransferCode.PAY_BY_CARD, signs=(1, 0, 0, 0, 0, 0, 0, 0)),
    Effect(code=TransferCode.DRAWN_LATE, signs=(0, 1, 1, 0, 0, 0, 0, 0)),
    Effect(code=TransferCode.REFUND_OUT, signs=(0, 0, 1, 0, 0, 0, 0, 0)),
    Effect(code=TransferCode.REFUND_CARD, signs=(0, 0, 0, 1, 0, 0, 0, 0)),
    Effect(code=TransferCode.REFUND_TO_BALANCE, signs=(0, 0, 0, 0, 1, 0, 0, 0)),
    Effect(code=TransferCode.TAKE_BACK, signs=(0, 0, 0, 0, 0, 1, 0, 0)),
    Effect(code=TransferCode.TAKE_BACK_SHORTFALL, signs=(0, 0, 0, 0, 0, 1, 1, 0)),
    Effect(code=TransferCode.TAKE_BACK_DEBT, signs=(0, 0, 0, 0, 0, 0, 0, 1)),
)

OF_DRAWS: Final = (
    TransferCode.REFUND_TO_BALANCE,
    TransferCode.TAKE_BACK,
    TransferCode.TAKE_BACK_DEBT,
    *FROM_REFUND,
)
"""What moves on accounts of a customer whose card was drawn from."""

# What a transfer of each code adds to what a customer owes us.
DEBT_EFFECTS: Final = (
    Effect(code=TransferCode.CLAWBACK_DEBT, signs=(1,)),
    Effect(code=TransferCode.TAKE_BACK_DEBT, signs=(1,)),
    Effect(code=TransferCode.DEBT_PAID, signs=(-1,)),
    Effect(code=TransferCode.RECEIPT_DEBT_PAID, signs=(-1,)),
    Effect(code=TransferCode.REFUND_DEBT_PAID, signs=(-1,)),
)

PAYMENT_ID: Final = IdForm(Prefix.PAYMENT, int)


def funding_proofs() -> list[Proof]:
    """All proofs of funding."""
    return [
        comparing(
            Comparison(
                statement=SQL["unlike_their_transfers"],
                where=_payment,
                fields=[f"{amount} is not what its transfers make it" for amount in AMOUNTS],
                arguments=columns_of_effects(EFFECTS),
            ),
            Comparison(
                statement=SQL["between_strangers"],
                where=lambda row: f"{_payment(row)}, transfer {UUID(int=row['transfer'])}",
                arguments=[[code.code for code in OF_DRAWS], codes_one_per(OnePer.CUSTOMER)],
            ),
            name="cards",
            claim="what they paid and were given back is what the transfers say",
            counts=SQL["count_draws"],
        ),
        comparing(
            Comparison(statement=SQL["claimed_from_banks"], where=_payment),
            name="claims on banks",
            claim="none took back more than it had drawn and not given back",
        ),
        debt_proof(),
    ]


def debt_proof() -> Proof:
    """Customers owe us what banks took back, of top-ups and of draws, and nothing else."""
    clients, _, numbers, lives = columns_of_places(Pool.CLIENT)
    owns, *_ = columns_of_places(Pool.OWN)
    codes, signs = columns_of_effects(DEBT_EFFECTS)
    recovered = [reasons[0].code for reasons in (FROM_TOP_UP, FROM_RECEIPT, FROM_REFUND)]
    return comparing(
        Comparison(
            statement=SQL["unlike_their_debts"],
            where=lambda row: (
                f"customer {name_object(row['object'], form=CUSTOMER_ID)}, {name_pool(row['ledger'])}"
            ),
            fields=("what is owed is not what was lacking and not recovered",),
            arguments=[codes, signs, recovered, clients, owns, numbers, lives],
        ),
        name="debts of customers",
        claim="each owes what a bank took back and the balance lacked, less what was recovered",
    )


def _payment(row: Row) -> str:
    return f"payment {name_object(row['object'], form=PAYMENT_ID)}"
