"""Payment codes at the desk: who is recognized, what is used up, what is the same whatever was wrong."""

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

from milletpay.codes.payment_codes import SECOND, check_digit, read_code
from milletpay.customers import CustomerId, CustomerStatus, DeviceId, RetireDevice, SetCustomerStatus
from milletpay.ledger.chart import AccountKind, Mode
from milletpay.merchants import TerminalId
from milletpay.payments import (
    CodeRefusal,
    CodeRule,
    Decline,
    DeclinePayment,
    EnrollPresenter,
    ExpirePayment,
    Made,
    Payment,
    PaymentId,
    PaymentStatus,
    PayPayment,
    Presented,
    Refusal,
    Refused,
    ReversePayment,
    RuleCodes,
)
from milletpay.payments.guessing import AT_PLACE, Guesses
from milletpay.plumbing.database import Database
from tests.flows.business import OF_PAYMENTS, prove_business
from tests.flows.code_desk import ANN, SHOP, CodePhone, by_code, enroll, open_code_shop
from tests.flows.payment_desk import CODE_KEYS, Fill, PaymentDesk, open_payments
from tests.flows.trade_desk import new_customer, new_merchant

BOB = CustomerId(12)


async def paid(desk: PaymentDesk, command: Any) -> Payment:
    made = await desk.ask(command)
    assert isinstance(made, Made), made
    return made.payment


def ended(payment: Payment) -> tuple[PaymentStatus, Decline | None]:
    return payment.status, payment.decline


INVALID = (PaymentStatus.FAILED, Decline.PAYMENT_CODE_INVALID)
PAID = (PaymentStatus.SUCCEEDED, None)


async def test_a_code_pays_once(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        code = phone.code(desk.clock.now_ns())
        payment = await paid(desk, by_code(desk, f"{code[:4]} {code[4:]}"))
        assert ended(payment) == PAID
        assert payment.customer == ANN
        assert payment.device == phone.presenter.device
        assert payment.presented is Presented.UNASKED
        again = await paid(desk, by_code(desk, code))
        assert ended(again) == INVALID
        assert (again.customer, again.device, again.presented) == (None, None, None)
        assert ended(await paid(desk, by_code(desk, phone.code(desk.clock.now_ns(), lane=1)))) == PAID
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00 - 20_00


async def test_one_request_has_one_answer_though_the_code_is_spent(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        command = by_code(desk, phone.code(desk.clock.now_ns()), request=desk.request("sale", key=9))
        first = await desk.ask(command)
        again = await desk.ask(replace(command, id=PaymentId(desk.ids.next())))
        assert (first.is_new, again.is_new) == (True, False)
        assert first.payment.id == again.payment.id
        desk.clock.advance(duration_ns=3_600 * SECOND)
        late = await desk.ask(replace(command, id=PaymentId(desk.ids.next())))
        assert ended(late.payment) == PAID
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00 - 10_00


async def test_one_code_at_two_tills_of_one_batch_pays_once(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        code = phone.code(desk.clock.now_ns())
        made = await asyncio.gather(*(desk.ask(by_code(desk, code)) for _ in range(20)))
        assert sorted(ended(one.payment) for one in made).count(PAID) == 1
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00 - 10_00


async def test_whatever_is_wrong_looks_the_same(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        await desk.ask(new_customer(BOB))
        await desk.ask(Fill(BOB, 100_00))
        frozen, lost, renewed = [await enroll(desk, BOB) for _ in range(3)]
        now = desk.clock.now_ns()
        code = phone.code(now)
        shown = [
            code[:-1] + str((int(code[-1]) + 1) % 10),  # misread
            "134567890123456789",  # another wallet's
            phone.code(now - 90 * SECOND),  # too old
            phone.code(now + 60 * SECOND),  # too early
            lost.code(now),
            renewed.code(now),
        ]
        await desk.ask(RetireDevice(id=lost.presenter.device, customer=BOB))
        again = await enroll(desk, BOB, device=renewed.presenter.device)
        assert again.presenter.version == 2
        assert ended(await paid(desk, by_code(desk, again.code(now)))) == PAID
        await desk.ask(SetCustomerStatus(id=BOB, status=CustomerStatus.FROZEN))
        shown.append(frozen.code(now))
        for scanned in shown:
            payment = await paid(desk, by_code(desk, scanned))
            assert ended(payment) == INVALID
            assert (payment.customer, payment.device, payment.presented) == (None, None, None)
    await prove_business(database, proofs=OF_PAYMENTS)


async def test_a_phone_may_be_fifty_seconds_behind_and_thirty_ahead(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        for seconds in (-50, 0, 30):
            shown = phone.code(desk.clock.now_ns() + seconds * SECOND)
            assert ended(await paid(desk, by_code(desk, shown))) == PAID


async def test_only_a_phone_of_ones_own_in_use_is_enrolled(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        await desk.ask(new_customer(BOB))
        device = phone.presenter.device
        others = EnrollPresenter(device=device, customer=BOB, mode=Mode.LIVE)
        unknown = EnrollPresenter(device=DeviceId(99), customer=ANN, mode=Mode.LIVE)
        play = EnrollPresenter(device=device, customer=ANN, mode=Mode.TEST)
        for command in (others, unknown, play):
            refused = await desk.ask(command)
            assert refused.refusal is CodeRefusal.DEVICE_NOT_FOUND
        await desk.ask(RetireDevice(id=device, customer=ANN))
        refused = await desk.ask(EnrollPresenter(device=device, customer=ANN, mode=Mode.LIVE))
        assert refused.refusal is CodeRefusal.DEVICE_NOT_FOUND


async def test_above_the_limit_the_customer_is_asked_and_nobody_else(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        await desk.ask(new_customer(BOB))
        await desk.ask(Fill(BOB, 10_000_00))
        asked = await paid(desk, by_code(desk, phone.code(desk.clock.now_ns()), 1_000_01))
        assert (asked.status, asked.presented) == (PaymentStatus.PROCESSING, Presented.ASKED)
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00
        others = await desk.ask(PayPayment(payment=asked.id, customer=BOB, mode=Mode.LIVE))
        assert isinstance(others, Refused)
        assert others.refusal is Refusal.WRONG_STATE
        assert others.detail.startswith("Somebody is paying it at this moment.")
        own = await desk.ask(PayPayment(payment=asked.id, customer=ANN, mode=Mode.LIVE))
        assert ended(own.payment) == PAID
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00 - 1_000_01
        again = await desk.ask(PayPayment(payment=asked.id, customer=ANN, mode=Mode.LIVE))
        assert not again.is_new


async def test_a_customer_who_is_asked_may_say_no_or_nothing(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk, balance=1_500_00)
        now = desk.clock.now_ns()
        first, second, third = [
            await paid(desk, by_code(desk, phone.code(now, lane=lane), 1_400_00)) for lane in range(3)
        ]
        others = await desk.ask(DeclinePayment(payment=first.id, customer=BOB, mode=Mode.LIVE))
        assert others.refusal is Refusal.PAYMENT_NOT_FOUND
        for _ in range(2):
            said_no = await desk.ask(DeclinePayment(payment=first.id, customer=ANN, mode=Mode.LIVE))
            assert ended(said_no) == (PaymentStatus.FAILED, Decline.DECLINED_BY_CUSTOMER)
        assert ended((await desk.ask(confirm(second))).payment) == PAID
        # What does not cover it now may cover it later.
        assert await desk.ask(confirm(third)) is Decline.INSUFFICIENT_FUNDS
        await desk.ask(Fill(ANN, 2_000_00))
        desk.clock.advance(duration_ns=121 * SECOND)
        late = await desk.ask(confirm(third))
        assert late.refusal is Refusal.EXPIRED
        over = await desk.ask(ExpirePayment(payment=third.id))
        assert ended(over) == (PaymentStatus.EXPIRED, None)
    await prove_business(database, proofs=OF_PAYMENTS)


def confirm(payment: Payment) -> PayPayment:
    return PayPayment(payment=payment.id, customer=ANN, mode=Mode.LIVE)


async def test_a_reversal_wins_before_and_after_the_customer(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        now = desk.clock.now_ns()
        first, second = [
            await paid(desk, by_code(desk, phone.code(now, lane=lane), 1_400_00)) for lane in range(2)
        ]
        reverse = [ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=one.id) for one in (first, second)]
        await desk.ask(confirm(first))
        for command in reverse:
            assert (await desk.ask(command)).status is PaymentStatus.REVERSED
        late = await desk.ask(confirm(second))
        assert late.refusal is Refusal.WRONG_STATE
        assert await desk.balance(AccountKind.CUST, ANN) == 10_000_00
        assert await desk.balance(AccountKind.MER_PEND, SHOP) == 0
    await prove_business(database, proofs=OF_PAYMENTS)


async def test_a_reversal_gives_the_times_without_pin_back(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        await desk.ask(RuleCodes(rule=CodeRule(customer=ANN, each=50_00, per_day=2)))
        now = desk.clock.now_ns()
        first, second, third, fourth = [phone.code(now, lane=lane) for lane in range(4)]
        paid_first = await paid(desk, by_code(desk, first))
        assert ended(paid_first) == PAID
        assert (await paid(desk, by_code(desk, second, 50_01))).status is PaymentStatus.PROCESSING
        assert ended(await paid(desk, by_code(desk, third))) == PAID
        assert (await paid(desk, by_code(desk, fourth))).status is PaymentStatus.PROCESSING
        await desk.ask(ReversePayment(merchant=SHOP, mode=Mode.LIVE, payment=paid_first.id))
        desk.clock.advance(duration_ns=30 * SECOND)
        assert ended(await paid(desk, by_code(desk, phone.code(desk.clock.now_ns())))) == PAID
    await prove_business(database, proofs=OF_PAYMENTS)


async def test_a_till_that_guesses_is_closed_and_the_customer_pays_elsewhere(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        await desk.ask(new_merchant(2))
        bad, good = TerminalId(71), TerminalId(72)
        for guess in range(10):
            wrong = await paid(desk, by_code(desk, f"72{guess:016d}", terminal=bad))
            assert ended(wrong) == INVALID
        now = desk.clock.now_ns()
        # What is right is not looked at there, and so not used up.
        right = phone.code(now)
        assert ended(await paid(desk, by_code(desk, right, terminal=bad))) == INVALID
        assert ended(await paid(desk, by_code(desk, right, terminal=good))) == PAID
        async with database.connection() as connection:
            kinds = await connection.fetch(
                "SELECT object, sequence FROM plumbing.outbox WHERE kind = 'codes.guessing'"
            )
        assert [(row["object"], row["sequence"]) for row in kinds] == [(bad, 1)]
        desk.clock.advance(duration_ns=61 * SECOND)
        assert ended(await paid(desk, by_code(desk, phone.code(desk.clock.now_ns()), terminal=bad))) == PAID


async def test_who_guesses_slowly_and_pays_between_gets_no_further(database: Database) -> None:
    """Fewer a minute than close a till at once, and an accomplice whose codes are right."""
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        slow, sly, misreading = TerminalId(71), TerminalId(72), TerminalId(73)
        right = 0
        for minute in range(3):
            for half in range(2):
                now = desk.clock.now_ns()
                for number in range(4):
                    guess = minute * 8 + half * 4 + number
                    await paid(desk, by_code(desk, guessed(guess), terminal=slow))
                    await paid(desk, by_code(desk, guessed(100 + guess), terminal=sly))
                    if number:
                        await paid(desk, by_code(desk, "6901234567892", terminal=misreading))
                    shown = by_code(desk, phone.code(now, lane=number), 1, terminal=sly)
                    right += (await paid(desk, shown)).customer == ANN
                desk.clock.advance(duration_ns=31 * SECOND)
        assert right >= 20, "it was closed at the end, and not at the beginning"
        assert await closed_places(database) == {slow, sly}
        # What was no guess is not owed for.
        assert await takes(desk, phone, at=misreading)
        # Whoever goes on is closed at every guess, for longer each time.
        for minutes in (1, 2, 4):
            desk.clock.advance(duration_ns=(minutes * 60 + 1) * SECOND)
            await paid(desk, by_code(desk, guessed(minutes), terminal=slow))
            assert not await takes(desk, phone, at=slow)
        # What is owed for is forgotten: a till is not closed for ever.
        desk.clock.advance(duration_ns=4 * 3_600 * SECOND)
        await paid(desk, by_code(desk, guessed(7), terminal=slow))
        assert await takes(desk, phone, at=slow)


async def takes(desk: PaymentDesk, phone: CodePhone, *, at: TerminalId) -> bool:
    """Whether a right code is looked at there."""
    shown = by_code(desk, phone.code(desk.clock.now_ns()), terminal=at)
    return (await paid(desk, shown)).customer == ANN


def test_a_busy_shop_is_not_closed_for_codes_that_were_shown_too_long() -> None:
    """Of a hundred codes one was shown too long; thirty counters for which no till is named."""
    place, now, chance = Guesses(subject=1), 10**18, Random(3)
    for code in range(200_000):
        now += 2 * SECOND
        if code % 100 == 99:
            assert not place.guess(now=now, bound=AT_PLACE)
        else:
            place.right(now=now, word=chance.randrange(10**7), bound=AT_PLACE)


def guessed(number: int) -> str:
    """A code that might be right, and is not."""
    digits = f"72{number:08d}{number * 1234567 % 10**7:07d}"
    return digits + check_digit(digits)


async def closed_places(database: Database) -> set[int]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT object FROM plumbing.outbox WHERE kind = 'codes.guessing'")
    return {int(row["object"]) for row in rows}


async def test_an_alias_that_is_guessed_at_is_worth_nothing_and_its_phone_goes_on(database: Database) -> None:
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        now = desk.clock.now_ns()
        shown = phone.code(now)
        for guess in range(5):
            digits = f"{shown[:10]}{(int(shown[10:17]) + guess + 1) % 10**7:07d}"
            wrong = digits + check_digit(digits)
            await paid(desk, by_code(desk, wrong, terminal=TerminalId(80 + guess)))
        assert ended(await paid(desk, by_code(desk, shown))) == INVALID
        assert ended(await paid(desk, by_code(desk, phone.code(now, lane=1)))) == PAID
        desk.clock.advance(duration_ns=300 * SECOND)
        assert ended(await paid(desk, by_code(desk, phone.code(desk.clock.now_ns())))) == PAID


async def test_what_is_no_code_of_ours_is_held_against_no_phone(database: Database) -> None:
    """A code of another house with the same digits in it, one that was misread, the barcode of a thing."""
    async with open_payments(database) as desk:
        phone = await open_code_shop(desk)
        shown = phone.code(desk.clock.now_ns())
        others = f"28{shown[2:10]}1234567"
        misread = f"{shown[:-2]}{(int(shown[-2]) + 1) % 10}{shown[-1]}"
        for till, scanned in enumerate(3 * [others + check_digit(others), misread, "6901234567892"]):
            assert ended(await paid(desk, by_code(desk, scanned, terminal=TerminalId(80 + till)))) == INVALID
        assert ended(await paid(desk, by_code(desk, shown))) == PAID
        reading = read_code("6901234567892")
        assert {one.slot.number for one in CODE_KEYS.sightings(reading, now=desk.clock.now_ns())} == {0}


async def test_another_process_knows_what_was_used_and_retired(database: Database) -> None:
    async with open_payments(database) as here, open_payments(database, desk_id=2) as there:
        phone = await open_code_shop(here)
        now = here.clock.now_ns()
        used = phone.code(now)
        assert ended(await paid(here, by_code(here, used))) == PAID
        assert ended(await paid(there, by_code(there, used))) == INVALID
        assert ended(await paid(there, by_code(there, phone.code(now, lane=1)))) == PAID
        await here.ask(RetireDevice(id=phone.presenter.device, customer=ANN))
        assert ended(await paid(there, by_code(there, phone.code(now, lane=2)))) == INVALID
