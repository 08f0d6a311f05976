"""What a batch knows of funding: draws and give-backs that its commands concern, and what it has changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from milletpay.customers import CustomerId, Customers
from milletpay.funding.model import DRAW_ID, GIVE_BACK_ID, Draw, DrawId, GiveBack, GiveBackId, Order
from milletpay.ledger import Book, CreateTransferStatus, Transfer
from milletpay.plumbing.dates import Day
from milletpay.plumbing.jobs import NewJob
from milletpay.treasury import BankLink, Treasury
from milletpay.wallets import Wallets

DRAW_JOB: Final = "funding.draw"
GIVE_BACK_JOB: Final = "funding.give_back"
"""Kinds of jobs that ask a bank; the argument is the public id, and so is the key."""


@dataclass(slots=True, kw_only=True)
class FundingFacts:
    """What decisions about funding rest on."""

    book: Book
    customers: Customers
    wallets: Wallets
    treasury: Treasury
    draws: dict[DrawId, Draw] = field(default_factory=dict)
    give_backs: dict[GiveBackId, GiveBack] = field(default_factory=dict)
    changed_draws: dict[DrawId, Draw] = field(default_factory=dict)
    changed_give_backs: dict[GiveBackId, GiveBack] = field(default_factory=dict)
    chosen: dict[CustomerId, Order] = field(default_factory=dict)
    jobs: list[NewJob] = field(default_factory=list)
    of_payment: dict[int, list[DrawId]] = field(default_factory=dict)

    def clear(self) -> None:
        """A new batch."""
        for kept in (
            self.draws,
            self.give_backs,
            self.changed_draws,
            self.changed_give_backs,
            self.chosen,
            self.jobs,
            self.of_payment,
        ):
            kept.clear()

    @property
    def today(self) -> Day:
        """The accounting date of the batch."""
        return Day(self.book.accounting_date)

    def know(self, draws: Iterable[Draw]) -> None:
        """Take in draws as they are."""
        for draw in draws:
            if draw.id not in self.draws:
                self.of_payment.setdefault(draw.payment, []).append(draw.id)
            self.draws[draw.id] = draw

    def keep(self, draw: Draw) -> Draw:
        """Take in a draw that the batch makes or changes."""
        self.know([draw])
        self.changed_draws[draw.id] = draw
        return draw

    def keep_back(self, back: GiveBack) -> GiveBack:
        """Take in a give-back that the batch makes or changes."""
        self.give_backs[back.id] = back
        self.changed_give_backs[back.id] = back
        return back

    def ask_bank(self, it: Draw | GiveBack) -> None:
        """Have the bank asked, once this is committed."""
        is_draw = isinstance(it, Draw)
        name = DRAW_ID.write(it.id) if isinstance(it, Draw) else GIVE_BACK_ID.write(it.id)
        kind = DRAW_JOB if is_draw else GIVE_BACK_JOB
        self.jobs.append(
            NewJob(id=self.book.new_id(), kind=kind, key=name, argument=name, run_at=self.book.now)
        )

    def link(self, it: Draw | GiveBack) -> BankLink:
        """How we work with its bank."""
        link = self.treasury.link(it.bank, currency=it.amount.currency)
        assert link is not None, f"no link for {it}"
        return link

    def must_post(self, transfers: list[Transfer]) -> None:
        """Post what cannot be refused."""
        statuses = self.book.post(transfers)
        assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {transfers}"
