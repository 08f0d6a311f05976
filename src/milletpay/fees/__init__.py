"""Fees: what we charge a merchant, by contract.

Words: a **contract** says from a day on what a merchant pays us in one currency: a rate in **basis points**,
a minimum, a cap, and whether a refund gives its share back. A **quote** is what a contract makes of one
amount; it is kept with the payment, so that a later contract does not change it.

What holds: contracts are never changed, only followed by later ones; on every day at most one holds for a
merchant and currency; a fee is never above the amount it is on; the parts of a fee over several captures add
up to the quote on the whole, and refunding all gives back exactly what was taken, unless the contract keeps
it.
"""

from milletpay.fees.model import (
    Contract,
    ContractId,
    FeeOnRefund,
    NotAContract,
    Quote,
    fee_back,
    fee_of_part,
    quote,
    valid_on,
)
from milletpay.fees.operations import add_contracts
from milletpay.fees.proofs import FeesTaken, fee_proof
from milletpay.fees.queries import contracts_of

__all__ = [
    "Contract",
    "ContractId",
    "FeeOnRefund",
    "FeesTaken",
    "NotAContract",
    "Quote",
    "add_contracts",
    "contracts_of",
    "fee_back",
    "fee_of_part",
    "fee_proof",
    "quote",
    "valid_on",
]
