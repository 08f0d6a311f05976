"""The bank as we see it: what an adapter of any bank offers.

Every call is a call outside: it takes its time, it is made while no transaction of ours is open, and it
ends by itself, within a time that the adapter knows. An adapter does not raise because a network or a bank
is in trouble: what it could not learn is `UNKNOWN`. What it raises is a defect, and means unknown too.
"""

from collections.abc import Sequence
from typing import Protocol

from milletpay.money import Currency
from milletpay.plumbing.dates import Day
from milletpay.rails.card_number import CardNumber
from milletpay.rails.model import (
    BankKey,
    Binding,
    BoundCard,
    Line,
    NotBound,
    Notice,
    Order,
    OurAccount,
    Outcome,
)


class Bank(Protocol):
    """A bank that we have an agreement with, in one mode."""

    @property
    def key(self) -> BankKey:
        """Which one it is."""

    def account(self, currency: Currency, /) -> OurAccount:
        """Our safeguarded account with it."""

    def issues(self, number: CardNumber, /) -> bool:
        """Whether a card of this number is one of its own."""

    async def bind(self, binding: Binding, /) -> BoundCard | NotBound:
        """Let the bank check a card and give its token. The same card has the same token."""

    async def collect(self, order: Order, /) -> Outcome:
        """Draw money from a card."""

    async def pay(self, order: Order, /) -> Outcome:
        """Pay money to a card, from our safeguarded account."""

    async def refund(self, order: Order, /) -> Outcome:
        """Give money that was drawn back to its card; the bank settles so much less with us."""

    async def query(self, reference: str, /) -> Outcome:
        """Ask how far an order is."""

    async def notices(self, *, most: int, skip: int = 0) -> Sequence[Notice]:
        """What the bank told and was not acknowledged, the oldest first, but for the oldest `skip`."""

    async def acknowledge(self, notices: Sequence[Notice], /) -> None:
        """Have these notices told no more."""

    async def statement(self, day: Day, /, *, currency: Currency) -> Sequence[Line]:
        """What was booked on our account on a day. It is complete once the day is over."""
