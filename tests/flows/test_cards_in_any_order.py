"""What happens to a payment by card in any order: one final state, money conserved, all told the same."""

import asyncio
from random import Random

from milletpay.funding import DrawStatus
from milletpay.ledger.chart import AccountKind
from milletpay.payments import Decline, Made, Outcome, PaymentId, PaymentStatus, Refused
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Database
from milletpay.rails import AnyOf, Direction, Fault, RefusalReason
from tests.flows.card_desk import HONG, MING, CardDesk, from_card, open_cards

PAYMENTS = 150
ROUNDS = 6
AMOUNT = 10_00
SEED = 8
FINAL = {
    PaymentStatus.AWAITING_PAYMENT: "payment.attempt_declined",
    PaymentStatus.SUCCEEDED: "payment.succeeded",
    PaymentStatus.CANCELED: "payment.canceled",
    PaymentStatus.EXPIRED: "payment.expired",
    PaymentStatus.REVERSED: "payment.reversed",
}
FAULTS = (
    (Fault(reason=RefusalReason.INSUFFICIENT_FUNDS, notices=1), 1_500),
    (Fault(unanswered=2, decided_after_ns=90 * SECOND, notices=2), 3_000),
    (Fault(decided_after_ns=20 * SECOND, notices=1), 6_000),
    (Fault(unanswered=1), 8_000),
)
"""Each with the share of orders, of 10,000, below which an order draws it; the oldest that fits is taken."""


async def step(house: CardDesk, chance: Random, payment: PaymentId) -> None:
    """A payer, the merchant or time does something with a payment, or nobody does."""
    match chance.choice(("pay", "pay", "pay", "end", "refund", "wait")):
        case "pay":
            payer = chance.choice((MING, HONG))
            answer = await house.pay(payment, payer, from_card(payer))
            assert isinstance(answer, Made | Decline | Refused)
        case "end":
            ends = (house.cancel, house.reverse, house.expire)
            await chance.choices(ends, weights=(1, 1, 3))[0](payment)
        case "refund":
            await house.refund(payment, chance.choice((1_00, 4_00, AMOUNT)))


async def prove(house: CardDesk, payment: PaymentId) -> int:
    """One payment is one story; gives what the customers' cards have paid for it in the end."""
    found, draws, backs = (
        await house.payment(payment),
        await house.draws(payment),
        await house.give_backs(payment),
    )
    assert all(draw.is_decided for draw in draws)
    assert all(back.is_decided for back in backs)
    taken = [draw for draw in draws if draw.status is DrawStatus.SUCCEEDED]
    assert len(taken) == (1 if found.captured else 0)
    assert found.status in FINAL
    told = await house.events(payment)
    if draws:
        assert told[-1] in {FINAL[found.status], "payment.refunded"}, (told, found.status)
    outcomes = [attempt.outcome for attempt in await house.attempts(payment)]
    assert Outcome.PENDING not in outcomes
    assert outcomes.count(Outcome.TOOK_THE_MONEY) == len(taken)
    return found.captured - found.refunded


async def test_cards_in_any_order(database: Database) -> None:
    chance = Random(SEED)
    async with open_cards(database) as house:
        await house.open(MING, HONG)
        for fault, share in FAULTS:
            await house.bank.inject(fault, into=Direction.COLLECT, orders=AnyOf(share))
        lost = Fault(unanswered=1, notices=1)
        await house.bank.inject(lost, into=Direction.REFUND, orders=AnyOf(5_000))
        payments = [await house.make(AMOUNT, seconds=chance.choice((0, 5, 60, 600))) for _ in range(PAYMENTS)]
        for _ in range(ROUNDS):
            # The bank's answers come in between.
            steps = [step(house, chance, payment) for payment in chance.sample(payments, PAYMENTS)]
            await asyncio.gather(*steps, house.pass_time(seconds=chance.choice((0, 1, 10, 30))))
        for _ in range(12):
            await house.pass_time(seconds=60)
        for payment in payments:
            await house.expire(payment)
        for _ in range(6):
            await house.pass_time(seconds=600)
        left = sum([await prove(house, payment) for payment in payments])
        statuses = {(await house.payment(payment)).status for payment in payments}
        assert statuses == set(FINAL), "every end is reached"
        drawn = [draw.status for payment in payments for draw in await house.draws(payment)]
        assert DrawStatus.UNWANTED in drawn
        on_cards = await house.on_card(MING) + await house.on_card(HONG)
        in_balances = [await house.balance(AccountKind.CUST, owner) for owner in (MING, HONG)]
        assert in_balances == [0, 0], "no card refused what went back"
        assert on_cards == left
        books = await house.books(MING, HONG)
        assert books.get("clearing", 0) + books.get("safe", 0) == left
        assert books.get("pending", 0) + books.get("fees", 0) == left
        assert "on its way" not in books
        assert await house.counted(MING) + await house.counted(HONG) == sum(
            [found.amount.minor for payment in payments if (found := await house.payment(payment)).counted_on]
        )
