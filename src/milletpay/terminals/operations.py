"""The writes of terminals: commands at the desk."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, assert_never

from milletpay.identity import NewTerminalKey, Place, give_terminal_key, revoke_terminal_keys
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.merchants import MerchantId, Merchants, StoreId, TerminalId
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.model import (
    NUMBER_MAX,
    PAIRING_NS,
    Terminal,
    TerminalKind,
    TerminalRefusal,
    TerminalRefused,
)
from milletpay.terminals.queries import terminal_of

SQL: Final = load_statements("milletpay.terminals")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTerminal:
    """Let there be a terminal in a store of a merchant."""

    id: TerminalId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    kind: TerminalKind
    name: str
    refund_max: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireTerminal:
    """Take a terminal out of use for ever, and its key with it. Again changes nothing."""

    id: TerminalId
    merchant: MerchantId
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPairing:
    """Let a code pair a terminal, in the place of the code that waits, if one does."""

    id: TerminalId
    merchant: MerchantId
    mode: Mode
    mac: bytes = field(repr=False)
    """Under what the code is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTerminal:
    """Use a code up: the terminal that waits for it is given a key; one that it had is good no longer."""

    mac: bytes = field(repr=False)
    keys: Sequence[NewTerminalKey]
    """One for each mode: which one is given depends on the terminal."""


Command: TypeAlias = RegisterTerminal | RetireTerminal | OfferPairing | PairTerminal


class Terminals:
    """The part of a desk that knows the terminals. Nothing of them is remembered from batch to batch."""

    commands: tuple[type, ...] = (RegisterTerminal, RetireTerminal, OfferPairing, PairTerminal)

    def __init__(self, *, book: Book, merchants: Merchants) -> None:
        self._book = book
        self._merchants = merchants
        self._ids: set[TerminalId] = set()
        self._macs: set[bytes] = set()
        self._registered: list[RegisterTerminal] = []
        self._known: dict[TerminalId, Terminal] = {}
        self._changed: dict[TerminalId, Terminal] = {}
        self._retired: list[TerminalId] = []
        self._given: list[tuple[Terminal, NewTerminalKey]] = []
        self._numbers = _Numbers()

    def begin(self) -> None:
        """A new batch."""
        for collected in (
            self._ids,
            self._macs,
            self._registered,
            self._known,
            self._changed,
            self._retired,
            self._given,
        ):
            collected.clear()

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        match command:
            case RegisterTerminal():
                self._ids.add(command.id)
                self._registered.append(command)
                self._merchants.want_merchant(command.merchant)
                self._merchants.want_store(command.store)
            case RetireTerminal():
                self._ids.add(command.id)
            case OfferPairing():
                self._ids.add(command.id)
                self._macs.add(command.mac)
            case PairTerminal():
                self._macs.add(command.mac)
            case _:
                assert_never(command)

    def want_terminal(self, id: TerminalId) -> None:
        """Note that the batch asks for a terminal."""
        self._ids.add(id)

    def terminal(self, id: TerminalId) -> Terminal | None:
        """A terminal that the batch has asked for, as it stands now; None where there is none."""
        return self._known.get(id)

    async def load(self, connection: Connection) -> None:
        """Bring the terminals that are wanted, and the numbers that new ones follow."""
        if self._ids or self._macs:
            for row in await connection.fetch(SQL["terminals"], self._ids, self._macs):
                terminal = terminal_of(row)
                self._known[terminal.id] = terminal
        if self._registered:
            await self._numbers.load(connection, self._registered)

    def decide(self, command: Command, /) -> Terminal | TerminalRefused:
        """Decide one command: the terminal as it then is, or why not."""
        match command:
            case RegisterTerminal():
                return self._register(command)
            case RetireTerminal():
                return self._retire(command)
            case OfferPairing():
                return self._offer(command)
            case PairTerminal():
                return self._pair(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write the terminals that have changed, and their keys."""
        if not self._changed:
            return
        # A code that moves from one terminal to another is free before it is taken.
        changed = sorted(self._changed.values(), key=lambda one: (one.pairing_mac != b"", one.id))
        await connection.execute(SQL["write_terminals"], *_columns_of(changed))
        now = self._book.now
        for terminal, key in self._given:
            place = Place(terminal=terminal.id, store=terminal.store, references=terminal.references)
            await give_terminal_key(connection, key=key, merchant=terminal.merchant, place=place, now=now)
        if self._retired:
            await revoke_terminal_keys(connection, terminals=self._retired, now=now)

    def _register(self, command: RegisterTerminal) -> Terminal | TerminalRefused:
        known = self._known.get(command.id)
        if known is not None:
            if (known.merchant, known.mode, known.store) == (command.merchant, command.mode, command.store):
                return known
            return _refused(TerminalRefusal.ID_TAKEN, "This id names another terminal.")
        merchant, store = self._merchants.merchant(command.merchant), self._merchants.store(command.store)
        if merchant is None or store is None or store.merchant != command.merchant:
            return _refused(TerminalRefusal.STORE_NOT_FOUND, "There is no such store.")
        if self._numbers.house >= NUMBER_MAX:
            return _refused(TerminalRefusal.NUMBERS_USED_UP, "There is no number left for a terminal.")
        # From here it must succeed.
        return self._keep(
            Terminal(
                id=command.id,
                merchant=command.merchant,
                mode=command.mode,
                store=command.store,
                kind=command.kind,
                name=command.name,
                number=self._numbers.next_in(command.store),
                house_number=self._numbers.next_of_house(),
                merchant_number=self._numbers.of(command.merchant),
                refund_max=command.refund_max,
                created_at=self._book.now,
            )
        )

    def _find(self, command: RetireTerminal | OfferPairing) -> Terminal | TerminalRefused:
        known = self._known.get(command.id)
        if known is None or (known.merchant, known.mode) != (command.merchant, command.mode):
            return _refused(TerminalRefusal.TERMINAL_NOT_FOUND, "There is no such terminal.")
        return known

    def _retire(self, command: RetireTerminal) -> Terminal | TerminalRefused:
        known = self._find(command)
        if isinstance(known, TerminalRefused) or known.retired_at:
            return known
        self._retired.append(known.id)
        return self._keep(replace(known, retired_at=self._book.now, pairing_mac=b"", pairing_until=0))

    def _offer(self, command: OfferPairing) -> Terminal | TerminalRefused:
        known = self._find(command)
        if isinstance(known, TerminalRefused):
            return known
        if known.retired_at:
            return _refused(TerminalRefusal.RETIRED, "The terminal is out of use: register another.")
        # One code in 2**40: who has drawn it twice draws again.
        if self._waiting_for(command.mac) not in {None, known.id}:
            return _refused(TerminalRefusal.PAIRING_REFUSED, "Draw another code.")
        until = self._book.now + PAIRING_NS
        return self._keep(replace(known, pairing_mac=command.mac, pairing_until=until))

    def _pair(self, command: PairTerminal) -> Terminal | TerminalRefused:
        id = self._waiting_for(command.mac)
        if id is None or self._known[id].pairing_until <= self._book.now:
            detail = "No terminal waits for this code: check it, or ask for a new one."
            return _refused(TerminalRefusal.PAIRING_REFUSED, detail)
        known = self._known[id]
        key = next(key for key in command.keys if key.mode is known.mode)
        paired = replace(
            known,
            pairings=known.pairings + 1,
            paired_at=self._book.now,
            pairing_mac=b"",
            pairing_until=0,
        )
        self._given.append((paired, key))
        return self._keep(paired)

    def _waiting_for(self, mac: bytes) -> TerminalId | None:
        return next((id for id, terminal in self._known.items() if terminal.pairing_mac == mac), None)

    def _keep(self, terminal: Terminal) -> Terminal:
        self._known[terminal.id] = self._changed[terminal.id] = terminal
        return terminal


class _Numbers:
    """The numbers that were given, counted on while a batch registers terminals."""

    def __init__(self) -> None:
        self.house = 0
        self._merchants = 0
        self._in_stores: dict[StoreId, int] = {}
        self._of_merchants: dict[MerchantId, int] = {}

    async def load(self, connection: Connection, registered: Sequence[RegisterTerminal]) -> None:
        """Read what was given before."""
        last = await connection.fetchrow(SQL["numbers"])
        assert last is not None
        self.house, self._merchants = last["house_number"], last["merchant_number"]
        stores = await connection.fetch(SQL["numbers_of_stores"], [one.store for one in registered])
        self._in_stores = {row["store"]: row["number"] for row in stores}
        merchants = await connection.fetch(SQL["numbers_of_merchants"], [one.merchant for one in registered])
        self._of_merchants = {row["merchant"]: row["merchant_number"] for row in merchants}

    def next_of_house(self) -> int:
        self.house += 1
        return self.house

    def next_in(self, store: StoreId) -> int:
        self._in_stores[store] = self._in_stores.get(store, 0) + 1
        return self._in_stores[store]

    def of(self, merchant: MerchantId) -> int:
        if merchant not in self._of_merchants:
            self._merchants += 1
            self._of_merchants[merchant] = self._merchants
        return self._of_merchants[merchant]


def _columns_of(terminals: Sequence[Terminal]) -> tuple[list[object], ...]:
    return (
        [t.id for t in terminals],
        [t.merchant for t in terminals],
        [t.mode is Mode.LIVE for t in terminals],
        [t.store for t in terminals],
        [t.kind.value for t in terminals],
        [t.name for t in terminals],
        [t.number for t in terminals],
        [t.house_number for t in terminals],
        [t.merchant_number for t in terminals],
        [t.refund_max for t in terminals],
        [t.created_at for t in terminals],
        [t.retired_at for t in terminals],
        [t.pairings for t in terminals],
        [t.paired_at for t in terminals],
        [t.pairing_mac for t in terminals],
        [t.pairing_until for t in terminals],
    )


def _refused(refusal: TerminalRefusal, detail: str) -> TerminalRefused:
    return TerminalRefused(refusal=refusal, detail=detail)
