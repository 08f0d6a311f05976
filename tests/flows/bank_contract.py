"""What every bank adapter must do: `tests/flows/test_bank_contract.py` runs this against each."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import ManualClock
from milletpay.plumbing.database import Database
from milletpay.rails import Bank, BankKey, Binding, CardNumber, SimulatedBank, read_card_number

CNY = Currency.CNY


def card(number: int, *, issues_from: str = "622202") -> CardNumber:
    """A card number with the right check digit."""
    first = f"{issues_from}{number:09d}"
    (digits,) = [f"{first}{last}" for last in range(10) if _is_number(f"{first}{last}")]
    return read_card_number(digits)


def _is_number(digits: str) -> bool:
    try:
        read_card_number(digits)
    except ValueError:
        return False
    return True


def binding(number: CardNumber) -> Binding:
    return Binding(number=number, holder="王小明", phone="+8613800000000")


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


@dataclass(frozen=True)
class BankAtWork:
    """An adapter under test, cards that it knows, and the clock by which it lives."""

    bank: Bank
    clock: ManualClock
    good_card: CardNumber
    foreign_card: CardNumber


OpenBank = Callable[[Database], AbstractAsyncContextManager[BankAtWork]]


@asynccontextmanager
async def simulated(database: Database) -> AsyncIterator[BankAtWork]:
    clock = ManualClock()
    yield BankAtWork(
        bank=simulated_bank(database, clock=clock),
        clock=clock,
        good_card=card(1),
        foreign_card=card(1, issues_from="411111"),
    )


def simulated_bank(
    database: Database, *, clock: ManualClock, mode: Mode = Mode.LIVE, patience_ns: int = 0
) -> SimulatedBank:
    """Answers at once, also when it does not: a test has no patience."""
    return SimulatedBank(
        key=BankKey(mode, "icbc"),
        issues_from="622202",
        database=database,
        clock=clock,
        seed=1,
        patience_ns=patience_ns,
    )


ADAPTERS: list[OpenBank] = [simulated]
"""Add a new adapter here, and it is held to the contract."""
