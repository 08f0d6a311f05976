"""The part of the desk that funds payments: what cards are asked for, what goes back, whose order it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from milletpay.customers import CustomerId, Customers
from milletpay.funding import draws, give_backs, take_backs
from milletpay.funding.draws import AskForDraw, ask_for_draw
from milletpay.funding.facts import FundingFacts
from milletpay.funding.give_backs import AskForGiveBack, ask_for_give_back
from milletpay.funding.model import (
    SOURCES_MAX,
    Draw,
    DrawId,
    DrawStatus,
    FundingRefusal,
    FundingRefused,
    GiveBack,
    GiveBackId,
    Order,
    write_order,
)
from milletpay.funding.postings import accounts_of
from milletpay.funding.rows import columns, draw_of, give_back_of, row_of_draw, row_of_give_back
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.jobs import add_jobs
from milletpay.plumbing.statements import load_statements
from milletpay.rails import Outcome
from milletpay.treasury import BankLink, Treasury
from milletpay.wallets import Asking, Card, CardId, Wallets

SQL: Final = load_statements("milletpay.funding")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseSources:
    """A customer says from what to pay, the first first."""

    customer: CustomerId
    mode: Mode
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """From what a customer pays from now on."""

    order: Order


Command: TypeAlias = ChooseSources | AskForDraw | AskForGiveBack
Answer: TypeAlias = Chosen | Asking | Draw | GiveBack | FundingRefused


class Funding:
    """Parts above it say what they want before a batch loads, then have it draw and give back."""

    commands: tuple[type, ...] = (ChooseSources, AskForDraw, AskForGiveBack)

    def __init__(self, *, book: Book, customers: Customers, wallets: Wallets, treasury: Treasury) -> None:
        self._facts = FundingFacts(book=book, customers=customers, wallets=wallets, treasury=treasury)
        self._draws: set[DrawId] = set()
        self._give_backs: set[GiveBackId] = set()
        self._taken: set[DrawId] = set()
        self._payments: set[int] = set()

    def begin(self) -> None:
        """A new batch."""
        self._facts.clear()
        self._draws.clear()
        self._give_backs.clear()
        self._taken.clear()
        self._payments.clear()

    def forget(self) -> None:
        """There is nothing to forget."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        match command:
            case AskForDraw():
                self._draws.add(command.id)
            case AskForGiveBack():
                self._give_backs.add(command.id)
            case ChooseSources():
                self._facts.customers.want_customer(command.customer)
                self.want_cards(command.order)

    def want_draw(self, draw: DrawId) -> None:
        """Note that the batch is about a draw, and so about its payment."""
        self._draws.add(draw)

    def want_take_back(self, draw: DrawId) -> None:
        """Note that a bank may have taken back a draw: all that went back of it counts."""
        self._draws.add(draw)
        self._taken.add(draw)

    def want_give_back(self, back: GiveBackId) -> None:
        """Note that the batch is about a give-back, and so about its payment."""
        self._give_backs.add(back)

    def want_payments(self, payments: Iterable[int]) -> None:
        """Note that the batch is about payments that a card funds, or is asked for."""
        self._payments.update(payments)

    def want_cards(self, order: Order) -> None:
        """Note that the batch may draw from cards."""
        for source in order:
            if source.card is not None:
                self._facts.wallets.want_card(source.card)
                self._facts.treasury.want_links()

    async def bring(self, connection: Connection) -> None:
        """Bring the draws and give-backs that were named, before anything else: they name their payments."""
        facts = self._facts
        if self._give_backs or self._taken:
            rows = await connection.fetch(SQL["give_backs"], self._give_backs, self._taken)
            found = [give_back_of(row) for row in rows]
            facts.give_backs.update({back.id: back for back in found})
            self._draws.update(back.draw for back in found)
            self._give_backs.clear()
            self._taken.clear()
        if self._draws:
            facts.know(map(draw_of, await connection.fetch(SQL["draws"], self._draws, [])))
            self._draws.clear()

    async def load(self, connection: Connection) -> None:
        """Bring what is wanted and not here, and tell the parts below what deciding about it needs."""
        await self.bring(connection)
        facts = self._facts
        if self._payments:
            facts.know(map(draw_of, await connection.fetch(SQL["draws"], [], self._payments)))
        moving: list[Draw | GiveBack] = [*facts.draws.values(), *facts.give_backs.values()]
        for it in moving:
            facts.wallets.want_card(it.card)
            facts.treasury.want_bank(it.bank, currency=it.amount.currency)
            facts.book.want(*accounts_of(it))

    def decide(self, command: Command, /) -> Answer:
        """Decide one command."""
        match command:
            case AskForDraw():
                return ask_for_draw(self._facts, command)
            case AskForGiveBack():
                return ask_for_give_back(self._facts, command)
            case ChooseSources():
                return self._choose(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write what was decided: draws, give-backs, orders, and the jobs that ask banks."""
        facts = self._facts
        if facts.changed_draws:
            rows = map(row_of_draw, facts.changed_draws.values())
            await connection.execute(SQL["write_draws"], *columns(rows))
        if facts.changed_give_backs:
            rows = map(row_of_give_back, facts.changed_give_backs.values())
            await connection.execute(SQL["write_give_backs"], *columns(rows))
        if facts.chosen:
            orders = [write_order(order) for order in facts.chosen.values()]
            moments = [facts.book.now] * len(orders)
            await connection.execute(SQL["write_preferences"], list(facts.chosen), orders, moments)
        if facts.jobs:
            await add_jobs(connection, jobs=facts.jobs, now=facts.book.now)

    def card(self, card: CardId) -> Card:
        """A card that was wanted and is there."""
        found = self._facts.wallets.card(card)
        assert found is not None, f"no card {card}"
        return found

    def usable(self, order: Order, *, customer: CustomerId, currency: Currency) -> frozenset[CardId]:
        """Which cards of an order are the customer's, bound, and of banks that move this currency for us."""
        facts = self._facts
        cards = [facts.wallets.card(source.card) for source in order if source.card is not None]
        return frozenset(
            card.id
            for card in cards
            if card is not None
            and card.customer == customer
            and not card.removed_at
            and facts.treasury.link(card.bank, currency=currency) is not None
        )

    @property
    def draws(self) -> Iterable[Draw]:
        """All draws that the batch knows."""
        return self._facts.draws.values()

    @property
    def give_backs(self) -> Iterable[GiveBack]:
        """All give-backs that the batch knows."""
        return self._facts.give_backs.values()

    def find_draw(self, id: DrawId) -> Draw | None:
        """A draw that was wanted, as the batch has it now."""
        return self._facts.draws.get(id)

    def find_give_back(self, id: GiveBackId) -> GiveBack | None:
        """A give-back that was wanted, as the batch has it now."""
        return self._facts.give_backs.get(id)

    def awaited(self, payment: int) -> Draw | None:
        """The draw that a payment waits for."""
        return next((draw for draw in self._of(payment) if draw.is_awaited), None)

    def taken(self, payment: int) -> Draw | None:
        """The draw that a payment has taken."""
        return next((draw for draw in self._of(payment) if draw.status is DrawStatus.SUCCEEDED), None)

    def link(self, draw: Draw) -> BankLink:
        """How we work with the bank of a draw."""
        return self._facts.link(draw)

    def start(self, *, payment: int, attempt: int, customer: CustomerId, card: CardId, amount: Money) -> Draw:
        """As `start_draw`."""
        return draws.start_draw(
            self._facts, payment=payment, attempt=attempt, customer=customer, card=card, amount=amount
        )

    def let_go(self, draw: Draw) -> Draw:
        """As `draws.let_go`."""
        return draws.let_go(self._facts, draw)

    def succeed(self, draw: Draw, *, outcome: Outcome) -> Draw:
        """As `draws.succeed`."""
        return draws.succeed(self._facts, draw, outcome)

    def fail(self, draw: Draw, *, outcome: Outcome) -> Draw:
        """As `draws.fail`."""
        return draws.fail(self._facts, draw, outcome)

    def come_late(self, draw: Draw, *, outcome: Outcome) -> Draw:
        """As `draws.come_late`."""
        return draws.come_late(self._facts, draw, outcome)

    def why_not_take_back(self, draw: Draw, *, amount: Money) -> FundingRefused | None:
        """As `take_backs.why_not`."""
        return take_backs.why_not(draw, amount=amount)

    def take_back(self, draw: Draw, *, amount: Money) -> Draw | FundingRefused:
        """As `take_backs.take_back`."""
        return take_backs.take_back(self._facts, draw, amount=amount)

    def return_draw(self, draw: Draw, *, amount: Money) -> Draw:
        """As `take_backs.return_draw`."""
        return take_backs.return_draw(self._facts, draw, amount=amount)

    def not_to_be_asked(self, draw: Draw) -> Sequence[GiveBackId]:
        """As `take_backs.not_to_be_asked`."""
        return take_backs.not_to_be_asked(self._facts, draw)

    def recover_from_refund(self, draw: Draw, *, came: Money) -> None:
        """A refund went to the balance instead of the card: take out of it what the customer owes us."""
        give_backs.recover_from_refund(
            self._facts, customer=draw.customer, mode=draw.bank.mode, came=came, payment=draw.payment
        )

    def lose_sight(self, draw: Draw) -> Draw:
        """As `draws.lose_sight`."""
        return draws.lose_sight(self._facts, draw)

    def give_back(self, draw: Draw, *, amount: Money, refund: int | None) -> None:
        """Send a part of a draw, which its payment has moved to `refund_transit`, back to the card."""
        give_backs.start_give_back(self._facts, draw, amount=amount, refund=refund)

    def resolve_give_back(self, back: GiveBack, *, outcome: Outcome) -> GiveBack:
        """As `give_backs.resolve_give_back`."""
        return give_backs.resolve_give_back(self._facts, back, outcome)

    def _of(self, payment: int) -> Iterable[Draw]:
        return [self._facts.draws[id] for id in self._facts.of_payment.get(payment, ())]

    def _choose(self, command: ChooseSources) -> Chosen | FundingRefused:
        facts, order = self._facts, command.order
        if not order or len(set(order)) != len(order) or len(order) > SOURCES_MAX:
            detail = f"an order names each source once: at least one, and at most {SOURCES_MAX}"
            return FundingRefused(refusal=FundingRefusal.NAMED_TWICE, detail=detail)
        customer = facts.customers.customer(command.customer)
        if customer is None or customer.mode is not command.mode:
            detail = "there is no such customer in this mode"
            return FundingRefused(refusal=FundingRefusal.CUSTOMER_NOT_FOUND, detail=detail)
        for source in order:
            card = None if source.card is None else facts.wallets.card(source.card)
            if source.card is not None and (card is None or card.customer != customer.id or card.removed_at):
                detail = f"the customer has no card {source}"
                return FundingRefused(refusal=FundingRefusal.CARD_NOT_FOUND, detail=detail)
        facts.chosen[command.customer] = order
        return Chosen(order=order)
