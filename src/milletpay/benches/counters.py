"""The counters of the terminals' bench: paired card terminals, and customers with phones that show codes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from milletpay.benches.fleet import FleetTerminal
from milletpay.benches.market import AT_ONCE, ask_all, open_shops, open_wallets
from milletpay.benches.phones import Codes, enroll
from milletpay.bootstrap import DEMO_BANK, House, make_code_keys, make_terminal_secrets
from milletpay.customers import CustomerId
from milletpay.identity import KeyId, draw_terminal_key
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, MerchantId, Names, StoreId, TerminalId
from milletpay.money import Currency
from milletpay.payments import Presenter
from milletpay.plumbing.ids import system_entropy
from milletpay.terminals import (
    MasterKey,
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    Terminal,
    TerminalKind,
)
from milletpay.treasury import BankLink, OpenBank

Progress = Callable[[str, int, int], None]
"""Told what is done, how far it is, and of how much."""

STORES: Final = 100
"""Terminals are spread over so many merchants, each with one store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPlan:
    """Who is there."""

    terminals: int = 1_000
    customers: int = 4_000
    """Each pays a few times: a code is used once, and twenty a day are paid without asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What purchases are made of."""

    terminals: Sequence[FleetTerminal] = field(repr=False)
    codes: Codes


async def open_counters(house: House, *, plan: CounterPlan, progress: Progress) -> Counters:
    """Make everybody by the commands of the house."""
    take = house.ids.next
    link = BankLink(bank=DEMO_BANK, currency=Currency.CNY, clearing=take(), safe=take(), own=take())
    await house.desk.submit(OpenBank(link=link))
    merchants = [MerchantId(take()) for _ in range(STORES)]
    await open_shops(house, merchants=merchants)
    progress("terminals", 0, plan.terminals)
    terminals = await _pair(house, merchants, count=plan.terminals)
    customers = [CustomerId(take()) for _ in range(plan.customers)]
    presenters: list[Presenter] = []
    for start in range(0, plan.customers, AT_ONCE):
        progress("customers", start, plan.customers)
        some = customers[start : start + AT_ONCE]
        await open_wallets(house, customers=some, first=start)
        presenters += await enroll(house, customers=some)
    secrets = make_terminal_secrets(secret=house.secret)
    return Counters(
        terminals=[
            FleetTerminal(
                number=one.house_number,
                master=MasterKey(secrets.master_key(one.id, pairings=one.pairings)),
            )
            for one in terminals
        ],
        codes=Codes(keys=make_code_keys(secret=house.secret), presenters=presenters, clock=house.clock),
    )


async def _pair(house: House, merchants: Sequence[MerchantId], *, count: int) -> list[Terminal]:
    """Card terminals, in a store of each merchant."""
    take = house.ids.next
    stores = [
        AddStore(id=StoreId(take()), merchant=id, names=Names(en="Store", zh="门店")) for id in merchants
    ]
    await ask_all(house, commands=stores)
    registered = [
        RegisterTerminal(
            id=TerminalId(take()),
            merchant=store.merchant,
            mode=Mode.TEST,
            store=store.id,
            kind=TerminalKind.POS,
            name="POS",
        )
        for store in (stores[number % len(stores)] for number in range(count))
    ]
    await ask_all(house, commands=registered)
    offers = [
        OfferPairing(id=one.id, merchant=one.merchant, mode=Mode.TEST, mac=system_entropy(32))
        for one in registered
    ]
    await ask_all(house, commands=offers)
    pairings = [
        PairTerminal(
            mac=offer.mac,
            keys=[draw_terminal_key(id=KeyId(take()), mode=Mode.TEST, entropy=system_entropy)],
        )
        for offer in offers
    ]
    paired = await ask_all(house, commands=pairings)
    assert all(isinstance(one, Terminal) for one in paired), paired[:3]
    return paired
