"""A shop with card terminals before a real gateway process, customers with phones that show codes."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from milletpay.apps.terminal_gateway import process as gateway
from milletpay.bootstrap import (
    DEMO_BANK,
    House,
    business_proofs,
    house_secret,
    make_code_keys,
    make_terminal_secrets,
)
from milletpay.codes.payment_codes import CodeKeys, Slot, epoch_of, steps_taken, word_of, write_code
from milletpay.customers import CustomerId, DeviceId, DeviceKind, RegisterDevice
from milletpay.identity import KeyId, draw_terminal_key
from milletpay.ledger import prove_books
from milletpay.ledger.chart import AccountKind, Mode, account_id
from milletpay.ledger.store import SQL
from milletpay.merchants import AddStore, MerchantId, Names, StoreId, TerminalId
from milletpay.payments import EnrollPresenter, Presenter
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy
from milletpay.simulation.card_terminal import CardTerminal
from milletpay.terminals import (
    MasterKey,
    OfferPairing,
    PairTerminal,
    RegisterTerminal,
    Terminal,
    TerminalKind,
    TerminalSecrets,
)
from milletpay.treasury import BankLink, OpenBank
from tests.flows.market import BALANCE, PLAY, debits, seeding, settle_buyer
from tests.flows.server_process import PEPPER, Program
from tests.flows.trade_desk import CNY, new_merchant

SHOP = MerchantId(1)
SECRET = house_secret(PEPPER)
LANES = 4
REFUND_MAX = 60_00


@dataclass
class Phones:
    """Codes of many customers, none given twice."""

    keys: CodeKeys
    presenters: list[Presenter]
    codes: "deque[str]" = field(default_factory=deque)
    given: set[str] = field(default_factory=set)

    def code(self) -> str:
        """A code that is good now."""
        now = SystemClock().now_ns()
        if not self.codes:
            fresh = [
                self.shown(p, step, lane)
                for step in steps_taken(now)
                for p in self.presenters
                for lane in range(LANES)
            ]
            self.codes.extend(code for code in fresh if code not in self.given)
            self.given.update(fresh)
        return self.codes.pop()

    def shown(self, presenter: Presenter, step: int, lane: int) -> str:
        key = self.keys.phone_key(presenter.device, version=presenter.version)
        alias = self.keys.alias_of(Slot(number=presenter.number, lane=lane), epoch=epoch_of(step))
        return write_code(alias=alias, word=word_of(key, step=step, lane=lane))


@dataclass
class TerminalShop:
    """What is there."""

    app_url: str
    port: int
    program: Program | None
    """None where the gateway is in this process."""
    terminals: list[Terminal]
    customers: list[CustomerId]
    phones: Phones
    secrets: TerminalSecrets
    devices: list[CardTerminal] = field(default_factory=list)

    def master(self, index: int = 0) -> MasterKey:
        terminal = self.terminals[index]
        return MasterKey(self.secrets.master_key(terminal.id, pairings=terminal.pairings))

    def device(self, index: int = 0, **more: Any) -> CardTerminal:
        """A terminal as it comes out of its box."""
        fast = {"answer_seconds": 5.0, "poll_seconds": 0.02, "polls": 3, "retry_seconds": 0.02}
        device = CardTerminal(
            number=self.terminals[index].house_number,
            master=self.master(index),
            host="127.0.0.1",
            port=self.port,
            **{**fast, **more},
        )
        self.devices.append(device)
        return device

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        database = await Database.open(self.app_url, connections=2)
        try:
            yield database
        finally:
            await database.close()

    async def balance(self, kind: AccountKind, owner: int = 0) -> int:
        async with self.opened() as database, database.connection() as connection:
            row = await connection.fetchrow(SQL["accounts_now"], [account_id(kind, ledger=PLAY, owner=owner)])
        return 0 if row is None else row["credits_posted"] - row["debits_posted"]

    async def prove(self) -> None:
        async with self.opened() as database:
            report = await prove_books(database=database, clock=SystemClock(), further=business_proofs())
        assert report.clean, report


@contextmanager
def serve_terminals(app_url: str) -> Iterator[tuple[Program, int]]:
    """A running gateway process and its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listener:
        order = gateway.Order(app_url=app_url, listener=listener.fileno(), connections=4, secret=SECRET.hex())
        program = Program(module=gateway, order=order.line(), descriptors=[listener.fileno()])
        try:
            program.start()
            yield program, listener.getsockname()[1]
        finally:
            program.stop()


async def fill_shop(
    app_url: str, *, customers: int, terminals: int
) -> tuple[list[Terminal], list[CustomerId], list[Presenter]]:
    """A merchant with a store full of terminals, and customers with money and phones."""
    async with seeding(app_url) as house:
        await house.desk.submit(
            OpenBank(link=BankLink(bank=DEMO_BANK, currency=CNY, clearing=1, safe=1, own=1))
        )
        await house.desk.submit(new_merchant(SHOP, mode=Mode.TEST))
        store = StoreId(house.ids.next())
        await house.desk.submit(AddStore(id=store, merchant=SHOP, names=Names(en="Store", zh="门店")))
        paired = [await pair_terminal(house, store) for _ in range(terminals)]
        buyers = await asyncio.gather(
            *(settle_buyer(house, number + PINLESS, [], balance=BALANCE) for number in range(customers))
        )
        clearing = account_id(AccountKind.CLEARING, ledger=PLAY, owner=1)
        async with asyncio.timeout(60):
            expected = BALANCE * customers
            while await debits(house.database, clearing) < expected:  # noqa: ASYNC110 - in the database
                await asyncio.sleep(0.02)
        presenters = await asyncio.gather(*(enroll(house, buyer.id) for buyer in buyers))
        return paired, [buyer.id for buyer in buyers], list(presenters)


PINLESS = 5
"""From this number on, buyers of the market have no PIN."""


async def enroll(house: House, customer: CustomerId) -> Presenter:
    device = DeviceId(house.ids.next())
    await house.desk.submit(
        RegisterDevice(id=device, customer=customer, mode=Mode.TEST, kind=DeviceKind.PHONE, name="phone")
    )
    presenter = await house.desk.submit(EnrollPresenter(device=device, customer=customer, mode=Mode.TEST))
    assert isinstance(presenter, Presenter)
    return presenter


async def pair_terminal(house: House, store: StoreId, *, terminal: Terminal | None = None) -> Terminal:
    """A new terminal, or one that is paired anew."""
    id = TerminalId(house.ids.next()) if terminal is None else terminal.id
    if terminal is None:
        await house.desk.submit(
            RegisterTerminal(
                id=id,
                merchant=SHOP,
                mode=Mode.TEST,
                store=store,
                kind=TerminalKind.POS,
                name="POS",
                refund_max=REFUND_MAX,
            )
        )
    mac = system_entropy(32)
    await house.desk.submit(OfferPairing(id=id, merchant=SHOP, mode=Mode.TEST, mac=mac))
    key = draw_terminal_key(id=KeyId(house.ids.next()), mode=Mode.TEST, entropy=system_entropy)
    paired = await house.desk.submit(PairTerminal(mac=mac, keys=[key]))
    assert isinstance(paired, Terminal)
    return paired


async def open_shop(
    app_url: str, *, program: Program, port: int, customers: int, terminals: int
) -> TerminalShop:
    paired, who, presenters = await fill_shop(app_url, customers=customers, terminals=terminals)
    return TerminalShop(
        app_url=app_url,
        port=port,
        program=program,
        terminals=paired,
        customers=who,
        phones=Phones(keys=make_code_keys(secret=SECRET), presenters=presenters),
        secrets=make_terminal_secrets(secret=SECRET),
    )
