"""What `millet check` proves of funding: what cards paid and were given is what the transfers say."""

from typing import Final

from milletpay.ledger import Comparison, Effect, Proof, columns_of_effects, comparing, name_object
from milletpay.ledger.chart import TransferCode
from milletpay.plumbing.ids import IdForm, Prefix
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.funding", name="proofs.sql")

AMOUNTS: Final = (
    "what it took from a card",
    "what was drawn too late",
    "what goes back to a card",
    "what is back on a card",
    "what a card did not take",
)

EFFECTS: Final = (
    Effect(code=TransferCode.PAY_BY_CARD, signs=(1, 0, 0, 0, 0)),
    Effect(code=TransferCode.DRAWN_LATE, signs=(0, 1, 1, 0, 0)),
    Effect(code=TransferCode.REFUND_OUT, signs=(0, 0, 1, 0, 0)),
    Effect(code=TransferCode.REFUND_CARD, signs=(0, 0, 0, 1, 0)),
    Effect(code=TransferCode.REFUND_TO_BALANCE, signs=(0, 0, 0, 0, 1)),
)

PAYMENT_ID: Final = IdForm(Prefix.PAYMENT, int)


def funding_proofs() -> list[Proof]:
    """All proofs of funding."""
    return [
        comparing(
            Comparison(
                statement=SQL["unlike_their_transfers"],
                where=lambda row: f"payment {name_object(row['object'], form=PAYMENT_ID)}",
                fields=[f"{amount} is not what its transfers make it" for amount in AMOUNTS],
                arguments=columns_of_effects(EFFECTS),
            ),
            name="cards",
            claim="what they paid and were given back is what the transfers say",
            counts=SQL["count_draws"],
        )
    ]
