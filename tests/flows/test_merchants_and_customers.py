"""Merchants and customers at the desk: who is made, who is refused, what book and outbox then have."""

import asyncio
from typing import Any

import pytest

from milletpay.customers import (
    Customer,
    CustomerId,
    CustomerRefusal,
    CustomerRefused,
    Customers,
    CustomerStatus,
    SetCustomerStatus,
    Verification,
    VerifyCustomer,
    find_by_phone,
    find_customer,
)
from milletpay.fees import contracts_of
from milletpay.ledger import CreateTransferStatus
from milletpay.ledger.chart import AccountKind, Mode, account_id, house_accounts, ledger_of
from milletpay.ledger.store import SQL as LEDGER_SQL
from milletpay.ledger.store import Book
from milletpay.ledger.trade import Trade
from milletpay.merchants import (
    AddContract,
    AddStore,
    Merchant,
    MerchantId,
    MerchantRefusal,
    MerchantRefused,
    MerchantStatus,
    Names,
    SetMerchantStatus,
    StoreId,
    find_merchant,
    stores_of,
)
from milletpay.money import Money
from milletpay.plumbing.database import Connection, Database, DatabaseUnavailable, lock_book
from milletpay.plumbing.dates import Day, day_of
from tests.flows.counting import Give
from tests.flows.trade_desk import CNY, contract_for, new_customer, new_merchant, open_trade


async def accounts_in(database: Database, ids: list[int]) -> set[int]:
    async with database.connection() as connection:
        return {row["id"] for row in await connection.fetch(LEDGER_SQL["accounts_now"], ids)}


async def events_of(database: Database, id: int) -> list[tuple[str, int]]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT kind, sequence FROM plumbing.outbox WHERE object = $1 ORDER BY position", id
        )
    return [(row["kind"], row["sequence"]) for row in rows]


def refusal(answer: object) -> CustomerRefusal | MerchantRefusal:
    assert isinstance(answer, CustomerRefused | MerchantRefused), answer
    assert answer.detail
    return answer.refusal


@pytest.mark.parametrize("mode", Mode)
async def test_who_is_made_has_accounts_in_its_mode(database: Database, mode: Mode) -> None:
    client, own = (
        ledger_of(kind.pool, currency=CNY, mode=mode) for kind in (AccountKind.CUST, AccountKind.MER_RECV)
    )
    expected = [
        account_id(AccountKind.CUST, ledger=client, owner=7),
        account_id(AccountKind.CUST_HOLD, ledger=client, owner=7),
        account_id(AccountKind.MER_PEND, ledger=client, owner=8),
        account_id(AccountKind.MER_AVAIL, ledger=client, owner=8),
        account_id(AccountKind.MER_RECV, ledger=own, owner=8),
        *(account.id for account in house_accounts(CNY, mode=mode)),
    ]
    async with open_trade(database) as trade:
        customer, merchant = await asyncio.gather(
            trade.ask(new_customer(7, mode=mode)), trade.ask(new_merchant(8, mode=mode))
        )
    assert await accounts_in(database, expected) == set(expected)
    async with database.connection() as connection:
        assert await find_customer(connection, id=CustomerId(7)) == customer
        assert await find_by_phone(connection, mode=mode, phone=customer.phone) == customer
        assert await find_merchant(connection, id=MerchantId(8)) == merchant
        assert await contracts_of(connection, merchants=[8]) == [contract_for(8)]
        other = next(other for other in Mode if other is not mode)
        assert await find_by_phone(connection, mode=other, phone=customer.phone) is None
        assert await connection.fetchval("SELECT count(*) FROM ledger.account") == len(expected)
    assert await events_of(database, 7) == [("customer.created", 1)]
    assert await events_of(database, 8) == [("merchant.created", 1)]


async def test_the_same_again_answers_the_same(database: Database) -> None:
    async with open_trade(database) as trade:
        for command in (new_customer(7), new_merchant(8)):
            first, second = await asyncio.gather(trade.ask(command), trade.ask(command))
            assert first == second == await trade.ask(command)
        head = trade.book.head
        await trade.ask(new_customer(7))
        assert trade.book.head == head
        assert refusal(await trade.ask(new_customer(7, phone="+8613900000000"))) is CustomerRefusal.ID_TAKEN
        assert refusal(await trade.ask(new_merchant(8, mode=Mode.TEST))) is MerchantRefusal.ID_TAKEN
    assert await events_of(database, 7) == [("customer.created", 1)]


async def test_a_phone_number_is_one_customer_in_each_mode(database: Database) -> None:
    async with open_trade(database) as trade:
        phone = "+8613900000000"
        answers = await asyncio.gather(
            *[trade.ask(new_customer(number, phone=phone)) for number in range(1, 6)],
            trade.ask(new_customer(6, phone=phone, mode=Mode.TEST)),
        )
        assert isinstance(answers[0], Customer)
        assert isinstance(answers[5], Customer)
        for answer in answers[1:5]:
            assert refusal(answer) is CustomerRefusal.PHONE_TAKEN
            assert answer.customer == 1
        assert refusal(await trade.ask(new_customer(9, phone=phone))) is CustomerRefusal.PHONE_TAKEN


async def test_a_customer_is_frozen_let_go_verified_and_closed(database: Database) -> None:
    async with open_trade(database) as trade:
        await trade.ask(new_customer(7))
        frozen = await trade.ask(SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.FROZEN))
        assert not frozen.is_active
        assert frozen == await trade.ask(SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.FROZEN))
        await trade.ask(SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.ACTIVE))
        verified = await trade.ask(
            VerifyCustomer(id=CustomerId(7), name="王小米", verification=Verification.BASIC)
        )
        assert (verified.name, verified.verification, verified.version) == ("王小米", Verification.BASIC, 4)
        closed = await trade.ask(SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.CLOSED))
        back = await trade.ask(SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.ACTIVE))
        assert refusal(back) is CustomerRefusal.WRONG_STATUS
        nobody = await trade.ask(SetCustomerStatus(id=CustomerId(8), status=CustomerStatus.FROZEN))
        assert refusal(nobody) is CustomerRefusal.NOT_FOUND
    async with database.connection() as connection:
        assert await find_customer(connection, id=CustomerId(7)) == closed
    assert [sequence for _, sequence in await events_of(database, 7)] == [1, 2, 3, 4, 5]


async def test_who_has_money_left_is_not_closed(database: Database) -> None:
    close = SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.CLOSED)
    async with open_trade(database) as trade:
        await trade.ask(new_customer(7))
        created = await trade.ask(Give(customer=7, amount=Money(1, CNY)))
        assert created is CreateTransferStatus.created
        assert refusal(await trade.ask(close)) is CustomerRefusal.BALANCE_LEFT
    async with open_trade(database) as trade:
        assert refusal(await trade.ask(close)) is CustomerRefusal.BALANCE_LEFT


class Breaking:
    """A connection that breaks at the last question with which a book makes itself current."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchval(self, statement: str, *arguments: object) -> Any:
        if statement == LEDGER_SQL["next_due"]:
            raise ConnectionResetError("the cable was pulled")
        return await self._connection.fetchval(statement, *arguments)


async def test_a_batch_that_breaks_while_it_opens_leaves_no_old_memory(database: Database) -> None:
    """The book has noticed what another process wrote, the parts have not heard of it yet."""
    freeze = SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.FROZEN)
    let_go = SetCustomerStatus(id=CustomerId(7), status=CustomerStatus.ACTIVE)
    async with open_trade(database, desk_id=2) as other:
        book = Book(clock=other.clock, accounting_date=day_of)
        trade = Trade(book=book, parts=[Customers(book=book)])

        async def ask(command: object, wrap: Any) -> Any:
            async with database.transaction() as connection:
                await lock_book(connection)
                await trade.load(wrap(connection), [command])
                answer = trade.decide(trade, command)
                await trade.save(connection, trade)
            trade.committed(trade)
            return answer

        made = await ask(new_customer(7), lambda connection: connection)
        await other.ask(freeze)
        with pytest.raises(DatabaseUnavailable):
            await ask(let_go, Breaking)
        again = await ask(let_go, lambda connection: connection)
        assert (made.version, again.version) == (1, 3)


async def test_contracts_follow_each_other(database: Database) -> None:
    async with open_trade(database) as trade:
        await trade.ask(new_merchant(8))
        later = contract_for(8, number=2, effective_from=Day(2026_02_01))
        assert later == await trade.ask(AddContract(contract=later))
        assert later == await trade.ask(AddContract(contract=later))
        same_day = contract_for(8, number=3, effective_from=Day(2026_02_01))
        assert refusal(await trade.ask(AddContract(contract=same_day))) is MerchantRefusal.CONTRACT_EXISTS
        same_id = contract_for(8, number=2, effective_from=Day(2026_03_01))
        assert refusal(await trade.ask(AddContract(contract=same_id))) is MerchantRefusal.ID_TAKEN
        past = contract_for(8, number=4, effective_from=Day(2025_12_31))
        assert refusal(await trade.ask(AddContract(contract=past))) is MerchantRefusal.CONTRACT_IN_THE_PAST
        nobody = contract_for(9)
        assert refusal(await trade.ask(AddContract(contract=nobody))) is MerchantRefusal.NOT_FOUND
        merchants = trade.merchants
        on = {
            day: merchants.contract(MerchantId(8), currency=CNY, day=Day(day))
            for day in (2025_12_31, 2026_01_01, 2026_01_31, 2026_02_01)
        }
        assert on == {
            2025_12_31: None,
            2026_01_01: contract_for(8),
            2026_01_31: contract_for(8),
            2026_02_01: later,
        }
    assert [kind for kind, _ in await events_of(database, 8)] == [
        "merchant.created",
        "merchant.contract_added",
    ]


async def test_stores_belong_to_one_merchant(database: Database) -> None:
    names = Names(en="Wudaokou", zh="五道口店")
    async with open_trade(database) as trade:
        await asyncio.gather(trade.ask(new_merchant(8)), trade.ask(new_merchant(9)))
        add = AddStore(id=StoreId(1), merchant=MerchantId(8), names=names)
        first, second = await asyncio.gather(trade.ask(add), trade.ask(add))
        assert first == second == await trade.ask(add)
        taken = await trade.ask(AddStore(id=StoreId(1), merchant=MerchantId(9), names=names))
        assert refusal(taken) is MerchantRefusal.ID_TAKEN
        nobody = await trade.ask(AddStore(id=StoreId(2), merchant=MerchantId(10), names=names))
        assert refusal(nobody) is MerchantRefusal.NOT_FOUND
        suspended = await trade.ask(SetMerchantStatus(id=MerchantId(8), status=MerchantStatus.SUSPENDED))
        assert not suspended.is_active
        await trade.ask(SetMerchantStatus(id=MerchantId(8), status=MerchantStatus.CLOSED))
        closed = await trade.ask(AddStore(id=StoreId(3), merchant=MerchantId(8), names=names))
        assert refusal(closed) is MerchantRefusal.WRONG_STATUS
        back = await trade.ask(SetMerchantStatus(id=MerchantId(8), status=MerchantStatus.ACTIVE))
        assert refusal(back) is MerchantRefusal.WRONG_STATUS
    async with database.connection() as connection:
        assert await stores_of(connection, merchant=MerchantId(8), most=2) == [first]
        merchant = await find_merchant(connection, id=MerchantId(8))
    assert merchant is not None
    assert (merchant.status, merchant.version) == (MerchantStatus.CLOSED, 4)


async def test_two_desks_see_each_others_changes(database: Database) -> None:
    async with open_trade(database, desk_id=1) as one, open_trade(database, desk_id=2) as other:
        await one.ask(new_customer(7))
        await one.ask(new_merchant(8))
        for status in (CustomerStatus.FROZEN, CustomerStatus.ACTIVE) * 3:
            for desk in (one, other):
                changed = await desk.ask(SetCustomerStatus(id=CustomerId(7), status=status))
                assert changed.status is status
        await other.ask(SetMerchantStatus(id=MerchantId(8), status=MerchantStatus.SUSPENDED))
        answer = await one.ask(SetMerchantStatus(id=MerchantId(8), status=MerchantStatus.ACTIVE))
        assert isinstance(answer, Merchant)
        assert answer.version == 3


async def test_sign_ups_of_one_phone_at_once_make_one_customer(database: Database) -> None:
    """At two desks over one book, as in two processes: one is made, and the others are told of it."""
    async with open_trade(database) as one, open_trade(database, desk_id=2) as two:
        answers = await asyncio.gather(
            *[
                (one, two)[number % 2].ask(new_customer(700 + number, phone="+8613900000700"))
                for number in range(20)
            ]
        )
    made = [answer for answer in answers if isinstance(answer, Customer)]
    assert len(made) == 1
    refused = [answer for answer in answers if not isinstance(answer, Customer)]
    assert {answer.refusal for answer in refused} == {CustomerRefusal.PHONE_TAKEN}
    assert {answer.customer for answer in refused} == {made[0].id}
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM customers.customer") == 1
