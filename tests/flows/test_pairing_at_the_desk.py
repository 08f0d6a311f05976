"""A pairing code is good once, for ten minutes, and only the last that was drawn."""

from typing import Any

from milletpay.identity import KeyId, draw_terminal_key
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, Names, StoreId, TerminalId
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy
from milletpay.terminals import (
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    RetireTerminal,
    Terminal,
    TerminalKind,
    TerminalRefusal,
    TerminalRefused,
)
from milletpay.terminals.model import PAIRING_NS
from tests.flows.card_desk import SHOP, CardDesk, open_cards

TILL, STORE = TerminalId(7), StoreId(5)


async def registered(desk: CardDesk) -> None:
    await desk.open()
    await desk.ask(AddStore(id=STORE, merchant=SHOP, names=Names(en="Store", zh="门店")))
    till = RegisterTerminal(
        id=TILL,
        merchant=SHOP,
        mode=Mode.LIVE,
        store=STORE,
        kind=TerminalKind.TILL,
        name="1",
        refund_max=50_00,
    )
    assert isinstance(await desk.ask(till), Terminal)


async def offer(desk: CardDesk, mac: bytes) -> Any:
    return await desk.ask(OfferPairing(id=TILL, merchant=SHOP, mode=Mode.LIVE, mac=mac))


async def pair(desk: CardDesk, mac: bytes) -> Any:
    key = draw_terminal_key(id=KeyId(next(desk.ids)), mode=Mode.LIVE, entropy=system_entropy)
    return await desk.ask(PairTerminal(mac=mac, keys=[key]))


def is_refused(answer: object) -> bool:
    return isinstance(answer, TerminalRefused) and answer.refusal is TerminalRefusal.PAIRING_REFUSED


async def test_a_code_is_good_once_and_for_ten_minutes(database: Database) -> None:
    first, second, third = b"a" * 32, b"b" * 32, b"c" * 32
    async with open_cards(database) as desk:
        await registered(desk)
        await offer(desk, first)
        await desk.pass_time(seconds=PAIRING_NS // SECOND - 5)
        assert (await pair(desk, first)).pairings == 1
        assert is_refused(await pair(desk, first))
        await offer(desk, second)
        await desk.pass_time(seconds=PAIRING_NS // SECOND + 5)
        assert is_refused(await pair(desk, second))
        await offer(desk, second)
        await offer(desk, third)
        assert is_refused(await pair(desk, second)), "another was drawn in its place"
        assert (await pair(desk, third)).pairings == 2


async def test_a_terminal_that_was_retired_is_paired_no_more(database: Database) -> None:
    async with open_cards(database) as desk:
        await registered(desk)
        await offer(desk, b"a" * 32)
        await desk.ask(RetireTerminal(id=TILL, merchant=SHOP, mode=Mode.LIVE))
        assert is_refused(await pair(desk, b"a" * 32))
        again = await offer(desk, b"b" * 32)
        assert isinstance(again, TerminalRefused)
        assert again.refusal is TerminalRefusal.RETIRED
