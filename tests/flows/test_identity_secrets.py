"""What people know: codes, PINs and passwords are taken a few times, and tell nothing else."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator

import asyncpg
import pytest

from milletpay.identity import (
    Authenticator,
    CredentialKind,
    CredentialRefusal,
    CredentialRefused,
    Hasher,
    NewCode,
    OneTimeCodes,
    Operator,
    OperatorId,
    OperatorRefusal,
    Operators,
    Pepper,
    PhoneShown,
    PinChecked,
    PinRefusal,
    Pins,
    Role,
    SecretRefusal,
    SecretRefused,
    SessionId,
    has_pin,
    open_pepper,
    open_session,
    pin_refusal,
)
from milletpay.identity.model import LOCKS, lock_after
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy

MINUTE = 60 * SECOND
NOW = ManualClock().now_ns()
PHONE = "+8613800000007"
CUSTOMER = 7
WRONG = SecretRefused(refusal=SecretRefusal.WRONG)


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    made = Hasher(Pepper(bytes(range(32))))
    yield made
    made.close()


@pytest.fixture
def codes(database: Database, hasher: Hasher) -> OneTimeCodes:
    return OneTimeCodes(database=database, pepper=hasher.pepper, entropy=system_entropy)


@pytest.fixture
def pins(database: Database, hasher: Hasher) -> Pins:
    return Pins(database=database, hasher=hasher)


@pytest.fixture
def operators(database: Database, hasher: Hasher) -> Operators:
    return Operators(database=database, hasher=hasher)


async def send(codes: OneTimeCodes, *, phone: str = PHONE, mode: Mode = Mode.LIVE, now: int = NOW) -> str:
    made = await codes.make(phone, mode=mode, now=now)
    assert isinstance(made, NewCode)
    assert made.expires_at == now + 5 * MINUTE
    code = made.code.reveal()
    assert len(code) == 6
    assert code.isdigit()
    assert code not in repr(made)
    return code


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_a_code_is_good_once_for_its_phone_and_mode(codes: OneTimeCodes) -> None:
    code = await send(codes)
    assert await codes.check(code, phone="+8613800000008", mode=Mode.LIVE, now=NOW) == WRONG
    assert await codes.check(code, phone=PHONE, mode=Mode.TEST, now=NOW) == WRONG
    assert await codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW + 1) == PhoneShown(
        phone=PHONE, mode=Mode.LIVE, at=NOW + 1
    )
    assert await codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW + 2) == WRONG


async def test_a_code_ends_after_five_minutes(codes: OneTimeCodes) -> None:
    code = await send(codes)
    assert await codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW + 5 * MINUTE) == WRONG


async def test_a_new_code_takes_the_place_of_the_old(codes: OneTimeCodes) -> None:
    first = await send(codes)
    second = await send(codes, now=NOW + 1)
    while second == first:  # one chance in a million
        second = await send(codes, now=NOW + 1)
    assert await codes.check(first, phone=PHONE, mode=Mode.LIVE, now=NOW + 2) == WRONG
    assert isinstance(await codes.check(second, phone=PHONE, mode=Mode.LIVE, now=NOW + 2), PhoneShown)


async def test_a_hundred_guesses_at_once_are_five(codes: OneTimeCodes) -> None:
    code = await send(codes)
    for _ in range(4):
        assert await codes.check(another(code), phone=PHONE, mode=Mode.LIVE, now=NOW) == WRONG
    guesses = [another(code)] * 30 + [code] * 30
    answers = await asyncio.gather(
        *[codes.check(guess, phone=PHONE, mode=Mode.LIVE, now=NOW) for guess in guesses]
    )
    assert sum(isinstance(answer, PhoneShown) for answer in answers) <= 1
    assert await codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW) == WRONG


async def test_a_right_code_once_however_many_ask_at_once(codes: OneTimeCodes) -> None:
    code = await send(codes)
    answers = await asyncio.gather(
        *[codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW) for _ in range(10)]
    )
    assert Counter(type(answer) for answer in answers) == {PhoneShown: 1, SecretRefused: 9}


async def test_six_codes_an_hour_go_to_a_phone(codes: OneTimeCodes) -> None:
    for minute in range(6):
        await send(codes, now=NOW + minute * MINUTE)
    refused = await codes.make(PHONE, mode=Mode.LIVE, now=NOW + 59 * MINUTE)
    assert refused == SecretRefused(refusal=SecretRefusal.LOCKED, until=NOW + 60 * MINUTE)
    await send(codes, mode=Mode.TEST)
    await send(codes, phone="+8613800000008")
    for minute in range(6):
        await send(codes, now=NOW + (60 + minute) * MINUTE)
    assert isinstance(await codes.make(PHONE, mode=Mode.LIVE, now=NOW + 66 * MINUTE), SecretRefused)


async def test_whoever_has_the_phone_may_sign_in_as_often_as_need_be(codes: OneTimeCodes) -> None:
    for _ in range(20):
        code = await send(codes)
        assert isinstance(await codes.check(code, phone=PHONE, mode=Mode.LIVE, now=NOW), PhoneShown)


@pytest.mark.parametrize(
    ("pin", "refusal"),
    [
        ("204961", None),
        ("112233", None),
        ("111111", PinRefusal.TOO_EASY),
        ("123456", PinRefusal.TOO_EASY),
        ("012345", PinRefusal.TOO_EASY),
        ("987654", PinRefusal.TOO_EASY),
        ("20496", PinRefusal.NOT_SIX_DIGITS),
        ("2049610", PinRefusal.NOT_SIX_DIGITS),
        ("20496a", PinRefusal.NOT_SIX_DIGITS),
        ("２０４９６１", PinRefusal.NOT_SIX_DIGITS),
        ("204961\n", PinRefusal.NOT_SIX_DIGITS),
        ("", PinRefusal.NOT_SIX_DIGITS),
    ],
)
def test_which_pins_are_taken(pin: str, refusal: PinRefusal | None) -> None:
    assert pin_refusal(pin) is refusal


def test_locks_grow() -> None:
    locks = {failures: lock_after(failures) for failures in range(40)}
    assert {failures for failures, lock in locks.items() if lock} == {5, 10, 15, 20, 25, 30, 35}
    grown = [lock for lock in locks.values() if lock]
    assert grown == [*LOCKS, LOCKS[-1], LOCKS[-1]]
    assert grown == sorted(grown)


async def test_a_pin_is_checked(database: Database, pins: Pins) -> None:
    async with database.connection() as connection:
        assert not await has_pin(connection, customer=CUSTOMER)
    assert await pins.set("123456", customer=CUSTOMER, now=NOW) is PinRefusal.TOO_EASY
    assert await pins.set("204961", customer=CUSTOMER, now=NOW) is None
    assert await pins.set("204961", customer=8, now=NOW) is None
    assert await pins.check("204962", customer=CUSTOMER, now=NOW) == WRONG
    assert await pins.check("204961", customer=CUSTOMER, now=NOW) == PinChecked(customer=CUSTOMER, at=NOW)
    assert await pins.set("305172", customer=CUSTOMER, now=NOW) is None
    assert await pins.check("204961", customer=CUSTOMER, now=NOW) == WRONG
    assert isinstance(await pins.check("305172", customer=CUSTOMER, now=NOW), PinChecked)
    async with database.connection() as connection:
        assert await has_pin(connection, customer=CUSTOMER)
        hashes = [row["hash"] for row in await connection.fetch("SELECT hash FROM identity.pin")]
    assert len(set(hashes)) == 2
    assert all(kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for kept in hashes)


async def test_five_wrong_pins_lock_for_growing_times(pins: Pins) -> None:
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    now = NOW
    for lock in LOCKS[:3]:
        for _ in range(4):
            assert await pins.check("000001", customer=CUSTOMER, now=now) == WRONG
        fifth = await pins.check("000001", customer=CUSTOMER, now=now)
        assert fifth == SecretRefused(refusal=SecretRefusal.WRONG, until=now + lock)
        locked = SecretRefused(refusal=SecretRefusal.LOCKED, until=now + lock)
        assert await pins.check("204961", customer=CUSTOMER, now=now + lock - 1) == locked
        now += lock
    assert isinstance(await pins.check("204961", customer=CUSTOMER, now=now), PinChecked)
    assert await pins.check("000001", customer=CUSTOMER, now=now) == WRONG


async def test_a_right_pin_at_the_fifth_try_leaves_no_lock(pins: Pins) -> None:
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    for _ in range(4):
        await pins.check("000001", customer=CUSTOMER, now=NOW)
    assert isinstance(await pins.check("204961", customer=CUSTOMER, now=NOW), PinChecked)
    assert await pins.check("000001", customer=CUSTOMER, now=NOW) == WRONG


async def test_fifty_wrong_pins_at_once_are_five(pins: Pins) -> None:
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    answers = await asyncio.gather(
        *[pins.check(f"{number:06d}", customer=CUSTOMER, now=NOW) for number in range(50)]
    )
    assert Counter(answer.refusal for answer in answers if isinstance(answer, SecretRefused)) == {
        SecretRefusal.WRONG: 5,
        SecretRefusal.LOCKED: 45,
    }


async def test_right_pins_at_once_lock_nobody_out(database: Database, pins: Pins) -> None:
    """Through two processes, each of which looks at one at a time; wrong ones at once are still five."""
    other = Hasher(Pepper(bytes(range(32))))
    both = (pins, Pins(database=database, hasher=other))
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    answers = await asyncio.gather(
        *[both[number % 2].check("204961", customer=CUSTOMER, now=NOW) for number in range(24)]
    )
    assert all(isinstance(answer, PinChecked) for answer in answers)
    wrong = await asyncio.gather(
        *[both[number % 2].check("000001", customer=CUSTOMER, now=NOW) for number in range(24)]
    )
    counted = Counter(answer.refusal for answer in wrong if isinstance(answer, SecretRefused))
    assert counted == {SecretRefusal.WRONG: 5, SecretRefusal.LOCKED: 19}
    other.close()


async def test_wrong_pins_are_forgotten_after_a_day(pins: Pins) -> None:
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    for _ in range(4):
        await pins.check("000001", customer=CUSTOMER, now=NOW)
    later = NOW + 24 * 60 * MINUTE + 1
    assert await pins.check("000001", customer=CUSTOMER, now=later) == WRONG


async def test_who_has_no_pin_is_answered_and_locked_like_everybody_else(pins: Pins) -> None:
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    answers = {
        customer: [await pins.check("000001", customer=customer, now=NOW) for _ in range(6)]
        for customer in (CUSTOMER, 99)
    }
    assert answers[CUSTOMER] == answers[99]


async def test_a_pin_is_in_no_log_and_useless_without_the_pepper(
    database: Database, pins: Pins, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await pins.set("204961", customer=CUSTOMER, now=NOW)
    await pins.check("204961", customer=CUSTOMER, now=NOW)
    assert "204961" not in caplog.text
    other = Hasher(Pepper(b"another pepper, also of 32 bytes"))
    thieves = Pins(database=database, hasher=other)
    assert await thieves.check("204961", customer=CUSTOMER, now=NOW) == WRONG
    other.close()
    assert "pepper" not in repr(Pepper(b"another pepper, also of 32 bytes"))


async def test_the_pepper_is_the_owners_and_stays_the_same(owner_url: str, database: Database) -> None:
    first, second = await asyncio.gather(open_pepper(owner_url=owner_url), open_pepper(owner_url=owner_url))
    third = await open_pepper(owner_url=owner_url)
    macs = {pepper.mac("204961", purpose="test", owner="7") for pepper in (first, second, third)}
    assert len(macs) == 1
    async with database.connection() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT value FROM plumbing.secret")


async def make_operator(operators: Operators, *, id: int = 1, login: str = "Ada") -> Operator:
    made = await operators.create(
        login,
        id=OperatorId(id),
        name="Ada Liu",
        password="correct horse",
        roles=frozenset({Role.FINANCE, Role.SUPPORT}),
        now=NOW,
    )
    assert isinstance(made, Operator)
    return made


async def test_an_operator_signs_in_and_may_what_the_roles_allow(
    database: Database, operators: Operators
) -> None:
    clock = ManualClock()
    ada = await make_operator(operators)
    assert ada.login == "ada"
    assert await operators.find(ada.id) == ada
    assert await operators.check("correct horse", login=" ADA ", now=NOW) == ada
    authenticator = Authenticator(database=database, clock=clock)
    async with database.transaction() as connection:
        opened = await open_session(
            connection,
            id=SessionId(5),
            kind=CredentialKind.OPERATOR_SESSION,
            owner=ada.id,
            mode=Mode.LIVE,
            device="console",
            now=clock.now_ns(),
            entropy=system_entropy,
        )
    token = opened.token.reveal()
    looked_up = authenticator.authenticate(token)
    assert asyncio.iscoroutine(looked_up)
    principal = await looked_up
    assert principal.scopes == ada.permissions
    assert {"money:propose", "customers:write"} <= ada.permissions
    assert "money:approve" not in ada.permissions
    changed = await operators.set_roles(frozenset({Role.VIEWER}), id=ada.id)
    assert isinstance(changed, Operator)
    clock.advance(duration_ns=SECOND)
    looked_up = authenticator.authenticate(token)
    assert asyncio.iscoroutine(looked_up)
    assert (await looked_up).scopes == changed.permissions < ada.permissions
    suspended = await operators.suspend(ada.id, now=NOW)
    assert suspended == await operators.suspend(ada.id, now=NOW + 1)
    clock.advance(duration_ns=SECOND)
    looked_up = authenticator.authenticate(token)
    assert asyncio.iscoroutine(looked_up)
    with pytest.raises(CredentialRefused) as caught:
        await looked_up
    assert caught.value.refusal is CredentialRefusal.REVOKED
    assert await operators.check("correct horse", login="ada", now=NOW) == WRONG


async def test_nobody_learns_which_logins_there_are(operators: Operators) -> None:
    await make_operator(operators)
    answers = {
        login: [await operators.check("wrong horse", login=login, now=NOW) for _ in range(7)]
        for login in ("ada", "eve")
    }
    assert answers["ada"] == answers["eve"]
    assert answers["ada"][6] == SecretRefused(refusal=SecretRefusal.LOCKED, until=NOW + LOCKS[0])


async def test_which_operators_are_refused(operators: Operators) -> None:
    ada = await make_operator(operators)
    taken = await operators.create(
        "ADA", id=OperatorId(2), name="x", password="another horse", roles=frozenset(), now=NOW
    )
    assert taken is OperatorRefusal.LOGIN_TAKEN
    for password, refusal in (
        ("short", OperatorRefusal.PASSWORD_TOO_SHORT),
        ("x" * 201, OperatorRefusal.PASSWORD_TOO_LONG),
    ):
        made = await operators.create(
            "bo", id=OperatorId(3), name="x", password=password, roles=frozenset(), now=NOW
        )
        assert made is refusal
        assert await operators.set_password(password, id=ada.id, now=NOW) is refusal
    assert await operators.set_password("a new horse", id=OperatorId(9), now=NOW) is OperatorRefusal.NOT_FOUND
    assert await operators.set_roles(frozenset(), id=OperatorId(9)) is OperatorRefusal.NOT_FOUND
    assert await operators.suspend(OperatorId(9), now=NOW) is OperatorRefusal.NOT_FOUND
    assert await operators.find(OperatorId(9)) is None
    assert await operators.set_password("a new horse", id=ada.id, now=NOW) is None
    assert await operators.check("correct horse", login="ada", now=NOW) == WRONG
    assert await operators.check("a new horse", login="ada", now=NOW) == ada
