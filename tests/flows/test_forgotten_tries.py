"""What was tried long ago is deleted, as soon as it counts for nothing."""

from milletpay.apps.worker.chores import house_chores
from milletpay.bootstrap import open_desk
from milletpay.identity import Hasher, OneTimeCodes, Pepper, Pins
from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, ManualClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.ids import IdSource, system_entropy

MINUTE = 60 * SECOND
PHONE = "+8613800000007"


async def test_old_tries_and_codes_are_deleted_when_they_count_for_nothing(database: Database) -> None:
    """By the worker's chore, with its clock moved on; what still counts stays, and so does every lock."""
    clock = ManualClock()
    hasher = Hasher(Pepper(bytes(range(32))))
    pins = Pins(database=database, hasher=hasher)
    codes = OneTimeCodes(database=database, pepper=hasher.pepper, entropy=system_entropy)
    ids = IdSource(clock=clock, entropy=system_entropy)
    async with open_desk(database, secret=None, clock=clock, ids=ids) as desk:
        chores = {one.name: one for one in house_chores(database=database, desk=desk, clock=clock, ids=ids)}
        forget = chores["forget tries"].does
        began = clock.now_ns()
        await pins.check("000001", customer=1, now=began)
        for _ in range(5):
            await pins.check("000001", customer=2, now=began)
        await codes.make(PHONE, mode=Mode.LIVE, now=began)
        assert await forget() == 0
        clock.advance(duration_ns=59 * MINUTE)
        assert await forget() == 0
        clock.advance(duration_ns=MINUTE)
        assert await forget() == 1
        later = began + 12 * 60 * MINUTE
        await pins.check("000001", customer=1, now=later)
        clock.advance(duration_ns=23 * 60 * MINUTE + 1)
        # The lock of the second was over a minute after it began; the first tried again since.
        assert await forget() == 0
        clock.advance(duration_ns=MINUTE)
        assert await forget() == 1
        async with database.connection() as connection:
            left = await connection.fetch("SELECT subject FROM identity.attempt")
            assert [row["subject"] for row in left] == [1]
        clock.advance(duration_ns=12 * 60 * MINUTE)
        assert await forget() == 1
        assert await forget() == 0
    hasher.close()
