"""The proofs of the packages, for tests of a desk that serves some of them."""

from collections.abc import Sequence

from milletpay.fees import fee_proof
from milletpay.funding import debt_proof, funding_proofs
from milletpay.ledger import Finding, Proof
from milletpay.payments import fees_of_payments, payment_proofs
from milletpay.plumbing.database import Database
from milletpay.treasury import treasury_proofs
from milletpay.wallets import fees_of_withdrawals, wallet_proofs

FEES = fee_proof([fees_of_payments, fees_of_withdrawals])
OF_PAYMENTS = (*payment_proofs(), *funding_proofs(), FEES)
OF_WALLETS = (*wallet_proofs(), debt_proof(), *treasury_proofs(), FEES)


async def find_wrong(database: Database, *, proofs: Sequence[Proof]) -> list[Finding]:
    """All that these proofs find."""
    async with database.connection() as connection:
        outcomes = [await proof.prove(connection) for proof in proofs]
    return [finding for outcome in outcomes for finding in outcome.findings]


async def prove_business(database: Database, *, proofs: Sequence[Proof]) -> None:
    """What these packages say is what the book says."""
    found = await find_wrong(database, proofs=proofs)
    assert not found, "\n".join(map(str, found))
