"""A small town for tests in a browser: the real pages over a real desk, with a bank and people of its own."""

import asyncio
import json
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from milletpay.apps.api.health import Health
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.server.process import make_house_application
from milletpay.apps.web.backing import make_backing
from milletpay.bootstrap import DEMO_BANK, House, open_house
from milletpay.customers import CUSTOMER_ID, CreateCustomer, CustomerId, Phone, Verification
from milletpay.fees import Contract, ContractId, FeeOnRefund
from milletpay.identity import Pepper
from milletpay.ledger.chart import Mode
from milletpay.merchants import (
    MERCHANT_ID,
    AddStore,
    CreateMerchant,
    MakePlate,
    MerchantId,
    Names,
    PlateId,
    RevokePlate,
    StoreId,
)
from milletpay.money import Currency, Money
from milletpay.payments import (
    Agreement,
    AgreementId,
    AgreementStatus,
    CancelPayment,
    CreatePayment,
    PaymentId,
    ProposeAgreement,
    RefundId,
    RefundPayment,
    Request,
    card_ears,
    card_jobs,
    payments_of,
)
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.ids import system_entropy
from milletpay.plumbing.worker import Worker
from milletpay.rails import Binding, Mailbox, read_card_number
from milletpay.treasury import BankLink, OpenBank
from milletpay.wallets import BindCard, CardId, StartTopUp, TopUpId, bank_jobs, receipt_ears

CNY = Currency.CNY

PEOPLE = (
    ("王小明", "+8613800000001", "258036", 12_345_67),
    ("李雷", "+8613800000002", "369147", 800_00),
    ("韩梅梅", "+8613800000003", "147258", 52_00),
    ("陈静", "+8613800000004", "702413", 10_000_00),
    ("Lin Tao", "+8613800000005", "518293", 10_000_00),
    ("赵一", "+8613800000006", "640315", 10_000_00),
    ("周健忘", "+8613800000007", "815264", 500_00),
)
BUSINESSES = (
    ("Millet Shop", "小米粒商城", 5732),
    ("River Games", "大河游戏", 5816),
    ("Lantern Video", "灯笼影视", 5815),
    ("Swallow Talk", "燕子语音", 4814),
    ("Compass Browser", "指南针浏览器", 5817),
    ("Paper Office", "纸鹤办公", 5734),
    ("Cotton & Co.", "棉花服饰", 5651),
    ("Morning Tea News", "早茶新闻", 5994),
    ("Ask the Owl", "猫头鹰问答", 5968),
    ("Bamboo Books", "竹简书城", 5942),
    ("Snow Music", "初雪音乐", 5815),
)


@dataclass
class Town:
    """A running town; `do` runs something in its loop and gives the answer."""

    base_url: str
    loop: asyncio.AbstractEventLoop
    house: House
    merchants: list[MerchantId]
    people: list[CustomerId]
    plate: PlateId
    """The one in the shop's store."""
    references: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))
    app_url: str = ""
    """Of its database, for another process that serves the same house."""

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def ask(self, command: object) -> Any:
        async def submit() -> Any:
            return await self.house.desk.submit(command)

        return self.do(submit())

    def request(self) -> Request:
        number = next(self.references)
        return Request(key_hash=number, body_hash=number, reference=f"town-{number}")

    def newest_payment(self) -> Any:
        """The shop's newest payment."""

        async def look() -> Any:
            async with self.house.database.connection() as connection:
                return (await payments_of(connection, merchant=self.merchants[0], mode=Mode.TEST, most=1))[0]

        return self.do(look())

    def refund(self, payment: Any, amount: int) -> Any:
        return self.ask(
            RefundPayment(
                id=RefundId(self.house.ids.next()),
                payment=payment.id,
                merchant=payment.merchant,
                mode=Mode.TEST,
                amount=amount,
                request=self.request(),
            )
        )

    def cancel(self, payment: Any) -> Any:
        return self.ask(CancelPayment(payment=payment.id, merchant=payment.merchant, mode=Mode.TEST))

    def short_payment(self, *, seconds: int) -> str:
        """A payment that can be paid for so long; gives its link."""
        id = PaymentId(self.house.ids.next())
        self.ask(
            CreatePayment(
                id=id,
                merchant=self.merchants[0],
                mode=Mode.TEST,
                amount=Money(5_00, CNY),
                request=self.request(),
                expires_at=self.house.clock.now_ns() + seconds * SECOND,
            )
        )
        return self.house.links.payment(id)

    def revoke_plate(self) -> None:
        """Take the shop's plate out of use, and put another in its place."""
        self.ask(RevokePlate(id=self.plate, merchant=self.merchants[0], mode=Mode.TEST))
        self.plate = self.do(make_plate(self.house, self.merchants[0], StoreId(self.merchants[0])))

    def propose(self) -> str:
        """An agreement that awaits its signature; gives its link."""
        id = AgreementId(self.house.ids.next())
        agreement = Agreement(
            id=id,
            merchant=self.merchants[2],
            mode=Mode.TEST,
            customer=None,
            status=AgreementStatus.PENDING_SIGNATURE,
            currency=CNY,
            charge_limit=30_00,
            day_limit=60_00,
            month_limit=90_00,
            day_charges=3,
            notice_days=3,
            request=self.request(),
            description="灯笼影视会员，每月 25 元",
        )
        self.ask(ProposeAgreement(agreement=agreement))
        return self.house.links.agreement(id)


async def seed(house: House) -> Town:
    """People with cards and balances, businesses with contracts."""
    link = BankLink(bank=DEMO_BANK, currency=CNY, clearing=1, safe=1, own=1)
    await house.desk.submit(OpenBank(link=link))
    today = day_of(house.clock.now_ns())
    merchants = []
    for en, zh, category in BUSINESSES:
        id = MerchantId(house.ids.next())
        contract = Contract(
            id=ContractId(house.ids.next()),
            merchant=id,
            effective_from=today,
            basis_points=38,
            minimum=Money(1, CNY),
            cap=None,
            on_refund=FeeOnRefund.GIVEN_BACK,
        )
        await house.desk.submit(
            CreateMerchant(
                id=id, mode=Mode.TEST, names=Names(en=en, zh=zh), category=category, contract=contract
            )
        )
        merchants.append(id)
    people = [await seed_person(house, number) for number in range(len(PEOPLE))]
    store = StoreId(merchants[0])
    await house.desk.submit(
        AddStore(id=store, merchant=merchants[0], names=Names(en="Riverside Store", zh="河畔店"))
    )
    return Town(
        base_url=house.links.base_url,
        loop=asyncio.get_running_loop(),
        house=house,
        merchants=merchants,
        people=people,
        plate=await make_plate(house, merchants[0], store),
    )


async def make_plate(house: House, merchant: MerchantId, store: StoreId) -> PlateId:
    plate = PlateId(house.ids.next())
    await house.desk.submit(MakePlate(id=plate, merchant=merchant, mode=Mode.TEST, store=store))
    return plate


async def seed_person(house: House, number: int) -> CustomerId:
    name, phone, pin, balance = PEOPLE[number]
    id = CustomerId(house.ids.next())
    await house.desk.submit(
        CreateCustomer(
            id=id,
            mode=Mode.TEST,
            phone=Phone(phone),
            name=name,
            verification=Verification.FULL,
            currency=CNY,
        )
    )
    assert await house.pins.set(pin, customer=id, now=house.clock.now_ns()) is None
    bank = house.banks.at(DEMO_BANK)
    bound: Any = await bank.bind(Binding(number=card_number(number), holder=name, phone=phone))
    card = CardId(house.ids.next())
    await house.desk.submit(
        BindCard(id=card, customer=id, bank=DEMO_BANK, token=bound.token, masked=bound.masked)
    )
    await house.desk.submit(
        StartTopUp(
            id=TopUpId(house.ids.next()),
            mode=Mode.TEST,
            customer=id,
            card=card,
            amount=Money(balance, CNY),
            reference="first",
        )
    )
    return id


def card_number(number: int) -> Any:
    first = f"629999{number:09d}"
    for last in range(10):
        try:
            return read_card_number(f"{first}{last}")
        except ValueError:
            continue
    raise AssertionError(first)


def demo_file(town: Town) -> dict[str, Any]:
    return {
        "base_url": town.base_url,
        "merchants": [
            {"id": MERCHANT_ID.write(id), "name": en, "secret_key": "", "publishable_key": ""}
            for id, (en, _, _) in zip(town.merchants, BUSINESSES, strict=True)
        ],
        "customers": [
            {"id": CUSTOMER_ID.write(id), "name": name, "phone": phone, "pin": pin, "token": ""}
            for id, (name, phone, pin, _) in zip(town.people, PEOPLE, strict=True)
        ],
    }


@asynccontextmanager
async def opened_town(app_url: str, *, base_url: str) -> AsyncIterator[tuple[Town, Kernel]]:
    """A seeded town with a worker at work, and the application that serves it."""
    async with AsyncExitStack() as opened:
        clock = SystemClock()
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="millet-town-")))
        house = await opened.enter_async_context(
            open_house(app_url, pepper=Pepper(b"p" * 32), base_url=base_url, connections=8, clock=clock)
        )
        town = await seed(house)
        (folder / "demo.json").write_text(json.dumps(demo_file(town)))
        worker = Worker(
            database=house.database,
            kinds=[
                *bank_jobs(banks=house.banks, submit=house.desk.submit),
                *card_jobs(banks=house.banks, submit=house.desk.submit),
            ],
            clock=clock,
            entropy=system_entropy,
            new_id=house.ids.next,
        )
        hear = {
            **card_ears(submit=house.desk.submit),
            **receipt_ears(submit=house.desk.submit, new_id=house.ids.next),
        }
        mailbox = Mailbox(banks=house.banks, hear=hear, clock=clock)
        working = asyncio.gather(worker.run(), mailbox.run())
        health = Health(database=house.database, clock=clock)
        backing = make_backing(house, demo_file=folder / "demo.json")
        try:
            yield town, make_house_application(house, health=health, backing=backing)
        finally:
            worker.stop()
            mailbox.stop()
            await working
            await backing.close()
            await health.close()


@contextmanager
def open_town(app_url: str, *, port: int = 0) -> Iterator[Town]:
    """Serve a town over a new database, from a thread with a loop of its own."""
    listener = socket.create_server(("127.0.0.1", port))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ready, ended = threading.Event(), asyncio.Event()
    towns: list[Town] = []

    async def live() -> None:
        async with opened_town(app_url, base_url=base_url) as (town, application):
            server = uvicorn.Server(
                uvicorn.Config(
                    application,
                    http="httptools",
                    lifespan="off",
                    ws="none",
                    log_config=None,
                    access_log=False,
                )
            )
            towns.append(town)
            ready.set()
            serving = asyncio.create_task(server._serve(sockets=[listener]))
            await ended.wait()
            application.stop()
            server.should_exit = True
            await serving

    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=lambda: asyncio.Runner(loop_factory=lambda: loop).run(live()))
    thread.start()
    while thread.is_alive() and not ready.wait(0.1):
        pass
    assert towns, "the town did not open; see what the thread said"
    towns[0].app_url = app_url
    try:
        yield towns[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        listener.close()
