"""The banks that we have agreements with, and the mail that comes from them."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, Clock, wait_for
from milletpay.rails.bank import Bank
from milletpay.rails.card_number import CardNumber
from milletpay.rails.model import BankKey, Notice, NoticeKind

LOOK_NS: Final = SECOND
"""How often each bank is asked for mail."""

AT_ONCE: Final = 100

PAUSE_NS: Final = SECOND
PAUSE_MAX_NS: Final = 900 * SECOND
"""First and longest pause before a notice is tried again that could not be taken in."""

RECEIVED: Final = "received"
"""Under which name notices of money are heard that nobody had ordered."""

log = logging.getLogger(__name__)


class Banks:
    """The banks, each in its modes."""

    def __init__(self, banks: Iterable[Bank]) -> None:
        self._banks = {bank.key: bank for bank in banks}

    def __iter__(self) -> Iterator[Bank]:
        return iter(self._banks.values())

    def at(self, key: BankKey, /) -> Bank:
        """The bank of a key.

        :raises KeyError: when there is none
        """
        return self._banks[key]

    def issuer(self, number: CardNumber, /, *, mode: Mode) -> Bank | None:
        """The bank whose card it is, if it is one of these."""
        banks = (bank for key, bank in self._banks.items() if key.mode is mode)
        return next((bank for bank in banks if bank.issues(number)), None)


class Hear(Protocol):
    """What is done with a notice. It may come again, also when this returned; raising keeps it."""

    async def __call__(self, bank: BankKey, notice: Notice, /) -> None:
        """Take it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """How often a notice could not be taken in, and when it is tried again."""

    failures: int
    again_at: int


class Mailbox:
    """Brings notices to those whose orders they are about, by the prefix of the reference."""

    def __init__(self, *, banks: Banks, hear: Mapping[str, Hear], clock: Clock) -> None:
        """`hear` says who takes in what is about references that begin with a prefix, `top` of `top_...`.

        What was received without an order goes to whoever hears `RECEIVED`.
        """
        self._banks = banks
        self._hear = dict(hear)
        self._clock = clock
        self._kept: dict[tuple[BankKey, int], _Kept] = {}
        self._stopping = asyncio.Event()

    async def empty(self) -> int:
        """Bring what there is from every bank; gives how many notices were taken in.

        One that cannot be taken in stays with the bank, keeps no other waiting however many there are of
        such, and is tried again after pauses that grow.
        """
        taken = 0
        for bank in self._banks:
            try:
                taken += await self._read(bank)
            except Exception:
                log.exception("no mail from %s", bank.key)
        return taken

    async def _read(self, bank: Bank) -> int:
        taken = kept = 0
        while True:
            notices = await bank.notices(most=AT_ONCE, skip=kept)
            for notice in notices:
                if await self._take_in(bank, notice):
                    taken += 1
                else:
                    kept += 1
            if len(notices) < AT_ONCE:
                return taken

    async def _take_in(self, bank: Bank, notice: Notice) -> bool:
        """Bring one to whoever hears it; whether it is taken in."""
        name, now = (bank.key, notice.id), self._clock.now_ns()
        kept = self._kept.get(name)
        if kept is not None and now < kept.again_at:
            return False
        try:
            await self._hear[_about(notice)](bank.key, notice)
            await bank.acknowledge([notice])
        except Exception:
            failures = 1 if kept is None else kept.failures + 1
            pause = min(PAUSE_NS << min(failures - 1, 20), PAUSE_MAX_NS)
            self._kept[name] = _Kept(failures=failures, again_at=now + pause)
            log.exception("a notice of %s about %s is kept", bank.key, notice.reference)
            return False
        self._kept.pop(name, None)
        return True

    async def run(self) -> None:
        """Bring the mail until `stop`."""
        while not self._stopping.is_set():
            if not await self.empty():
                await wait_for(self._stopping, clock=self._clock, duration_ns=LOOK_NS)

    def stop(self) -> None:
        """Finish what is being brought, then end `run`."""
        self._stopping.set()


def _about(notice: Notice) -> str:
    """Who is to hear it."""
    return RECEIVED if notice.kind is NoticeKind.RECEIVED else notice.reference.partition("_")[0]
