"""Code plates: printed codes of stores and tills, made and revoked at the desk.

A plate belongs to one store for ever. One that was lost, copied or pasted over is **revoked**, for ever, and
from that very batch nothing is paid to it; the store gets another, with another serial number.
"""

from dataclasses import dataclass, replace
from enum import StrEnum, auto
from typing import Final, TypeAlias

from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import MerchantId, Plate, PlateId, StoreId, TerminalId
from milletpay.merchants.operations import Merchants
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.remembered import Remembered
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.merchants")

REMEMBERED_MAX: Final = 200_000
"""How many plates memory holds before it begins anew."""

PLATES_MAX: Final = 10_000
"""How many plates a merchant may ever have."""


class PlateRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ID_TAKEN = auto()
    """The id names another plate."""
    NOT_FOUND = auto()
    """The merchant has no such plate."""
    STORE_NOT_FOUND = auto()
    """The merchant has no such store."""
    MERCHANT_NOT_ACTIVE = auto()
    """The merchant may not take payments."""
    TOO_MANY = auto()
    """The merchant has made as many as one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRefused:
    """A refusal, in words too."""

    refusal: PlateRefusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePlate:
    """Make a plate for a store, or for one of its tills. The same again answers with the same plate."""

    id: PlateId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    terminal: TerminalId | None = None
    """Known before as one of the store's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokePlate:
    """Take a plate out of use for ever. Revoking it again changes nothing."""

    id: PlateId
    merchant: MerchantId
    mode: Mode


Command: TypeAlias = MakePlate | RevokePlate


class Plates:
    """The part of a desk that knows the plates. Parts above it say `want_plate`, then `plate`."""

    commands: tuple[type, ...] = (MakePlate, RevokePlate)

    def __init__(self, *, book: Book, merchants: Merchants) -> None:
        self._book = book
        self._merchants = merchants
        self._plates: Remembered[PlateId, Plate] = Remembered(
            id_of=lambda plate: plate.id, most=REMEMBERED_MAX
        )
        self._makers: set[MerchantId] = set()
        self._last: dict[MerchantId, int] = {}
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch."""
        self._plates.begin()
        self._makers.clear()
        self._last.clear()
        self._events.clear()

    def forget(self) -> None:
        """Plates may have changed."""
        self._plates.forget()
        self._events.clear()

    def want_plate(self, id: PlateId) -> None:
        """Note that the batch asks for a plate."""
        self._plates.want(id)

    def want(self, command: Command, /) -> None:
        """Note which plate and store a command is about."""
        self.want_plate(command.id)
        if isinstance(command, MakePlate):
            self._makers.add(command.merchant)
            self._merchants.want_merchant(command.merchant)
            self._merchants.want_store(command.store)

    async def load(self, connection: Connection) -> None:
        """Bring the plates that are wanted and not remembered, and the last number that makers have used."""
        wanted = self._plates.wanted
        if wanted:
            self._plates.bring(map(plate_of, await connection.fetch(SQL["plates"], wanted)))
        if self._makers:
            rows = await connection.fetch(SQL["last_serials"], self._makers)
            self._last = {MerchantId(row["merchant"]): row["serial"] for row in rows}

    def plate(self, id: PlateId) -> Plate | None:
        """A plate that the batch has asked for, as it stands now; None where there is none."""
        return self._plates[id]

    def decide(self, command: Command, /) -> Plate | PlateRefused:
        """Decide one command: the plate as it then is, or why not."""
        known = self._plates[command.id]
        if isinstance(command, RevokePlate):
            return self._revoke(known, command)
        if known is not None:
            if (known.merchant, known.store, known.terminal) == (
                command.merchant,
                command.store,
                command.terminal,
            ):
                return known
            return PlateRefused(refusal=PlateRefusal.ID_TAKEN, detail="This id names another plate.")
        store = self._merchants.store(command.store)
        if store is None or store.merchant != command.merchant:
            return PlateRefused(refusal=PlateRefusal.STORE_NOT_FOUND, detail="There is no such store.")
        merchant = self._merchants.merchant(command.merchant)
        if merchant is None or not merchant.is_active or merchant.mode is not command.mode:
            detail = "The merchant may not take payments now."
            return PlateRefused(refusal=PlateRefusal.MERCHANT_NOT_ACTIVE, detail=detail)
        last = self._last.get(command.merchant, 0)
        if last >= PLATES_MAX:
            detail = f"{last} plates are as many as a merchant may make."
            return PlateRefused(refusal=PlateRefusal.TOO_MANY, detail=detail)
        # From here it must succeed.
        self._last[command.merchant] = last + 1
        plate = Plate(
            id=command.id,
            merchant=command.merchant,
            mode=command.mode,
            store=command.store,
            terminal=command.terminal,
            serial=last + 1,
            created_at=self._book.now,
        )
        return self._keep(plate, kind="plate.made", sequence=1)

    async def save(self, connection: Connection) -> None:
        """Write the plates that have changed, and the news of it."""
        changed = self._plates.to_write()
        if not changed:
            return
        await connection.execute(
            SQL["write_plates"],
            [p.id for p in changed],
            [p.merchant for p in changed],
            [p.mode is Mode.LIVE for p in changed],
            [p.store for p in changed],
            [p.terminal for p in changed],
            [p.serial for p in changed],
            [p.created_at for p in changed],
            [p.revoked_at for p in changed],
        )
        await append(connection, events=self._events)

    def _revoke(self, known: Plate | None, command: RevokePlate) -> Plate | PlateRefused:
        if known is None or (known.merchant, known.mode) != (command.merchant, command.mode):
            return PlateRefused(refusal=PlateRefusal.NOT_FOUND, detail="There is no such plate.")
        if known.revoked_at:
            return known
        return self._keep(replace(known, revoked_at=self._book.now), kind="plate.revoked", sequence=2)

    def _keep(self, plate: Plate, *, kind: str, sequence: int) -> Plate:
        self._plates.keep(plate)
        self._events.append(Event(kind=kind, object=plate.id, sequence=sequence, at=self._book.now))
        self._book.note()
        return plate


async def find_plate(connection: Connection, *, id: PlateId) -> Plate | None:
    """The plate of an id, as committed."""
    row = await connection.fetchrow(SQL["plates"], [id])
    return None if row is None else plate_of(row)


async def plates_of(
    connection: Connection, *, merchant: MerchantId, mode: Mode, most: int, before: int = ID_END
) -> list[Plate]:
    """A merchant's plates, the newest first, with ids below `before`."""
    rows = await connection.fetch(SQL["plates_of"], merchant, mode is Mode.LIVE, before, most)
    return [plate_of(row) for row in rows]


def plate_of(row: Row) -> Plate:
    """The plate of a row of the table."""
    return Plate(
        id=PlateId(row["id"]),
        merchant=MerchantId(row["merchant"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        store=StoreId(row["store"]),
        terminal=None if row["terminal"] is None else TerminalId(row["terminal"]),
        serial=row["serial"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
