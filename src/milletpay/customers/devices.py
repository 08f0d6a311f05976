"""The devices of customers: a phone that shows payment codes, a television or box that asks for payments.

A device is bound to one customer and never becomes another's: who gets it next registers it anew. One that
is lost or handed on is **retired**, for ever, and from that very batch nothing it shows or asks is taken;
its credential is taken back in the same transaction. An **allowance** bounds what may be bought on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto, unique
from typing import Final, TypeAlias

from milletpay.customers.allowances import EVERYTHING, Allowance
from milletpay.customers.model import CustomerId, DeviceId
from milletpay.identity import end_sessions_of
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.ids import ID_END, IdForm, Prefix
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.remembered import Remembered
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.customers")

DEVICE_ID: Final = IdForm(Prefix.DEVICE, DeviceId)

REMEMBERED_MAX: Final = 200_000
"""How many devices memory holds before it begins anew."""

DEVICES_MAX: Final = 20
"""How many devices in use a customer may have."""

DEVICES_EVER: Final = 1_000
"""How many a customer may ever have had: who makes and retires them all day uses up no numbers of others."""


@unique
class DeviceKind(Enum):
    """What a device is. The number is how it is kept."""

    PHONE = 1
    """Shows payment codes."""
    TV = 2
    """Shows codes to be scanned, large."""
    BOX = 3
    """As a television, without a screen of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of a customer, in the customer's mode."""

    id: DeviceId
    customer: CustomerId
    mode: Mode
    kind: DeviceKind
    name: str = field(repr=False)
    created_at: int
    allowance: Allowance = EVERYTHING
    """What may be bought on it."""
    retired_at: int = 0
    """Nanoseconds; 0 while it is in use."""
    version: int = 1
    """How many events it has had."""

    @property
    def is_active(self) -> bool:
        """Whether anything it shows or asks is taken."""
        return not self.retired_at


class DeviceRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ID_TAKEN = auto()
    """The id names another device."""
    NOT_FOUND = auto()
    """The customer has no such device."""
    RETIRED = auto()
    """It is out of use for ever."""
    TOO_MANY = auto()
    """The customer has as many devices as one may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRefused:
    """A refusal, in words too."""

    refusal: DeviceRefusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDevice:
    """Bind a device to a customer; that it is the customer who asks was proved before."""

    id: DeviceId
    customer: CustomerId
    mode: Mode
    kind: DeviceKind
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireDevice:
    """Take a device out of use for ever. Retiring it again changes nothing."""

    id: DeviceId
    customer: CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowDevice:
    """Say what may be bought on a device; that it is the customer who asks was proved before."""

    id: DeviceId
    customer: CustomerId
    allowance: Allowance


Command: TypeAlias = RegisterDevice | RetireDevice | AllowDevice


class Devices:
    """The part of a desk that knows the devices. Parts above it say `want_device`, then `device`."""

    commands: tuple[type, ...] = (RegisterDevice, RetireDevice, AllowDevice)

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._devices: Remembered[DeviceId, Device] = Remembered(
            id_of=lambda device: device.id, most=REMEMBERED_MAX
        )
        self._owners: set[CustomerId] = set()
        self._counts: dict[CustomerId, int] = {}
        self._ever: dict[CustomerId, int] = {}
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch."""
        self._devices.begin()
        self._owners.clear()
        self._counts.clear()
        self._ever.clear()
        self._events.clear()

    def forget(self) -> None:
        """Devices may have changed."""
        self._devices.forget()
        self._events.clear()

    def want_device(self, id: DeviceId) -> None:
        """Note that the batch asks for a device."""
        self._devices.want(id)

    def want(self, command: Command, /) -> None:
        """Note which device a command is about."""
        self.want_device(command.id)
        if isinstance(command, RegisterDevice):
            self._owners.add(command.customer)

    async def load(self, connection: Connection) -> None:
        """Bring the devices that are wanted and not remembered, and how many their new owners have."""
        wanted = self._devices.wanted
        if wanted:
            self._devices.bring(map(device_of, await connection.fetch(SQL["devices"], wanted)))
        if self._owners:
            rows = await connection.fetch(SQL["count_devices"], self._owners)
            self._counts = {CustomerId(row["customer"]): row["in_use"] for row in rows}
            self._ever = {CustomerId(row["customer"]): row["ever"] for row in rows}

    def device(self, id: DeviceId) -> Device | None:
        """A device that the batch has asked for, as it stands now; None where there is none."""
        return self._devices[id]

    def decide(self, command: Command, /) -> Device | DeviceRefused:
        """Decide one command: the device as it then is, or why not."""
        known = self._devices[command.id]
        if isinstance(command, RetireDevice):
            return self._retire(known, command)
        if isinstance(command, AllowDevice):
            return self._allow(known, command)
        if known is not None:
            if (known.customer, known.kind) == (command.customer, command.kind):
                return known
            return DeviceRefused(refusal=DeviceRefusal.ID_TAKEN, detail="This id names another device.")
        count = self._counts.get(command.customer, 0)
        if count >= DEVICES_MAX:
            detail = f"There are {count} devices already: retire one that is no longer used."
            return DeviceRefused(refusal=DeviceRefusal.TOO_MANY, detail=detail)
        ever = self._ever.get(command.customer, 0)
        if ever >= DEVICES_EVER:
            detail = f"{ever} devices have come and gone: use one of those that you have."
            return DeviceRefused(refusal=DeviceRefusal.TOO_MANY, detail=detail)
        # From here it must succeed.
        self._counts[command.customer] = count + 1
        self._ever[command.customer] = ever + 1
        device = Device(
            id=command.id,
            customer=command.customer,
            mode=command.mode,
            kind=command.kind,
            name=command.name,
            created_at=self._book.now,
        )
        return self._keep(device, kind="device.registered")

    async def save(self, connection: Connection) -> None:
        """Write the devices that have changed, and the news of it."""
        changed = self._devices.to_write()
        if not changed:
            return
        await connection.execute(
            SQL["write_devices"],
            [d.id for d in changed],
            [d.customer for d in changed],
            [d.mode is Mode.LIVE for d in changed],
            [d.kind.value for d in changed],
            [d.name for d in changed],
            [d.created_at for d in changed],
            [d.retired_at for d in changed],
            [d.version for d in changed],
        )
        await connection.execute(
            SQL["write_allowances"],
            [d.id for d in changed],
            [None if d.allowance.each is None else d.allowance.each.minor for d in changed],
            [None if d.allowance.day is None else d.allowance.day.minor for d in changed],
            [_currency_of(d.allowance) for d in changed],
            [",".join(map(str, sorted(d.allowance.categories))) for d in changed],
            [d.allowance.from_hour for d in changed],
            [d.allowance.to_hour for d in changed],
        )
        for device in changed:
            if not device.is_active:
                await end_sessions_of(connection, owner=device.id, now=self._book.now)
        await append(connection, events=self._events)

    def _retire(self, known: Device | None, command: RetireDevice) -> Device | DeviceRefused:
        if known is None or known.customer != command.customer:
            return DeviceRefused(refusal=DeviceRefusal.NOT_FOUND, detail="There is no such device.")
        if known.retired_at:
            return known
        self._counts[known.customer] = self._counts.get(known.customer, 1) - 1
        retired = replace(known, retired_at=self._book.now, version=known.version + 1)
        return self._keep(retired, kind="device.retired")

    def _allow(self, known: Device | None, command: AllowDevice) -> Device | DeviceRefused:
        if known is None or known.customer != command.customer:
            return DeviceRefused(refusal=DeviceRefusal.NOT_FOUND, detail="There is no such device.")
        if not known.is_active:
            return DeviceRefused(refusal=DeviceRefusal.RETIRED, detail="The device is out of use.")
        if known.allowance == command.allowance:
            return known
        allowed = replace(known, allowance=command.allowance, version=known.version + 1)
        return self._keep(allowed, kind="device.allowed")

    def _keep(self, device: Device, *, kind: str) -> Device:
        self._devices.keep(device)
        self._events.append(Event(kind=kind, object=device.id, sequence=device.version, at=self._book.now))
        self._book.note()
        return device


async def devices_of(
    connection: Connection, *, customer: CustomerId, most: int, before: int = ID_END
) -> list[Device]:
    """A customer's devices, the newest first, with ids below `before`; those that were retired among them."""
    rows = await connection.fetch(SQL["devices_of"], customer, before, most)
    return [device_of(row) for row in rows]


async def devices_in_use(connection: Connection, *, customer: CustomerId) -> list[Device]:
    """A customer's devices that were not retired, the newest first: at most `DEVICES_MAX`."""
    return [device_of(row) for row in await connection.fetch(SQL["devices_in_use"], customer)]


async def active_devices(
    connection: Connection, *, customers: Collection[CustomerId]
) -> Mapping[DeviceId, CustomerId]:
    """Whose the devices in use of these customers are."""
    rows = await connection.fetch(SQL["active_devices"], customers)
    return {DeviceId(row["id"]): CustomerId(row["customer"]) for row in rows}


async def find_device(connection: Connection, *, id: DeviceId) -> Device | None:
    """The device of an id, as committed."""
    row = await connection.fetchrow(SQL["devices"], [id])
    return None if row is None else device_of(row)


def device_of(row: Row) -> Device:
    """The device of a row of the table."""
    return Device(
        id=DeviceId(row["id"]),
        customer=CustomerId(row["customer"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        kind=DeviceKind(row["kind"]),
        name=row["name"],
        created_at=row["created_at"],
        allowance=_allowance_of(row),
        retired_at=row["retired_at"],
        version=row["version"],
    )


def _allowance_of(row: Row) -> Allowance:
    currency = Currency.of(row["currency"])
    each, day = row["each_max"], row["day_max"]
    return Allowance(
        each=None if each is None else Money(each, currency),
        day=None if day is None else Money(day, currency),
        categories=frozenset(row["categories"]),
        from_hour=row["from_hour"],
        to_hour=row["to_hour"],
    )


def _currency_of(allowance: Allowance) -> str:
    """The currency of its bounds; where there is none, any."""
    bound = allowance.each or allowance.day
    return Currency.CNY.code if bound is None else bound.currency.code
