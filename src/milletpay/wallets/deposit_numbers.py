"""Deposit numbers: what a customer writes as the remark of a transfer, so that we know whose the money is."""

import re
from dataclasses import dataclass
from typing import Final

from milletpay.customers import CustomerId
from milletpay.ledger.chart import Mode
from milletpay.plumbing.ids import Entropy
from milletpay.rails import luhn
from milletpay.wallets.bank_errands import Submit
from milletpay.wallets.deposits import DepositNumber, Deposits, ReceiptRefusal, ReceiptRefused

_TEN_DIGITS: Final = re.compile(r"(?<![0-9])[1-9][0-9]{9}(?![0-9])", re.ASCII)

DRAWS: Final = 20
"""How often a number is drawn; of nine hundred million, most are nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveDepositNumber:
    """Give a customer its deposit number: `drawn`, unless it has one."""

    customer: CustomerId
    mode: Mode
    drawn: DepositNumber


def deposit_number(chance: int) -> DepositNumber:
    """The deposit number that follows from a number drawn by chance: nine digits and their check digit."""
    nine = 100_000_000 + chance % 900_000_000
    return DepositNumber(nine * 10 + -luhn(f"{nine}0") % 10)


def read_remark(remark: str) -> DepositNumber | None:
    """The one deposit number in what a payer wrote; None when there is none, or there are several."""
    found = {int(digits) for digits in _TEN_DIGITS.findall(remark)}
    valid = [number for number in found if luhn(str(number)) % 10 == 0]
    return DepositNumber(valid[0]) if len(valid) == 1 else None


async def obtain_deposit_number(
    submit: Submit, *, customer: CustomerId, mode: Mode, entropy: Entropy
) -> DepositNumber:
    """The customer's deposit number; it is given one when it has none."""
    for _ in range(DRAWS):
        drawn = deposit_number(int.from_bytes(entropy(8)))
        answer = await submit(GiveDepositNumber(customer=customer, mode=mode, drawn=drawn))
        if isinstance(answer, Deposits):
            return answer.number
        assert isinstance(answer, ReceiptRefused), answer
        assert answer.refusal is ReceiptRefusal.NUMBER_TAKEN, answer
    raise AssertionError(f"{DRAWS} numbers drawn are all taken")
