"""Keys and sessions: shown once, known by their hash, refused within a second of being taken back."""

import logging
from collections.abc import Coroutine
from random import Random

import pytest

from milletpay.identity import (
    Authenticator,
    CredentialKind,
    CredentialRefusal,
    CredentialRefused,
    KeyId,
    NewKey,
    NewSession,
    Principal,
    Rate,
    RateClass,
    Scope,
    SessionId,
    create_key,
    end_session,
    end_sessions_of,
    keys_of,
    open_session,
    revoke_key,
    rotate_key,
    sessions_of,
)
from milletpay.identity.tokens import new_token
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import system_entropy

HOUR = 3600 * SECOND
MERCHANT = 8


async def make_key(
    database: Database,
    *,
    id: int = 1,
    kind: CredentialKind = CredentialKind.SECRET_KEY,
    mode: Mode = Mode.TEST,
    scopes: frozenset[Scope] = frozenset(),
    now: int = 1,
    expires_at: int | None = None,
    rate_class: RateClass = RateClass.STANDARD,
) -> NewKey:
    async with database.transaction() as connection:
        return await create_key(
            connection,
            id=KeyId(id),
            merchant=MERCHANT,
            mode=mode,
            kind=kind,
            name="till",
            now=now,
            entropy=system_entropy,
            scopes=scopes,
            expires_at=expires_at,
            rate_class=rate_class,
        )


async def sign_in(
    database: Database, *, id: int = 1, owner: int = 7, now: int = 1, device: str = "Mi 4"
) -> NewSession:
    async with database.transaction() as connection:
        return await open_session(
            connection,
            id=SessionId(id),
            kind=CredentialKind.CUSTOMER_SESSION,
            owner=owner,
            mode=Mode.LIVE,
            device=device,
            now=now,
            entropy=system_entropy,
        )


async def ask(authenticator: Authenticator, token: str) -> Principal:
    answer = authenticator.authenticate(token)
    return await answer if isinstance(answer, Coroutine) else answer


async def refused(authenticator: Authenticator, token: str) -> CredentialRefusal:
    with pytest.raises(CredentialRefused) as caught:
        await ask(authenticator, token)
    assert not token or token not in str(caught.value)
    return caught.value.refusal


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def authenticator(database: Database, clock: ManualClock) -> Authenticator:
    return Authenticator(database=database, clock=clock)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("kind", [kind for kind in CredentialKind if kind.is_key])
async def test_a_key_shows_its_merchant(
    database: Database, authenticator: Authenticator, kind: CredentialKind, mode: Mode
) -> None:
    restricted = kind is CredentialKind.RESTRICTED_KEY
    scopes = frozenset({Scope.PAYMENTS_READ}) if restricted else frozenset[Scope]()
    made = await make_key(database, kind=kind, mode=mode, scopes=scopes)
    token = made.secret.reveal()
    assert token.startswith(f"{kind.begins}_{mode.name.lower()}_")
    principal = await ask(authenticator, token)
    assert principal == Principal(
        kind=kind,
        credential=1,
        owner=MERCHANT,
        mode=mode,
        scopes=frozenset({"payments:read"}) if restricted else None,
        rate=Rate(per_second=100, at_once=200),
    )
    assert principal.kind == f"{kind}"
    assert authenticator.authenticate(token) is principal


async def test_the_secret_is_nowhere_but_in_the_answer(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made, session = await make_key(database), await sign_in(database)
    for secret, shown in ((made.secret, made), (session.token, session)):
        token = secret.reveal()
        for text in (repr(secret), str(secret), repr(shown), f"{shown}", caplog.text):
            assert token not in text
            assert token[8:40] not in text
    async with database.connection() as connection:
        for table in ("api_key", "session"):
            (row,) = await connection.fetch(f"SELECT t::text AS whole FROM identity.{table} AS t")
            assert made.secret.reveal()[8:40] not in row["whole"]
    assert made.key.last4 == made.secret.reveal()[-4:]


async def test_what_is_no_credential_is_refused_without_a_question(
    database: Database, authenticator: Authenticator
) -> None:
    """The database is closed, so that a question would break."""
    token = (await make_key(database)).secret.reveal()
    await ask(authenticator, token)
    await database.close()
    wrong = [
        "",
        "sk_test_",
        token[:-1],
        token + "0",
        token.upper(),
        token.replace("sk_", "zz_"),
        token.replace("sk_", "pk_"),
        token.replace("_test_", "_live_"),
        token[:20] + ("a" if token[20] != "a" else "b") + token[21:],
        "payments" * 20,
        "sk_test_密钥",
        "\udce4",
        f"{token}\n",
    ]
    for text in wrong:
        assert await refused(authenticator, text) is CredentialRefusal.MALFORMED, text


async def test_an_unknown_token_is_refused(authenticator: Authenticator) -> None:
    for kind in CredentialKind:
        token = new_token(kind, mode=Mode.LIVE, entropy=system_entropy)
        assert await refused(authenticator, token.reveal()) is CredentialRefusal.UNKNOWN


async def test_a_revoked_key_is_refused_within_a_second_everywhere(
    database: Database, authenticator: Authenticator, clock: ManualClock
) -> None:
    other = Authenticator(database=database, clock=clock)
    made, stays = await make_key(database, id=1), await make_key(database, id=2)
    token = made.secret.reveal()
    for process in (authenticator, other):
        await ask(process, token)
        await ask(process, stays.secret.reveal())
    async with database.transaction() as connection:
        revoked = await revoke_key(connection, id=KeyId(1), merchant=MERCHANT, now=clock.now_ns())
        assert revoked is not None
        assert revoked.revoked_at == clock.now_ns()
        assert await revoke_key(connection, id=KeyId(1), merchant=MERCHANT, now=5) == revoked
        assert await revoke_key(connection, id=KeyId(1), merchant=MERCHANT + 1, now=5) is None
    clock.advance(duration_ns=SECOND)
    for process in (authenticator, other):
        assert await refused(process, token) is CredentialRefusal.REVOKED
        assert (await ask(process, stays.secret.reveal())).credential == 2


async def test_a_key_is_rotated_with_an_overlap(
    database: Database, authenticator: Authenticator, clock: ManualClock
) -> None:
    old = await make_key(
        database,
        kind=CredentialKind.RESTRICTED_KEY,
        scopes=frozenset({Scope.REFUNDS_WRITE}),
        rate_class=RateClass.UNLIMITED,
        now=clock.now_ns(),
    )
    before = await ask(authenticator, old.secret.reveal())

    async def rotate(id: int, new_id: int) -> NewKey | None:
        async with database.transaction() as connection:
            return await rotate_key(
                connection,
                id=KeyId(id),
                merchant=MERCHANT,
                new_id=KeyId(new_id),
                overlap_ns=HOUR,
                now=clock.now_ns(),
                entropy=system_entropy,
            )

    new = await rotate(1, 2)
    assert new is not None
    assert await rotate(1, 3) is None, "a key is rotated once"
    clock.advance(duration_ns=HOUR - 1)
    after = await ask(authenticator, new.secret.reveal())
    assert (await ask(authenticator, old.secret.reveal())) == before
    assert (after.kind, after.owner, after.scopes, after.rate) == (
        before.kind,
        before.owner,
        before.scopes,
        None,
    )
    clock.advance(duration_ns=1)
    assert await refused(authenticator, old.secret.reveal()) is CredentialRefusal.EXPIRED
    assert (await ask(authenticator, new.secret.reveal())) == after
    async with database.connection() as connection:
        second, first = await keys_of(connection, merchant=MERCHANT)
    assert (first.id, first.replaced_by, second.id, second.replaced_by) == (1, 2, 2, None)
    assert first.expires_at == clock.now_ns()


async def test_a_key_expires_by_the_clock_also_when_it_is_remembered(
    database: Database, authenticator: Authenticator, clock: ManualClock
) -> None:
    made = await make_key(database, now=clock.now_ns(), expires_at=clock.now_ns() + SECOND // 2)
    await ask(authenticator, made.secret.reveal())
    clock.advance(duration_ns=SECOND // 2)
    assert await refused(authenticator, made.secret.reveal()) is CredentialRefusal.EXPIRED


async def test_uses_are_noted_now_and_then(
    database: Database, authenticator: Authenticator, clock: ManualClock
) -> None:
    key, session = await make_key(database, id=1), await sign_in(database, id=2, now=clock.now_ns())
    for token in (key.secret.reveal(), session.token.reveal()):
        await ask(authenticator, token)
        clock.advance(duration_ns=7)
        await ask(authenticator, token)
    await authenticator.note_uses()
    await authenticator.note_uses()
    async with database.connection() as connection:
        (kept,) = await keys_of(connection, merchant=MERCHANT)
        (open_one,) = await sessions_of(connection, owner=7, now=clock.now_ns())
    assert kept.last_used_at == clock.now_ns() - 7
    assert open_one.last_used_at == clock.now_ns()


async def test_a_customer_sees_devices_and_signs_them_out(
    database: Database, authenticator: Authenticator, clock: ManualClock
) -> None:
    now = clock.now_ns()
    sessions = [await sign_in(database, id=id, now=now, device=f"phone {id}") for id in (1, 2, 3, 4)]
    stranger = await sign_in(database, id=5, owner=9, now=now)
    tokens = [session.token.reveal() for session in sessions]
    principals = [await ask(authenticator, token) for token in tokens]
    assert {(p.kind, p.owner, p.mode, p.scopes) for p in principals} == {
        (CredentialKind.CUSTOMER_SESSION, 7, Mode.LIVE, None)
    }
    async with database.connection() as connection:
        listed = await sessions_of(connection, owner=7, now=now)
    assert [session.device for session in listed] == ["phone 4", "phone 3", "phone 2", "phone 1"]
    async with database.transaction() as connection:
        assert not await end_session(connection, id=SessionId(5), owner=7, now=now)
        assert await end_session(connection, id=SessionId(1), owner=7, now=now)
        assert not await end_session(connection, id=SessionId(1), owner=7, now=now)
        assert await end_sessions_of(connection, owner=7, now=now, keep=SessionId(4)) == 2
    clock.advance(duration_ns=SECOND)
    for token in tokens[:3]:
        assert await refused(authenticator, token) is CredentialRefusal.REVOKED
    for token in (tokens[3], stranger.token.reveal()):
        await ask(authenticator, token)
    clock.advance(duration_ns=90 * 24 * HOUR)
    assert await refused(authenticator, tokens[3]) is CredentialRefusal.EXPIRED


async def test_memory_is_never_of_another_revision(database: Database, clock: ManualClock) -> None:
    """Keys come and go while two processes ask: what they answer was true within the last second."""
    random = Random(1)
    processes = [Authenticator(database=database, clock=clock) for _ in range(2)]
    keys = [await make_key(database, id=id) for id in range(1, 9)]
    revoked_at: dict[int, int] = {}
    for _ in range(150):
        clock.advance(duration_ns=random.choice([0, SECOND // 10, SECOND // 3]))
        key = random.choice(keys)
        if random.random() < 0.08:
            async with database.transaction() as connection:
                await revoke_key(connection, id=key.key.id, merchant=MERCHANT, now=clock.now_ns())
            revoked_at.setdefault(key.key.id, clock.monotonic_ns())
        try:
            await ask(random.choice(processes), key.secret.reveal())
            admitted = True
        except CredentialRefused:
            admitted = False
        ended = revoked_at.get(key.key.id)
        if admitted:
            assert ended is None or clock.monotonic_ns() - ended < SECOND
        else:
            assert ended is not None
    assert len(revoked_at) > 3
