"""A till that waits to be paired, and a customer with a phone that shows codes."""

from dataclasses import dataclass, field, replace
from typing import Any

from playwright.sync_api import Page, expect

from milletpay.bootstrap import make_code_keys, make_terminal_secrets
from milletpay.codes.payment_codes import Slot, epoch_of, step_of, word_of, write_code
from milletpay.customers import CustomerId, DeviceId, DeviceKind, RegisterDevice
from milletpay.ledger.chart import Mode
from milletpay.merchants import AddStore, MakePlate, Names, PlateId, StoreId, TerminalId
from milletpay.money import Currency, Money
from milletpay.payments import CreatePayment, EnrollPresenter, PaymentId, Presenter
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.ids import system_entropy
from milletpay.terminals import (
    AddCashier,
    CashierId,
    OfferPairing,
    RegisterTerminal,
    SetOfflinePolicy,
    TerminalKind,
    draw_code,
)
from tests.browser.conftest import Visitor
from tests.browser.town import Town

PIN = "730284"
SHOP = 0
CNY = Currency.CNY
LANES = 4


@dataclass
class Counter:
    """A till in a store of the shop, and somebody with a phone."""

    town: Town
    store: StoreId
    terminal: TerminalId
    customer: CustomerId
    presenter: Presenter
    shown: set[str] = field(default_factory=set)

    def pairing_code(self) -> str:
        code = draw_code(system_entropy)
        mac = make_terminal_secrets(secret=self.town.house.secret).code_mac(code)
        merchant = self.town.merchants[SHOP]
        self.town.ask(OfferPairing(id=self.terminal, merchant=merchant, mode=Mode.TEST, mac=mac))
        return code

    def payment_code(self, *, lane: int = 0) -> str:
        """What the phone shows now."""
        keys, step = make_code_keys(secret=self.town.house.secret), step_of(self.town.house.clock.now_ns())
        key = keys.phone_key(self.presenter.device, version=self.presenter.version)
        alias = keys.alias_of(Slot(number=self.presenter.number, lane=lane), epoch=epoch_of(step))
        return write_code(alias=alias, word=word_of(key, step=step, lane=lane))

    def fresh_code(self) -> str:
        """One that the phone has not shown yet."""
        code = next(c for c in (self.payment_code(lane=n) for n in range(LANES)) if c not in self.shown)
        self.shown.add(code)
        return code

    def allow(self, *, each: int, total: int, count: int) -> None:
        """Let the shop's tills sell without a network."""
        merchant = self.town.merchants[SHOP]
        policy = SetOfflinePolicy(merchant=merchant, mode=Mode.TEST, each=each, total=total, count=count)
        self.town.ask(policy)

    def plate(self) -> PlateId:
        """Put a code plate on the counter."""
        plate = PlateId(self.town.house.ids.next())
        merchant = self.town.merchants[SHOP]
        self.town.ask(MakePlate(id=plate, merchant=merchant, mode=Mode.TEST, store=self.store))
        return plate

    def scan_at_the_till(self, code: str, *, reference: str) -> None:
        """As somebody does who tries codes."""
        payment = CreatePayment(
            id=PaymentId(self.town.house.ids.next()),
            merchant=self.town.merchants[SHOP],
            mode=Mode.TEST,
            amount=Money(1_00, CNY),
            request=replace(self.town.request(), reference=f"{self.terminal}-{reference}"),
            payment_code=code,
            store=self.store,
            terminal=self.terminal,
        )
        self.town.ask(payment)

    def close_a_batch_that_differs(self, *, seconds_ago: int) -> None:
        """A card terminal beside the till has one sale less than the book."""
        terminal = TerminalId(self.town.house.ids.next())
        merchant, now = self.town.merchants[SHOP], self.town.house.clock.now_ns()
        made: Any = self.town.ask(
            RegisterTerminal(
                id=terminal,
                merchant=merchant,
                mode=Mode.TEST,
                store=self.store,
                kind=TerminalKind.POS,
                name="Counter 2",
            )
        )

        async def write() -> None:
            async with self.town.house.database.connection() as connection:
                await connection.execute(
                    "INSERT INTO terminals.closed_batch"
                    " VALUES ($1, 12, 'CNY', $2, 3000, 2, 0, 0, 1500, 1, 0, 0, 1)",
                    made.house_number,
                    now - seconds_ago * SECOND,
                )

        self.town.do(write())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the tables say about the terminal, which the query names as $1."""

        async def look() -> list[tuple[Any, ...]]:
            async with self.town.house.database.connection() as connection:
                return [tuple(row) for row in await connection.fetch(query, self.terminal)]

        found: list[tuple[Any, ...]] = self.town.do(look())
        return found


def open_counter(town: Town) -> Counter:
    """Register a till, a cashier and a phone."""
    merchant, ids = town.merchants[SHOP], town.house.ids
    store, terminal, cashier = StoreId(ids.next()), TerminalId(ids.next()), CashierId(ids.next())
    town.ask(AddStore(id=store, merchant=merchant, names=Names(en="Peace Street", zh="和平街店")))
    town.ask(
        RegisterTerminal(
            id=terminal,
            merchant=merchant,
            mode=Mode.TEST,
            store=store,
            kind=TerminalKind.TILL,
            name="1",
            refund_max=100_00,
        )
    )
    now = town.house.clock.now_ns()
    town.do(town.house.cashier_pins.set(PIN, customer=cashier, now=now))
    town.ask(
        AddCashier(id=cashier, merchant=merchant, mode=Mode.TEST, store=store, number="07", name="Li Na")
    )
    device = DeviceId(ids.next())
    customer = town.people[4]
    phone = RegisterDevice(id=device, customer=customer, mode=Mode.TEST, kind=DeviceKind.PHONE, name="p")
    town.ask(phone)
    presenter: Any = town.ask(EnrollPresenter(device=device, customer=customer, mode=Mode.TEST))
    return Counter(town=town, store=store, terminal=terminal, customer=customer, presenter=presenter)


def open_till(visitor: Visitor, counter: Counter) -> Page:
    """Pair and sign in, by keyboard alone."""
    page = visitor.page
    visitor.go("/till")
    expect(page.locator("[data-pairing-code]")).to_be_focused()
    visitor.shot("till-1-pair")
    page.keyboard.type(counter.pairing_code())
    page.keyboard.press("Enter")
    expect(page.locator("[data-cashier]")).to_be_focused()
    visitor.shot("till-1-sign-in")
    page.keyboard.type("07")
    page.keyboard.press("Tab")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("[data-screen=selling]")).to_be_visible()
    expect(page.locator("[data-counter]")).to_have_attribute("data-feeding", "on")
    return page


def key_in(page: Page, amount: str) -> None:
    """Type an amount as a person does."""
    page.keyboard.type(amount, delay=60)


def scan(page: Page, code: str) -> None:
    """As a scanner types: all at once."""
    burst = """(code) => {
        const pressed = [...code, "Enter"].map((key) => new KeyboardEvent("keydown", {key, bubbles: true}));
        for (const event of pressed) (document.activeElement ?? document.body).dispatchEvent(event);
    }"""
    page.evaluate(burst, code)


def result(page: Page, end: str) -> None:
    """The till says how it ended."""
    expect(page.locator("[data-screen=result]")).to_be_visible()
    expect(page.locator("[data-counter]")).to_have_attribute("data-end", end)
