"""The writes of wallets: the part of a desk that decides about cards, top-ups, withdrawals and sends."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from milletpay.customers import CustomerId, Customers
from milletpay.ledger import Book
from milletpay.limits import Limits, Measure
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.jobs import add_jobs
from milletpay.plumbing.outbox import append
from milletpay.plumbing.statements import load_statements
from milletpay.treasury import Treasury
from milletpay.wallets.asking import Asking
from milletpay.wallets.cards import BindCard, RemoveCard, bind_card, remove_card
from milletpay.wallets.facts import Shelf, WalletFacts
from milletpay.wallets.model import Card, CardId, Send, TopUp, WalletRefused, Withdrawal, WithdrawalFee
from milletpay.wallets.postings import accounts_of, balance_account
from milletpay.wallets.rows import (
    card_of,
    columns,
    row_of_card,
    row_of_send,
    row_of_top_up,
    row_of_withdrawal,
    send_of,
    top_up_of,
    withdrawal_of,
)
from milletpay.wallets.sends import SendMoney, send_money
from milletpay.wallets.top_ups import (
    AskForTopUp,
    ClawBackTopUp,
    ResolveTopUp,
    StartTopUp,
    ask_for_top_up,
    claw_back_top_up,
    resolve_top_up,
    start_top_up,
)
from milletpay.wallets.withdrawals import (
    AskForWithdrawal,
    ResolveWithdrawal,
    ReturnWithdrawal,
    StartWithdrawal,
    ask_for_withdrawal,
    resolve_withdrawal,
    return_withdrawal,
    start_withdrawal,
)

SQL: Final = load_statements("milletpay.wallets")

_Starting: TypeAlias = SendMoney | StartTopUp | StartWithdrawal
Answer: TypeAlias = Card | TopUp | Withdrawal | Send | Asking | WalletRefused

DECIDES: Final[dict[type, Callable[[WalletFacts, Any], Answer]]] = {
    BindCard: bind_card,
    RemoveCard: remove_card,
    StartTopUp: start_top_up,
    AskForTopUp: ask_for_top_up,
    ResolveTopUp: resolve_top_up,
    ClawBackTopUp: claw_back_top_up,
    StartWithdrawal: start_withdrawal,
    AskForWithdrawal: ask_for_withdrawal,
    ResolveWithdrawal: resolve_withdrawal,
    ReturnWithdrawal: return_withdrawal,
    SendMoney: send_money,
}


class Wallets:
    """The part of a desk that moves money into wallets, out of them, and between them."""

    commands: tuple[type, ...] = tuple(DECIDES)

    def __init__(
        self,
        *,
        book: Book,
        customers: Customers,
        limits: Limits,
        treasury: Treasury,
        withdrawal_fee: WithdrawalFee,
    ) -> None:
        self._facts = WalletFacts(
            book=book, customers=customers, limits=limits, treasury=treasury, fee=withdrawal_fee
        )
        self._sending: list[SendMoney] = []
        self._starting: list[StartTopUp | StartWithdrawal] = []

    def begin(self) -> None:
        """A new batch."""
        self._facts.clear()
        self._sending.clear()
        self._starting.clear()

    def forget(self) -> None:
        """There is nothing to forget."""

    def want_card(self, card: CardId) -> None:
        """Note that a part above asks for a card."""
        self._facts.cards.want(card)

    def card(self, card: CardId) -> Card | None:
        """A card that was wanted, as the batch has it now; None where there is none."""
        return self._facts.cards.get(card)

    def want(self, command: Any, /) -> None:  # noqa: ANN401 - of one of the kinds that it decides
        """Note what a command names."""
        facts = self._facts
        match command:
            case BindCard():
                facts.cards.want(command.id, customer=command.customer, reference=command.reference)
                facts.customers.want_customer(command.customer)
            case RemoveCard():
                facts.cards.want(command.id)
            case SendMoney():
                facts.sends.want(command.id, customer=command.customer, reference=command.reference)
                self._sending.append(command)
            case StartTopUp():
                facts.top_ups.want(command.id, customer=command.customer, reference=command.reference)
                facts.cards.want(command.card)
                self._starting.append(command)
            case StartWithdrawal():
                facts.withdrawals.want(command.id, customer=command.customer, reference=command.reference)
                facts.cards.want(command.card)
                self._starting.append(command)
            case AskForTopUp() | ResolveTopUp() | ClawBackTopUp():
                facts.top_ups.want(command.id)
            case _:
                facts.withdrawals.want(command.id)

    async def load(self, connection: Connection) -> None:
        """Bring the objects, and tell the parts below what deciding about them needs."""
        facts = self._facts
        facts.top_ups.know(map(top_up_of, await _find(connection, "top_ups", facts.top_ups)))
        facts.withdrawals.know(map(withdrawal_of, await _find(connection, "withdrawals", facts.withdrawals)))
        facts.sends.know(map(send_of, await _find(connection, "sends", facts.sends)))
        for top_up in facts.top_ups.items:
            facts.cards.want(top_up.card)
        for withdrawal in facts.withdrawals.items:
            facts.cards.want(withdrawal.card)
        facts.cards.know(map(card_of, await _find(connection, "cards", facts.cards)))
        for send in self._sending:
            self._want_customer(send.customer, Measure.SENDS, send)
            facts.customers.want_customer(send.recipient)
            facts.book.want(balance_account(send.recipient, mode=send.mode, currency=send.amount.currency))
        if self._starting:
            facts.treasury.want_links()  # a card may be bound and used in one batch
        for start in self._starting:
            measure = Measure.TOP_UPS if isinstance(start, StartTopUp) else Measure.WITHDRAWALS
            self._want_customer(start.customer, measure, start)
            if (card := facts.cards.get(start.card)) is not None:
                facts.treasury.want_bank(card.bank, currency=start.amount.currency)
        self._want_moving()

    def decide(self, command: Any, /) -> Answer:  # noqa: ANN401 - of one of the kinds that it decides
        """Decide one command."""
        return DECIDES[type(command)](self._facts, command)

    async def save(self, connection: Connection) -> None:
        """Write what was decided: objects, jobs, news."""
        facts = self._facts
        for statement, rows in (
            ("write_cards", map(row_of_card, facts.cards.changed.values())),
            ("write_top_ups", map(row_of_top_up, facts.top_ups.changed.values())),
            ("write_withdrawals", map(row_of_withdrawal, facts.withdrawals.changed.values())),
            ("add_sends", map(row_of_send, facts.sends.changed.values())),
        ):
            if written := columns(rows):
                await connection.execute(SQL[statement], *written)
        if facts.jobs:
            await add_jobs(connection, jobs=facts.jobs, now=facts.book.now)
        if facts.events:
            await append(connection, events=facts.events)

    def _want_customer(self, id: CustomerId, measure: Measure, command: _Starting) -> None:
        """Who it is, what he has used of his limits today, and the accounts."""
        facts, currency = self._facts, command.amount.currency
        facts.customers.want_customer(id)
        facts.limits.want_used(id, measure=measure, currency=currency, day=facts.today)
        facts.book.want(*accounts_of(id, mode=command.mode, currency=currency))

    def _want_moving(self) -> None:
        """What goes on with money that is on its way."""
        facts = self._facts
        for measure, shelf in ((Measure.TOP_UPS, facts.top_ups), (Measure.WITHDRAWALS, facts.withdrawals)):
            for it in shelf.items:
                currency = it.amount.currency
                facts.book.want(*accounts_of(it.customer, mode=it.bank.mode, currency=currency))
                facts.treasury.want_bank(it.bank, currency=currency)
                if it.counted_on:
                    facts.limits.want_used(it.customer, measure=measure, currency=currency, day=it.counted_on)


async def _find(connection: Connection, statement: str, shelf: Shelf[Any]) -> Sequence[Row]:
    """The rows that a shelf wants."""
    if not shelf.wanted:
        return []
    customers = [customer for customer, _ in shelf.wanted_names]
    names = [name for _, name in shelf.wanted_names]
    return await connection.fetch(SQL[statement], shelf.wanted, customers, names)
