"""Cash that arrives: each day the statements of the day before are read, and what was settled is booked."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from milletpay.money import Currency
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day, parse_day
from milletpay.plumbing.jobs import Job, OutsideKind
from milletpay.plumbing.schedules import CatchUp, Schedule
from milletpay.rails import Banks, LineKind
from milletpay.treasury.model import MovementKind, TreasuryRefused
from milletpay.treasury.operations import BookMovement

CASH_JOB: Final = "treasury.cash"

READ_AFTER_NS: Final = 33 * 3600 * SECOND
"""A day's statement is read at nine o'clock of the next: by then every bank has it."""

LEASE_NS: Final = 120 * SECOND

Submit: TypeAlias = Callable[[Any], Awaitable[Any]]
"""Gives a command to the desk, and its answer."""


class BookCash:
    """What a job with a day as its argument does: reads the banks' statements, and books settlements.

    It may be done again: a line is booked once for the bank's reference.
    """

    def __init__(self, *, banks: Banks, currencies: Sequence[Currency], submit: Submit) -> None:
        self._banks = banks
        self._currencies = currencies
        self._submit = submit

    async def intent(self, _connection: Connection, /, *, job: Job) -> Day:
        """Which day."""
        return parse_day(job.argument)

    async def call(self, day: Day, /) -> None:
        """Read the statements and book what they say has arrived."""
        for bank in self._banks:
            for currency in self._currencies:
                for line in await bank.statement(day, currency=currency):
                    if line.kind is not LineKind.SETTLEMENT:
                        continue
                    answer = await self._submit(
                        BookMovement(
                            kind=MovementKind.CASH,
                            bank=bank.key,
                            reference=line.bank_reference,
                            amount=line.amount,
                        )
                    )
                    if isinstance(answer, TreasuryRefused):
                        raise CashRefused(f"{line} of {bank.key}: {answer.detail}")

    async def result(self, _connection: Connection, /, *, job: Job, result: None) -> None:
        """All was written by the desk."""


class CashRefused(Exception):
    """A line of a statement that cannot be booked: somebody has to look at it."""


def cash_job(*, banks: Banks, currencies: Sequence[Currency], submit: Submit) -> OutsideKind:
    """The kind of job that reads statements and books what has arrived."""
    does = BookCash(banks=banks, currencies=currencies, submit=submit)
    return OutsideKind(name=CASH_JOB, does=does, lease_ns=LEASE_NS)


def cash_schedule(*, starts: Day) -> Schedule:
    """When it is done: for each day from the first on, also for those on which nothing ran."""
    return Schedule(
        name=CASH_JOB, kind=CASH_JOB, starts=starts, after_ns=READ_AFTER_NS, catch_up=CatchUp.EVERY
    )
