"""What stands on the counter of the town's shop: a card terminal, and a till with its cashier."""

from dataclasses import dataclass, field
from typing import Final

from milletpay.bootstrap import House, make_terminal_secrets
from milletpay.identity import KeyId, draw_terminal_key, has_pin
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, Names, StoreId, TerminalId
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.chance import id_of
from milletpay.simulation.partners import Partner
from milletpay.terminals import (
    AddCashier,
    CashierId,
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    Terminal,
    TerminalKind,
    find_terminal,
)

CASHIER_NUMBER: Final = "01"
CASHIER_PIN: Final = "730284"
"""As everything of the town: play."""

REFUND_MAX: Final = 1_000_00
"""What a terminal may give back in one refund, in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTerminal:
    """A card terminal that is ready to sign on."""

    terminal: Terminal
    master_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTill:
    """A till that waits to be paired, and who works at it."""

    terminal: Terminal
    number: str
    """The cashier's."""
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """All that stands there."""

    terminal: PlacedTerminal
    till: PlacedTill


async def furnish_counter(house: House, *, partner: Partner) -> Counter:
    """Put there what is not there yet."""
    terminal = await place_terminal(house, partner=partner)
    return Counter(terminal=terminal, till=await place_till(house, partner=partner))


async def place_till(house: House, *, partner: Partner) -> PlacedTill:
    """A till in the store of the card terminal, with a cashier; those that are there are left as they are."""
    id, store = TerminalId(id_of("till", 1)), StoreId(id_of("store", 1))
    cashier = CashierId(id_of("cashier", 1))
    till = await house.desk.submit(
        RegisterTerminal(
            id=id,
            merchant=partner.id,
            mode=Mode.TEST,
            store=store,
            kind=TerminalKind.TILL,
            name="Counter 1",
            refund_max=REFUND_MAX,
        )
    )
    assert isinstance(till, Terminal), f"the till is refused: {till}"
    async with house.database.connection() as connection:
        hired = await has_pin(connection, customer=cashier)
    if not hired:
        refused = await house.cashier_pins.set(CASHIER_PIN, customer=cashier, now=house.clock.now_ns())
        assert refused is None, refused
    await house.desk.submit(
        AddCashier(
            id=cashier,
            merchant=partner.id,
            mode=Mode.TEST,
            store=store,
            number=CASHIER_NUMBER,
            name="何小禾",
        )
    )
    return PlacedTill(terminal=till, number=CASHIER_NUMBER, pin=CASHIER_PIN)


async def place_terminal(house: House, *, partner: Partner) -> PlacedTerminal:
    """Pair a card terminal in a store of the partner; the one that stands there is left as it is."""
    id, store = TerminalId(id_of("card terminal", 1)), StoreId(id_of("store", 1))
    async with house.database.connection() as connection:
        terminal = await find_terminal(connection, id=id)
    if terminal is None or not terminal.pairings:
        names = Names(en="Counter", zh="柜台")
        await house.desk.submit(AddStore(id=store, merchant=partner.id, names=names))
        await house.desk.submit(
            RegisterTerminal(
                id=id,
                merchant=partner.id,
                mode=Mode.TEST,
                store=store,
                kind=TerminalKind.POS,
                name="Card terminal",
                refund_max=REFUND_MAX,
            )
        )
        mac = system_entropy(32)
        await house.desk.submit(OfferPairing(id=id, merchant=partner.id, mode=Mode.TEST, mac=mac))
        key = draw_terminal_key(id=KeyId(house.ids.next()), mode=Mode.TEST, entropy=system_entropy)
        terminal = await house.desk.submit(PairTerminal(mac=mac, keys=[key]))
        assert isinstance(terminal, Terminal), f"pairing is refused: {terminal}"
    secrets = make_terminal_secrets(secret=house.secret)
    return PlacedTerminal(terminal=terminal, master_key=secrets.master_key(id, pairings=terminal.pairings))
