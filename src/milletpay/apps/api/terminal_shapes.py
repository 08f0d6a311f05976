"""What is said about stores, terminals and their pairing."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.apps.http.shapes import Input, Output
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID, STORE_ID, TERMINAL_ID, Store
from milletpay.plumbing.dates import rfc3339
from milletpay.terminals import Terminal, TerminalKind, TerminalStatus

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60, description="For people.")]
Kind = Literal["till", "pos"]


class NewStore(Input, frozen=True, kw_only=True):
    """A place where you sell."""

    name: Name
    name_zh: Annotated[Name | None, msgspec.Meta(description="In Chinese, if it has another name.")] = None
    country: Annotated[
        Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$(?!\\n)")] | None,
        msgspec.Meta(description="ISO 3166-1; with `city`. Yours, if it is not given."),
    ] = None
    city: Annotated[Name | None, msgspec.Meta(description="As codes name it; with `country`.")] = None
    city_zh: Annotated[Name | None, msgspec.Meta(description="In Chinese, if it has another name.")] = None

    @classmethod
    def example(cls) -> Self:
        """A shop in a street."""
        return cls(name="Peace Street", name_zh="和平街店", country="CN", city="Shanghai", city_zh="上海")


class StoreShape(Output, frozen=True, kw_only=True):
    """A store."""

    id: str
    object: Literal["store"] = "store"
    created_at: str
    livemode: bool
    merchant: str
    name: str
    name_zh: str
    country: str
    city: str
    city_zh: str

    @classmethod
    def example(cls) -> Self:
        """A shop in a street."""
        return cls(
            id="sto_01kdz9m4h0000g40r40m30e20e",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            name="Peace Street",
            name_zh="和平街店",
            country="CN",
            city="Shanghai",
            city_zh="上海",
        )


class NewTerminal(Input, frozen=True, kw_only=True):
    """A till or card terminal in a store."""

    store: str
    name: Name
    kind: Annotated[Kind, msgspec.Meta(description="A `pos` speaks ISO 8583.")] = "till"
    refund_max: Annotated[
        int,
        msgspec.Meta(ge=0, le=10**12, description="What it may give back in one refund; 0 for nothing."),
    ] = 0

    @classmethod
    def example(cls) -> Self:
        """A till that may give back a hundred yuan."""
        return cls(store="sto_01kdz9m4h0000g40r40m30e20e", name="Counter 1", refund_max=10000)


class TerminalShape(Output, frozen=True, kw_only=True):
    """A terminal."""

    id: str
    object: Literal["terminal"] = "terminal"
    created_at: str
    livemode: bool
    merchant: str
    store: str
    kind: Kind
    name: str
    number: int
    tid: str
    mid: str
    status: TerminalStatus
    refund_max: int
    paired_at: str | None

    @classmethod
    def example(cls) -> Self:
        """A till at work."""
        return cls(
            id="ter_01kdz9m4h0000g40r40m30e20f",
            created_at="2026-12-01T02:03:04.005Z",
            livemode=False,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            store="sto_01kdz9m4h0000g40r40m30e20e",
            kind="till",
            name="Counter 1",
            number=1,
            tid="00000017",
            mid="000000000000003",
            status=TerminalStatus.ACTIVE,
            refund_max=10000,
            paired_at="2026-12-01T02:05:00Z",
        )


class PairingShape(Output, frozen=True, kw_only=True):
    """A code that pairs a terminal once."""

    object: Literal["pairing"] = "pairing"
    terminal: str
    code: str
    expires_at: str

    @classmethod
    def example(cls) -> Self:
        """Typed in at the till within ten minutes."""
        return cls(
            terminal="ter_01kdz9m4h0000g40r40m30e20f", code="K7PM2XWQ", expires_at="2026-12-01T02:13:04Z"
        )


class PairingCode(Input, frozen=True, kw_only=True):
    """The code that somebody types in at the device."""

    code: Annotated[str, msgspec.Meta(max_length=20)]

    @classmethod
    def example(cls) -> Self:
        """As people write it."""
        return cls(code="K7PM 2XWQ")


class PairedShape(Output, frozen=True, kw_only=True):
    """What a terminal is given, once. It keeps it where nobody else reads."""

    object: Literal["paired_terminal"] = "paired_terminal"
    key: Annotated[str, msgspec.Meta(description="The credential of the terminal.")]
    seal_key: Annotated[
        str, msgspec.Meta(description="In hex: seals what is taken without a network. Of a till.")
    ]
    master_key: Annotated[
        str | None, msgspec.Meta(description="In hex: keys of sessions come under it. Of a card terminal.")
    ]
    pairing: Annotated[int, msgspec.Meta(description="How often it was paired; seals name it.")]
    terminal: TerminalShape
    store: StoreShape

    @classmethod
    def example(cls) -> Self:
        """A till's."""
        return cls(
            key="tk_test_...",
            seal_key="00" * 32,
            master_key=None,
            pairing=1,
            terminal=TerminalShape.example(),
            store=StoreShape.example(),
        )


def show_store(store: Store, *, mode: Mode) -> StoreShape:
    """A store of a merchant of a mode."""
    return StoreShape(
        id=STORE_ID.write(store.id),
        created_at=rfc3339(store.created_at),
        livemode=mode is Mode.LIVE,
        merchant=MERCHANT_ID.write(store.merchant),
        name=store.names.en,
        name_zh=store.names.zh,
        country=store.city.country,
        city=store.city.names.en,
        city_zh=store.city.names.zh,
    )


def show_terminal(terminal: Terminal) -> TerminalShape:
    """A terminal as it stands."""
    return TerminalShape(
        id=TERMINAL_ID.write(terminal.id),
        created_at=rfc3339(terminal.created_at),
        livemode=terminal.mode is Mode.LIVE,
        merchant=MERCHANT_ID.write(terminal.merchant),
        store=STORE_ID.write(terminal.store),
        kind="till" if terminal.kind is TerminalKind.TILL else "pos",
        name=terminal.name,
        number=terminal.number,
        tid=terminal.tid,
        mid=terminal.mid,
        status=terminal.status,
        refund_max=terminal.refund_max,
        paired_at=rfc3339(terminal.paired_at) if terminal.paired_at else None,
    )
