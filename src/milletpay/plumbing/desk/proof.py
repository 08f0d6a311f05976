"""The proof of a batch for any business: one row for each desk, with the number of its last batch."""

from typing import Final
from uuid import UUID

from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements

KEPT_NS: Final = 30 * 24 * 3600 * 10**9
"""How long after its last batch the row of a desk is kept."""

STATEMENTS: Final = load_statements("milletpay.plumbing")


class DeskRow:
    """Numbers the batches of one desk, and writes the number with each COMMIT.

    :param desk_id: 128 bits, never used by another desk
    """

    def __init__(self, *, desk_id: int, clock: Clock) -> None:
        self._desk = UUID(int=desk_id)
        self._clock = clock
        self._number = 0

    async def prepare(self, connection: Connection) -> None:
        """Name the statement on the server, so that it costs no parsing when it goes with COMMIT."""
        await connection.execute(f"PREPARE write_desk_row AS {STATEMENTS['write_desk_row']}")
        await connection.execute(STATEMENTS["delete_desk_rows"], self._clock.now_ns() - KEPT_NS)

    def closing(self, facts: object) -> str:  # noqa: ARG002 - the same for any
        """The statement that writes the next number."""
        self._number += 1
        return f"EXECUTE write_desk_row('{self._desk}', {self._number}, {self._clock.now_ns()})"

    async def recorded(self, connection: Connection, facts: object) -> bool:  # noqa: ARG002 - likewise
        """Say whether the last number is in the database."""
        number: int | None = await connection.fetchval(STATEMENTS["find_desk_row"], self._desk.int)
        return number == self._number
