"""Cards are bound by whose they are: who tries those of others may try a few, and then none for a time."""

import asyncio

from milletpay.customers import Customer, find_customer
from milletpay.identity import SecretRefusal, SecretRefused
from milletpay.identity.model import LOCKS, TRIES
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.rails import (
    BankKey,
    Banks,
    Binding,
    BoundCard,
    NotBound,
    RefusalReason,
    SimulatedBank,
    numbered_from,
    read_card_number,
)
from milletpay.wallets import BindCard, Binder, CardId
from tests.flows.asking import Client, Reply
from tests.flows.market import Buyer, Market

TESTER, SOMEBODY, HURRIED = 8, 9, 10
"""Buyers whose cards no other test of the market binds."""


def new_number(market: Market) -> str:
    """The number of a card that was bound by nobody."""
    return numbered_from(f"6299998{next(market.numbers):08d}").digits


def foreign(market: Market) -> str:
    """The number of a card that nobody here can say anything about."""
    return numbered_from(f"4111118{next(market.numbers):08d}").digits


async def bind(market: Market, number: str, *, buyer: int, key: str = "") -> Reply:
    client = Client(port=market.port, token=market.buyers[buyer].token)
    return await client.post("/v1/wallet/cards", {"number": number}, key=key)


async def pass_time(market: Market, buyer: Buyer, *, duration_ns: int) -> None:
    """As if what was tried so far had been tried so much earlier."""
    async with market.database.transaction() as connection:
        await connection.execute(
            "UPDATE identity.attempt SET at = at - $2, locked_until = locked_until - $2"
            " WHERE subject = $1 AND knowledge = 6",
            buyer.id,
            duration_ns,
        )


async def test_after_so_many_wrong_cards_the_right_one_is_refused_until_the_time_has_passed(
    market: Market,
) -> None:
    tester, right = market.buyers[TESTER], new_number(market)
    kept = await bind(market, new_number(market), buyer=TESTER, key=market.name())
    assert kept.status == 201
    wrong = [await bind(market, foreign(market), buyer=TESTER) for _ in range(TRIES)]
    assert [(reply.status, reply.code) for reply in wrong] == [(400, "invalid_field")] * TRIES
    locked = await bind(market, right, buyer=TESTER)
    assert (locked.status, locked.code, locked.json["param"]) == (429, "locked", "number")
    assert 0 < int(locked.headers["retry-after"]) <= LOCKS[0] // SECOND
    cards = (await Client(port=market.port, token=tester.token).get("/v1/wallet/cards")).json["data"]
    assert right[-4:] not in {card["masked"][-4:] for card in cards}
    assert (await bind(market, right, buyer=SOMEBODY)).status == 201, "another customer is not locked"

    await pass_time(market, tester, duration_ns=LOCKS[0])
    # A right one wipes nothing: between those of others, whoever tries them binds one of their own.
    assert (await bind(market, right, buyer=TESTER)).status == 201
    for _ in range(TRIES):
        assert (await bind(market, foreign(market), buyer=TESTER)).status == 400
        await bind(market, right, buyer=TESTER)
    again = await bind(market, right, buyer=TESTER)
    assert again.code == "locked"
    assert LOCKS[0] // SECOND < int(again.headers["retry-after"]) <= LOCKS[1] // SECOND
    await pass_time(market, tester, duration_ns=LOCKS[1])
    assert (await bind(market, right, buyer=TESTER)).status == 201


async def test_a_card_that_is_bound_is_answered_again_while_another_is_refused(market: Market) -> None:
    number, key = new_number(market), market.name()
    first = await bind(market, number, buyer=SOMEBODY, key=key)
    for _ in range(TRIES):
        await bind(market, foreign(market), buyer=SOMEBODY)
    assert (await bind(market, number, buyer=SOMEBODY)).code == "locked"
    again = await bind(market, number, buyer=SOMEBODY, key=key)
    assert (again.status, again.is_again, again.body) == (201, True, first.body)
    await pass_time(market, market.buyers[SOMEBODY], duration_ns=LOCKS[0])


async def test_right_cards_at_once_lock_nobody_out_and_wrong_ones_at_once_are_still_five(
    market: Market,
) -> None:
    right = [new_number(market) for _ in range(4 * TRIES)]
    bound = await asyncio.gather(*(bind(market, number, buyer=HURRIED) for number in right))
    assert {reply.status for reply in bound} == {201}
    wrong = [foreign(market) for _ in range(4 * TRIES)]
    said = await asyncio.gather(*(bind(market, number, buyer=HURRIED) for number in wrong))
    assert sorted(reply.code for reply in said) == ["invalid_field"] * TRIES + ["locked"] * 3 * TRIES
    await pass_time(market, market.buyers[HURRIED], duration_ns=LOCKS[0])


class MoodyBank(SimulatedBank):
    """A bank that knows some cards under other names, and at times gives no answer."""

    says: NotBound | None = None

    async def bind(self, binding: Binding) -> BoundCard | NotBound:
        return self.says or await super().bind(binding)


async def test_what_a_bank_does_not_take_counts_and_what_it_does_not_answer_does_not(market: Market) -> None:
    now = SystemClock().now_ns()
    async with market.database.connection() as connection:
        customer = await find_customer(connection, id=market.buyers[HURRIED].id)
    assert isinstance(customer, Customer)
    bank = MoodyBank(
        key=BankKey(customer.mode, "moody"),
        issues_from="655555",
        database=market.database,
        clock=SystemClock(),
        seed=1,
    )
    binder = Binder(banks=Banks([bank]), database=market.database)
    number = read_card_number(numbered_from("655555000000001").digits)

    async def ask() -> object:
        return await binder.ask(id=CardId(1), customer=customer, number=number, now=now)

    await pass_time(market, market.buyers[HURRIED], duration_ns=2 * LOCKS[-1])
    bank.says = NotBound(reason=None)
    assert [await ask() for _ in range(2 * TRIES)] == [bank.says] * 2 * TRIES
    bank.says = NotBound(reason=RefusalReason.NAME_DIFFERS)
    assert [await ask() for _ in range(TRIES - 1)] == [bank.says] * (TRIES - 1)
    bank.says = NotBound(reason=None)
    assert await ask() == bank.says, "also as the fifth it brings no lock"
    bank.says = NotBound(reason=RefusalReason.NAME_DIFFERS)
    assert await ask() == bank.says
    bank.says = None
    assert await ask() == SecretRefused(refusal=SecretRefusal.LOCKED, until=now + LOCKS[0])
    await pass_time(market, market.buyers[HURRIED], duration_ns=LOCKS[0])
    assert isinstance(await ask(), BindCard)
