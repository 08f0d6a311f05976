"""A small market of play money behind a real server process: merchants with keys, customers with balances.

`Market.prove` says that what the API tells, the tables and the book are the same, and that the book is sound.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from milletpay.bootstrap import DEMO_BANK, House, business_proofs, open_house
from milletpay.customers import CustomerId
from milletpay.identity import (
    CredentialKind,
    KeyId,
    RateClass,
    SessionId,
    create_key,
    draw_terminal_key,
    open_session,
    revoke_key,
)
from milletpay.identity.model import Scope
from milletpay.ledger import prove_books
from milletpay.ledger.chart import AccountKind, Mode, account_id, ledger_of
from milletpay.ledger.store import SQL
from milletpay.merchants import MERCHANT_ID, AddStore, MerchantId, Names, StoreId, TerminalId
from milletpay.money import Money
from milletpay.payments import (
    AGREEMENT_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    ProposeAgreement,
    Request,
    SignAgreement,
)
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy
from milletpay.plumbing.worker import Worker
from milletpay.rails import Binding, read_card_number
from milletpay.terminals import OfferPairing, PairTerminal, RegisterTerminal, Terminal, TerminalKind
from milletpay.treasury import BankLink, OpenBank
from milletpay.wallets import BindCard, CardId, StartTopUp, TopUpId, bank_jobs
from tests.flows.asking import Client, Reply
from tests.flows.server_process import PEPPER, Program
from tests.flows.trade_desk import CNY, new_customer, new_merchant

BALANCE = 50_000_00
"""What everybody has at first: as much as one top-up may be. The last one is poor."""
POOR = 100_00
CHARGE_LIMIT = 100_00
PIN = "702413"
"""Of the first few customers."""
PINS = 4
PLAY = ledger_of(AccountKind.CUST.pool, currency=CNY, mode=Mode.TEST)


@dataclass(frozen=True, kw_only=True)
class Seller:
    id: MerchantId
    mode: Mode
    keys: dict[str, str]
    """Tokens by name: `secret`, `publishable`, `reads` (a restricted one), `expired`, `revoked`, `till`."""

    @property
    def public_id(self) -> str:
        return MERCHANT_ID.write(self.id)


@dataclass(frozen=True, kw_only=True)
class Buyer:
    id: CustomerId
    balance: int
    """At first."""
    token: str
    agreements: dict[MerchantId, str]


@dataclass(kw_only=True)
class Market:
    """What is there, and how to ask it."""

    port: int
    database: Database
    program: Program
    sellers: list[Seller]
    """Two of play money, then one of real money."""
    buyers: list[Buyer]
    """All of play money; each has let both sellers charge."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    """Shared by all tests of a market: a reference is used once."""

    def client(self, seller: int = 0, *, key: str = "secret") -> Client:
        return Client(port=self.port, token=self.sellers[seller].keys[key])

    def name(self, what: str = "order") -> str:
        """A reference that was not used yet."""
        return f"{what}-{next(self.numbers)}"

    def charge(self, amount: int, *, buyer: int = 0, seller: int = 0, **more: Any) -> dict[str, Any]:
        """The body of a payment under an agreement."""
        agreement = self.buyers[buyer].agreements[self.sellers[seller].id]
        body = {"amount": amount, "currency": "CNY", "reference": self.name()}
        return body | {"payer": {"agreement": agreement}} | more

    async def pay(self, amount: int, **more: Any) -> dict[str, Any]:
        """A payment that was made."""
        reply = await self.client(more.get("seller", 0)).post("/v1/payments", self.charge(amount, **more))
        assert reply.status == 201, reply
        made: dict[str, Any] = reply.json
        return made

    async def find(self, payment: str, *, seller: int = 0) -> Any:
        return (await self.client(seller).get(f"/v1/payments/{payment}")).json

    async def payments(self, *, seller: int = 0) -> list[dict[str, Any]]:
        """All of a merchant's, through the list."""
        found: list[dict[str, Any]] = []
        path = "/v1/payments?limit=100"
        while True:
            page = (await self.client(seller).get(path)).json
            found += page["data"]
            if not page["has_more"]:
                return found
            path = f"/v1/payments?limit=100&cursor={page['next_cursor']}"

    async def balance(self, kind: AccountKind, owner: int = 0) -> int:
        """What an account of the play money's clients is worth."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(SQL["accounts_now"], [account_id(kind, ledger=PLAY, owner=owner)])
        return 0 if row is None else row["credits_posted"] - row["debits_posted"]

    async def make_room(self, buyer: int) -> None:
        """Retire what other tests have left a buyer, but for the newest: each may have twenty."""
        owner = Client(port=self.port, token=self.buyers[buyer].token)
        for device in (await owner.get("/v1/wallet/devices?limit=100")).json["data"][10:]:
            assert (await owner.post(f"/v1/wallet/devices/{device['id']}/retire")).status == 200

    async def moment(self) -> tuple[object, ...]:
        """All that changes when anything was done: the head of the book, the outbox, kept answers."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(
                "SELECT (SELECT max(timestamp) FROM ledger.batch), (SELECT count(*) FROM payments.payment),"
                " (SELECT max(position) FROM plumbing.outbox), (SELECT count(*) FROM plumbing.answer),"
                " (SELECT count(*) FROM payments.mark), (SELECT count(*) FROM payments.agreement)"
            )
        assert row is not None
        return tuple(row)

    async def prove(self) -> None:
        """What merchants are told adds up to what the book owes them; so do customers, holds and fees."""
        fees = 0
        for seller, of in enumerate(self.sellers[:2]):
            payments = await self.payments(seller=seller)
            owed = sum(one["amount_captured"] - one["amount_refunded"] - one["fee"] for one in payments)
            assert owed == await self.balance(AccountKind.MER_PEND, of.id)
            assert (await self.client(seller).get("/v1/balance")).json["pending"] == owed
            fees += sum(one["fee"] for one in payments)
        assert fees == await self.balance(AccountKind.FEE_ACCRUED)
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT customer, sum(authorized - refunded)::bigint AS paid,"
                " sum(authorized - captured) FILTER (WHERE status = 'authorized')::bigint AS held"
                " FROM payments.payment WHERE customer IS NOT NULL AND card IS NULL GROUP BY customer"
            )
            by_card: int = await connection.fetchval(
                "SELECT coalesce(sum(p.taken_back) - (SELECT coalesce(sum(r.amount), 0)"
                " FROM payments.refund AS r JOIN payments.payment AS c ON c.id = r.payment"
                " WHERE c.card IS NOT NULL AND r.destination = 'balance'), 0)::bigint"
                " FROM payments.payment AS p"
            )
        told = {row["customer"]: row for row in rows}
        everybody = sum([await self.balance(AccountKind.CUST, buyer.id) for buyer in self.buyers])
        moved = sum([await self.moved(buyer) for buyer in self.buyers])
        assert everybody == moved - sum(row["paid"] for row in rows) - by_card
        for buyer in self.buyers:
            row = told.get(buyer.id)
            held = 0 if row is None else row["held"] or 0
            assert held == await self.balance(AccountKind.CUST_HOLD, buyer.id)
            await self.prove_wallet(buyer, held=held)
        report = await prove_books(database=self.database, clock=SystemClock(), further=business_proofs())
        assert report.clean, report

    async def moved(self, buyer: Buyer) -> int:
        """What came from a customer's cards, less what went there or is on its way."""
        client = Client(port=self.port, token=buyer.token)
        top_ups = (await client.get("/v1/wallet/topups?limit=100")).json["data"]
        withdrawals = (await client.get("/v1/wallet/withdrawals?limit=100")).json["data"]
        came: int = sum(one["amount"] for one in top_ups if one["status"] == "succeeded")
        back = {"failed", "returned"}
        went: int = sum(one["amount"] + one["fee"] for one in withdrawals if one["status"] not in back)
        return came - went

    async def prove_wallet(self, buyer: Buyer, *, held: int) -> None:
        """A customer is told what the book says."""
        reply = await Client(port=self.port, token=buyer.token).get("/v1/wallet/me")
        assert reply.status == 200, reply
        balance = reply.json["balance"]
        available = await self.balance(AccountKind.CUST, buyer.id)
        assert (balance["available"], balance["held"], balance["currency"]) == (available, held, "CNY")


def all_equal(replies: list[Reply]) -> bool:
    """Whether they are the same byte for byte."""
    return len({(reply.status, reply.body) for reply in replies}) == 1


@asynccontextmanager
async def seeding(app_url: str) -> AsyncIterator[House]:
    """A house with a worker for its bank, for as long as the market is filled."""
    async with open_house(
        app_url, pepper=PEPPER, base_url="http://127.0.0.1:1", connections=4, clock=SystemClock()
    ) as house:
        worker = Worker(
            database=house.database,
            kinds=bank_jobs(banks=house.banks, submit=house.desk.submit),
            clock=house.clock,
            entropy=system_entropy,
            new_id=house.ids.next,
        )
        working = asyncio.create_task(worker.run())
        try:
            yield house
        finally:
            worker.stop()
            await working


async def fill_market(app_url: str, *, buyers: int) -> tuple[list[Seller], list[Buyer]]:
    """Make merchants with keys, and customers with money, sessions and agreements."""
    async with seeding(app_url) as house:
        link = BankLink(bank=DEMO_BANK, currency=CNY, clearing=1, safe=1, own=1)
        await house.desk.submit(OpenBank(link=link))
        sellers = [
            await settle_seller(house, number, mode=mode)
            for number, mode in ((1, Mode.TEST), (2, Mode.TEST), (3, Mode.LIVE))
        ]
        balances = [BALANCE] * (buyers - 1) + [POOR]
        found = await asyncio.gather(
            *(
                settle_buyer(house, number, sellers, balance=balance)
                for number, balance in enumerate(balances, 1)
            )
        )
        clearing = account_id(AccountKind.CLEARING, ledger=PLAY, owner=1)
        async with asyncio.timeout(30):
            while await debits(house.database, clearing) < sum(balances):  # noqa: ASYNC110 - in the database
                await asyncio.sleep(0.02)
        return sellers, list(found)


async def debits(database: Database, account: int) -> int:
    async with database.connection() as connection:
        row = await connection.fetchrow(SQL["accounts_now"], [account])
    return 0 if row is None else row["debits_posted"]


async def settle_seller(house: House, number: int, *, mode: Mode) -> Seller:
    await house.desk.submit(new_merchant(number, mode=mode))
    now = house.clock.now_ns()
    kinds: dict[str, tuple[CredentialKind, dict[str, Any]]] = {
        "secret": (CredentialKind.SECRET_KEY, {}),
        "publishable": (CredentialKind.PUBLISHABLE_KEY, {}),
        "reads": (CredentialKind.RESTRICTED_KEY, {"scopes": frozenset({Scope.REFUNDS_READ})}),
        "expired": (CredentialKind.SECRET_KEY, {"expires_at": now}),
        "revoked": (CredentialKind.SECRET_KEY, {}),
    }
    keys = {}
    async with house.database.transaction() as connection:
        for name, (kind, more) in kinds.items():
            made = await create_key(
                connection,
                id=KeyId(house.ids.next()),
                merchant=number,
                mode=mode,
                kind=kind,
                name=name,
                now=now,
                entropy=system_entropy,
                rate_class=RateClass.UNLIMITED,
                **more,
            )
            keys[name] = made.secret.reveal()
            if name == "revoked":
                await revoke_key(connection, id=made.key.id, merchant=number, now=now)
    keys["till"] = await settle_till(house, MerchantId(number), mode=mode)
    return Seller(id=MerchantId(number), mode=mode, keys=keys)


async def settle_till(house: House, merchant: MerchantId, *, mode: Mode, refund_max: int = 0) -> str:
    """A store with a till in it; the token of the till."""
    store, id = StoreId(house.ids.next()), TerminalId(house.ids.next())
    await house.desk.submit(AddStore(id=store, merchant=merchant, names=Names(en="Store", zh="门店")))
    await house.desk.submit(
        RegisterTerminal(
            id=id,
            merchant=merchant,
            mode=mode,
            store=store,
            kind=TerminalKind.TILL,
            name="Till",
            refund_max=refund_max,
        )
    )
    mac = system_entropy(32)
    await house.desk.submit(OfferPairing(id=id, merchant=merchant, mode=mode, mac=mac))
    key = draw_terminal_key(id=KeyId(house.ids.next()), mode=mode, entropy=system_entropy)
    paired = await house.desk.submit(PairTerminal(mac=mac, keys=[key]))
    assert isinstance(paired, Terminal)
    return key.secret.reveal()


async def settle_buyer(house: House, number: int, sellers: list[Seller], *, balance: int) -> Buyer:
    id = CustomerId(100 + number)
    await house.desk.submit(new_customer(id, mode=Mode.TEST))
    bank = house.banks.at(DEMO_BANK)
    phone = f"+86138{id:08d}"
    bound: Any = await bank.bind(Binding(number=card_number(number), holder=f"客户{id}", phone=phone))
    card = CardId(house.ids.next())
    await house.desk.submit(
        BindCard(id=card, customer=id, bank=DEMO_BANK, token=bound.token, masked=bound.masked)
    )
    top_up = StartTopUp(
        id=TopUpId(house.ids.next()),
        mode=Mode.TEST,
        customer=id,
        card=card,
        amount=Money(balance, CNY),
        reference="first",
    )
    await house.desk.submit(top_up)
    async with house.database.transaction() as connection:
        session = await open_session(
            connection,
            id=SessionId(house.ids.next()),
            kind=CredentialKind.CUSTOMER_SESSION,
            owner=id,
            mode=Mode.TEST,
            device="market",
            now=house.clock.now_ns(),
            entropy=system_entropy,
            rate_class=RateClass.UNLIMITED,
        )
    if number <= PINS:
        assert await house.pins.set(PIN, customer=id, now=house.clock.now_ns()) is None
    agreements = {one.id: await sign(house, one.id, id) for one in sellers if one.mode is Mode.TEST}
    return Buyer(id=id, balance=balance, token=session.token.reveal(), agreements=agreements)


async def sign(house: House, merchant: MerchantId, customer: CustomerId) -> str:
    """An agreement that allows a hundred yuan a charge."""
    agreement = Agreement(
        id=AgreementId(house.ids.next()),
        merchant=merchant,
        mode=Mode.TEST,
        customer=None,
        status=AgreementStatus.PENDING_SIGNATURE,
        currency=CNY,
        charge_limit=CHARGE_LIMIT,
        day_limit=BALANCE,
        month_limit=BALANCE,
        day_charges=100_000,
        notice_days=0,
        request=Request(key_hash=0, body_hash=customer, reference=f"agreement-{customer}"),
        description="",
    )
    await house.desk.submit(ProposeAgreement(agreement=agreement))
    await house.desk.submit(SignAgreement(agreement=agreement.id, customer=customer, mode=Mode.TEST))
    return AGREEMENT_ID.write(agreement.id)


def card_number(number: int) -> Any:
    first = f"629999{number:09d}"
    for last in range(10):
        try:
            return read_card_number(f"{first}{last}")
        except ValueError:
            continue
    raise AssertionError(first)
