"""What stands on the counter of the town's shop: a card terminal."""

from dataclasses import dataclass, field
from typing import Final

from milletpay.bootstrap import House, make_terminal_secrets
from milletpay.identity import KeyId, draw_terminal_key
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, Names, StoreId, TerminalId
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.chance import id_of
from milletpay.simulation.partners import Partner
from milletpay.terminals import (
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    Terminal,
    TerminalKind,
    find_terminal,
)

REFUND_MAX: Final = 1_000_00
"""What the terminal may give back in one refund, in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTerminal:
    """A card terminal that is ready to sign on."""

    terminal: Terminal
    master_key: bytes = field(repr=False)


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
