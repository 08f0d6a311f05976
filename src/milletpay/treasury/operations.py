"""The writes of the treasury: commands at the desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from milletpay.ledger import Book, CreateAccountStatus, CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements
from milletpay.rails import BankKey
from milletpay.treasury.model import BankLink, Movement, MovementKind, TreasuryRefusal, TreasuryRefused
from milletpay.treasury.postings import accounts_moved, accounts_opened, moved
from milletpay.treasury.queries import find_links, movement_of

SQL: Final = load_statements("milletpay.treasury")

OPENED: Final = {CreateAccountStatus.created, CreateAccountStatus.exists}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBank:
    """Begin to work with a bank in a currency. The same again answers with the same link."""

    link: BankLink


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMovement:
    """Book money that the house has moved. The same again answers with the same movement."""

    kind: MovementKind
    bank: BankKey
    reference: str
    amount: Money


Command: TypeAlias = OpenBank | BookMovement
Answer: TypeAlias = BankLink | Movement | TreasuryRefused

_Linked = tuple[BankKey, Currency]
_Named = tuple[BankKey, str]


class Treasury:
    """The part of a desk that knows the banks. Parts above it say `want_bank`, then ask for its `link`."""

    commands: tuple[type, ...] = (OpenBank, BookMovement)

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._links: dict[_Linked, BankLink] | None = None
        self._movements: dict[_Named, Movement] = {}
        self._wanted: set[_Linked] = set()
        self._wants_links = False
        self._wanted_movements: list[BookMovement] = []
        self._new_links: list[BankLink] = []
        self._new_movements: list[Movement] = []

    def begin(self) -> None:
        """A new batch."""
        self._movements.clear()
        self._wanted.clear()
        self._wants_links = False
        self._wanted_movements.clear()
        self._new_links.clear()
        self._new_movements.clear()

    def forget(self) -> None:
        """Links may have been added."""
        self._links = None

    def want_links(self) -> None:
        """Note that the batch asks for links of banks that it cannot name yet."""
        self._wants_links = True

    def want_bank(self, bank: BankKey, *, currency: Currency) -> None:
        """Note that the batch moves money over a bank."""
        self._wanted.add((bank, currency))

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        match command:
            case OpenBank(link=link):
                self._wanted.add((link.bank, link.currency))
                self._book.want(*[account.id for account in accounts_opened(link)])
            case BookMovement():
                self._wanted.add((command.bank, command.amount.currency))
                self._wanted_movements.append(command)

    async def load(self, connection: Connection) -> None:
        """Bring the links, when wanted and not remembered, and the movements of the wanted references."""
        if not (self._wanted or self._wants_links):
            return
        if self._links is None:
            self._links = {(link.bank, link.currency): link for link in await find_links(connection)}
        for place in self._wanted:
            if (link := self._links.get(place)) is not None:
                self._book.want(*accounts_moved(MovementKind.CASH, link=link))
        if not self._wanted_movements:
            return
        for command in self._wanted_movements:
            if (link := self._links.get((command.bank, command.amount.currency))) is not None:
                self._book.want(*accounts_moved(command.kind, link=link))
        names = [(command.bank, command.reference) for command in self._wanted_movements]
        rows = await connection.fetch(SQL["movements"], *_columns(names))
        self._movements.update(((m.bank, m.reference), m) for m in map(movement_of, rows))

    def link(self, bank: BankKey, *, currency: Currency) -> BankLink | None:
        """How we work with a bank in a currency; None where we do not."""
        assert self._links is not None, "the batch is not loaded"
        return self._links.get((bank, currency))

    def decide(self, command: Command, /) -> Answer:
        """Decide one command: the link or movement, or why not."""
        match command:
            case OpenBank():
                return self._open(command.link)
            case BookMovement():
                return self._move(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write what is new."""
        if self._new_links:
            links = self._new_links
            await connection.execute(
                SQL["add_links"],
                [link.bank.code for link in links],
                [link.bank.mode is Mode.LIVE for link in links],
                [link.currency.number for link in links],
                [link.clearing for link in links],
                [link.safe for link in links],
                [link.own for link in links],
            )
        if self._new_movements:
            movements = self._new_movements
            await connection.execute(
                SQL["add_movements"],
                *_columns((m.bank, m.reference) for m in movements),
                [m.kind.value for m in movements],
                [m.amount.currency.number for m in movements],
                [m.amount.minor for m in movements],
                [m.booked_at for m in movements],
            )

    def _open(self, link: BankLink) -> BankLink | TreasuryRefused:
        assert self._links is not None
        known = self._links.get((link.bank, link.currency))
        if known is not None and known != link:
            detail = f"we work with {link.bank.code} in {link.currency} over other accounts"
            return TreasuryRefused(refusal=TreasuryRefusal.LINKED_OTHERWISE, detail=detail)
        if known is None:
            # From here it must succeed.
            statuses = self._book.open_accounts(accounts_opened(link))
            assert OPENED.issuperset(statuses), f"{statuses} for {link}"
            self._links[link.bank, link.currency] = link
            self._new_links.append(link)
            self._book.note()
        return link

    def _move(self, command: BookMovement) -> Movement | TreasuryRefused:
        link = self.link(command.bank, currency=command.amount.currency)
        if link is None:
            detail = f"we do not work with {command.bank.code} in {command.amount.currency}"
            return TreasuryRefused(refusal=TreasuryRefusal.NOT_LINKED, detail=detail)
        known = self._movements.get((command.bank, command.reference))
        if known is not None and (known.kind, known.amount) != (command.kind, command.amount):
            detail = f"{command.reference} names a movement of {known.amount}"
            return TreasuryRefused(refusal=TreasuryRefusal.REFERENCE_USED, detail=detail)
        if known is not None:
            return known
        # From here it must succeed.
        book = self._book
        statuses = book.post(
            moved(command.kind, link=link, amount=command.amount, ids=book.new_id, date=book.accounting_date)
        )
        assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {command}"
        movement = Movement(
            kind=command.kind,
            bank=command.bank,
            reference=command.reference,
            amount=command.amount,
            booked_at=book.now,
        )
        self._movements[command.bank, command.reference] = movement
        self._new_movements.append(movement)
        return movement


def _columns(names: Iterable[_Named]) -> list[list[object]]:
    """Codes, modes and references, each as a column."""
    listed = list(names)
    return [
        [bank.code for bank, _ in listed],
        [bank.mode is Mode.LIVE for bank, _ in listed],
        [reference for _, reference in listed],
    ]
