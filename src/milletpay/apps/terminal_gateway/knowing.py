"""Which terminals there are, and their keys: read when they first speak, and again when a seal is strange."""

from dataclasses import dataclass, field
from typing import Final

from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Database
from milletpay.terminals import (
    MasterKey,
    SealKey,
    TerminalKind,
    TerminalSecrets,
    Where,
    find_terminal_by_number,
)

REMEMBERED_MAX: Final = 100_000
AGAIN_NS: Final = 2 * SECOND
"""How often a terminal is read again at most, because its seal is strange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A terminal that may speak, as it stood when it was read."""

    where: Where
    master: MasterKey
    secrets: TerminalSecrets = field(repr=False)
    read_at: int

    def session(self, number: int) -> SealKey:
        """Its session key of a number; whether that one is good is for the desk to say."""
        where = self.where
        return SealKey(self.secrets.session_key(where.terminal, pairings=where.pairing, number=number))


class Terminals:
    """The terminals that have spoken."""

    def __init__(self, *, database: Database, secrets: TerminalSecrets, clock: Clock) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._known: dict[int, Known] = {}

    def known(self, number: int) -> Known | None:
        """A terminal that was read before."""
        return self._known.get(number)

    def forget(self, number: int) -> None:
        """Read a terminal again when it speaks next: the desk knows it otherwise."""
        self._known.pop(number, None)

    def may_have_changed(self, known: Known) -> bool:
        """Whether it was read so long ago that it may have been paired since."""
        return self._clock.monotonic_ns() - known.read_at > AGAIN_NS

    async def read(self, number: int) -> Known | None:
        """Read a terminal; None where there is none that may speak."""
        async with self._database.connection() as connection:
            found = await find_terminal_by_number(connection, house_number=number)
        if found is None or found.kind is not TerminalKind.POS or not found.pairings:
            self._known.pop(number, None)
            return None
        where = Where(
            terminal=found.id,
            number=number,
            merchant=found.merchant,
            mode=found.mode,
            store=found.store,
            pairing=found.pairings,
        )
        master = MasterKey(self._secrets.master_key(found.id, pairings=found.pairings))
        if len(self._known) >= REMEMBERED_MAX:
            self._known.clear()
        known = self._known[number] = Known(
            where=where, master=master, secrets=self._secrets, read_at=self._clock.monotonic_ns()
        )
        return known
