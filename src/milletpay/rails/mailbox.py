"""The banks that we have agreements with, and the mail that comes from them."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

from milletpay.ledger.chart import Mode
from milletpay.plumbing.clock import SECOND, Clock, wait_for
from milletpay.rails.bank import Bank
from milletpay.rails.card_number import CardNumber
from milletpay.rails.model import BankKey, Notice, NoticeKind

LOOK_NS: Final = SECOND
"""How often each bank is asked for mail."""

AT_ONCE: Final = 100

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


class Mailbox:
    """Brings notices to those whose orders they are about, by the prefix of the reference."""

    def __init__(self, *, banks: Banks, hear: Mapping[str, Hear], clock: Clock) -> None:
        """`hear` says who takes in what is about references that begin with a prefix, `top` of `top_...`.

        What was received without an order goes to whoever hears `RECEIVED`.
        """
        self._banks = banks
        self._hear = dict(hear)
        self._clock = clock
        self._stopping = asyncio.Event()

    async def empty(self) -> int:
        """Bring what there is from every bank; gives how many notices were taken in.

        One that cannot be taken in stays with the bank and keeps no other waiting.
        """
        taken = 0
        for bank in self._banks:
            try:
                notices = await bank.notices(most=AT_ONCE)
            except Exception:
                log.exception("no mail from %s", bank.key)
                continue
            for notice in notices:
                try:
                    await self._hear[_about(notice)](bank.key, notice)
                    await bank.acknowledge([notice])
                except Exception:
                    log.exception("a notice of %s about %s is kept", bank.key, notice.reference)
                else:
                    taken += 1
        return taken

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
