"""What a batch knows of wallets: the objects that its commands name, and what it has changed so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from milletpay.customers import Customer, CustomerId, Customers
from milletpay.ledger import Book, CreateTransferStatus, Transfer
from milletpay.ledger.chart import Mode
from milletpay.limits import LimitExceeded, Limits, Measure, NoPolicy, limits_on
from milletpay.money import Money
from milletpay.plumbing.dates import Day
from milletpay.plumbing.jobs import NewJob
from milletpay.plumbing.outbox import Event
from milletpay.treasury import Treasury
from milletpay.wallets.model import (
    Card,
    Kept,
    Send,
    TopUp,
    WalletRefusal,
    WalletRefused,
    Withdrawal,
    WithdrawalFee,
)

TOP_UP_JOB: Final = "wallets.top_up"
WITHDRAWAL_JOB: Final = "wallets.withdrawal"
"""Kinds of jobs that ask a bank; the argument is the public id, and so is the key."""

Item = TypeVar("Item", bound=Kept)


class Shelf(Generic[Item]):
    """The objects of one kind that a batch knows, by id and by their customer's reference."""

    def __init__(self) -> None:
        self.wanted: set[int] = set()
        self.wanted_names: set[tuple[CustomerId, str]] = set()
        self.changed: dict[int, Item] = {}
        self._items: dict[int, Item] = {}
        self._names: dict[tuple[CustomerId, str], Item] = {}

    def clear(self) -> None:
        """A new batch."""
        for kept in (self.wanted, self.wanted_names, self.changed, self._items, self._names):
            kept.clear()

    def want(self, id: int, *, customer: CustomerId | None = None, reference: str = "") -> None:
        """Note that the batch asks for an object, and for the one of a customer's reference."""
        self.wanted.add(id)
        if customer is not None and reference:
            self.wanted_names.add((customer, reference))

    def know(self, items: Iterable[Item]) -> None:
        """Take in objects as they are."""
        for item in items:
            self._items[item.id] = item
            if item.reference:
                self._names[item.customer, item.reference] = item

    def get(self, id: int) -> Item | None:
        """The object of an id, as the batch has it now."""
        return self._items.get(id)

    def same(self, id: int, *, customer: CustomerId, reference: str) -> Item | None:
        """The object that was made under this id or, failing that, under this reference."""
        return self._items.get(id) or (self._names.get((customer, reference)) if reference else None)

    def keep(self, item: Item) -> Item:
        """Take in an object that the batch makes or changes."""
        self.know([item])
        self.changed[item.id] = item
        return item

    @property
    def items(self) -> Sequence[Item]:
        """Every object that the batch knows."""
        return list(self._items.values())


@dataclass(slots=True)
class WalletFacts:
    """What decisions about wallets rest on."""

    book: Book
    customers: Customers
    limits: Limits
    treasury: Treasury
    fee: WithdrawalFee
    cards: Shelf[Card] = field(default_factory=Shelf)
    top_ups: Shelf[TopUp] = field(default_factory=Shelf)
    withdrawals: Shelf[Withdrawal] = field(default_factory=Shelf)
    sends: Shelf[Send] = field(default_factory=Shelf)
    events: list[Event] = field(default_factory=list)
    jobs: list[NewJob] = field(default_factory=list)

    def clear(self) -> None:
        """A new batch."""
        for shelf in (self.cards, self.top_ups, self.withdrawals, self.sends):
            shelf.clear()
        self.events.clear()
        self.jobs.clear()

    @property
    def today(self) -> Day:
        """The accounting date of the batch."""
        return Day(self.book.accounting_date)

    def tell(self, kind: str, *, about: int, version: int, note: str = "") -> None:
        """Put news into the outbox. Whatever changes here is news, so this lets the book advance too."""
        self.events.append(Event(kind=kind, object=about, sequence=version, at=self.book.now, note=note))
        self.book.note()

    def ask_bank(self, kind: str, *, name: str) -> None:
        """Have a bank asked about an object, once this is committed."""
        self.jobs.append(
            NewJob(id=self.book.new_id(), kind=kind, key=name, argument=name, run_at=self.book.now)
        )

    def post(self, transfers: Sequence[Transfer]) -> CreateTransferStatus:
        """Post a linked chain: `created`, or the status of the link that broke it."""
        created, broken = CreateTransferStatus.created, CreateTransferStatus.linked_event_failed
        statuses = self.book.post(transfers)
        return next((status for status in statuses if status not in {created, broken}), created)

    def must_post(self, transfers: Sequence[Transfer]) -> None:
        """Post what cannot be refused."""
        status = self.post(transfers)
        assert status is CreateTransferStatus.created, f"{status} for {transfers}"

    def member(self, id: CustomerId, *, mode: Mode) -> Customer | None:
        """A customer of this mode."""
        customer = self.customers.customer(id)
        return customer if customer is not None and customer.mode is mode else None

    def exceeded(
        self, customer: Customer, *, measure: Measure, amount: Money
    ) -> LimitExceeded | WalletRefused | None:
        """Which limit of the house this amount would pass today; a refusal where there is no policy."""
        try:
            limits = limits_on(
                self.today, measure=measure, verification=customer.verification, currency=amount.currency
            )
        except NoPolicy as reason:
            return WalletRefused(refusal=WalletRefusal.CURRENCY_NOT_SUPPORTED, detail=str(reason))
        return self.limits.check(customer.id, measure=measure, limits=limits, amount=amount, day=self.today)

    def count(self, customer: CustomerId, *, measure: Measure, amount: Money) -> Day:
        """Count an amount that passes no limit; the day on which it is counted."""
        passed = self.limits.take(customer, measure=measure, limits=(), amount=amount, day=self.today)
        assert passed is None
        return self.today
