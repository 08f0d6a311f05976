"""A small business for the desk's tests: tills that hold money, and moves that may not overdraw them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.desk import Desk, DeskRow, Proof
from milletpay.plumbing.desk.desk import PATIENCE_NS

SCHEMA = """
CREATE SCHEMA till;
GRANT USAGE ON SCHEMA till TO millet_app;
CREATE TABLE till.balance (till integer PRIMARY KEY, amount bigint NOT NULL CHECK (amount >= 0));
CREATE TABLE till.reference (number integer PRIMARY KEY);
INSERT INTO till.reference VALUES (0);
CREATE TABLE till.move (
    place bigint GENERATED ALWAYS AS IDENTITY,
    id uuid PRIMARY KEY,
    till integer NOT NULL REFERENCES till.balance,
    amount bigint NOT NULL CHECK (amount <> 666),
    reference integer NOT NULL REFERENCES till.reference DEFERRABLE INITIALLY DEFERRED,
    left_over bigint NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON till.balance, till.move TO millet_app;
"""

BREAKS_LOAD = -1
BREAKS_DECIDE = 13
BREAKS_SAVE = 666
BREAKS_COMMIT = 7


@dataclass(frozen=True, kw_only=True)
class Move:
    """Add `amount` (negative: take out) to a till; asked twice with one id, it happens once."""

    id: int
    till: int
    amount: int
    reference: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    done: bool
    balance: int


@dataclass
class Facts:
    balances: dict[int, int]
    known: dict[int, Outcome]
    new: list[tuple[int, int, int, int, int]] = field(default_factory=list)


@dataclass
class Tills:
    """The business. Keeps what happened, and waits where a test wants it to wait."""

    batches: list[int] = field(default_factory=list)
    committed_batches: int = 0
    aborted_batches: int = 0
    swallow: bool = False
    forgetful: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    in_load: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def load(self, connection: Connection, commands: Sequence[Move]) -> Facts:
        self.batches.append(len(commands))
        self.in_load.set()
        await self.gate.wait()
        if any(command.till == BREAKS_LOAD for command in commands):
            raise LookupError("no till of that number was ever built")
        balances = await connection.fetch(
            "SELECT till, amount FROM till.balance WHERE till = ANY($1)",
            [command.till for command in commands],
        )
        known = await connection.fetch(
            "SELECT id, left_over FROM till.move WHERE id = ANY($1)", [command.id for command in commands]
        )
        return Facts(
            balances={row["till"]: row["amount"] for row in balances},
            known={row["id"]: Outcome(done=True, balance=row["left_over"]) for row in known},
        )

    def decide(self, facts: Facts, command: Move) -> Outcome:
        if command.id in facts.known:
            return facts.known[command.id]
        balance = facts.balances[command.till] + command.amount
        if balance < 0:
            return Outcome(done=False, balance=facts.balances[command.till])
        facts.balances[command.till] = balance
        if command.amount == BREAKS_DECIDE:
            raise ZeroDivisionError("thirteen")
        facts.new.append((command.id, command.till, command.amount, command.reference, balance))
        facts.known[command.id] = Outcome(done=True, balance=balance)
        return facts.known[command.id]

    async def save(self, connection: Connection, facts: Facts) -> None:
        columns = list(zip(*facts.new, strict=True)) or [()] * 5
        try:
            await connection.execute(
                "INSERT INTO till.move (id, till, amount, reference, left_over)"
                " SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::int[], $5::bigint[])",
                *columns,
            )
        except asyncpg.CheckViolationError:
            if not self.swallow:
                raise
            return
        await connection.execute(
            "UPDATE till.balance AS b SET amount = n.amount"
            " FROM unnest($1::int[], $2::bigint[]) AS n (till, amount) WHERE b.till = n.till",
            list(facts.balances),
            list(facts.balances.values()),
        )

    def committed(self, facts: Facts) -> None:  # noqa: ARG002 - as the protocol has it
        if self.forgetful:
            raise RuntimeError("no room in memory")
        self.committed_batches += 1

    def aborted(self, facts: Facts) -> None:  # noqa: ARG002 - as the protocol has it
        self.aborted_batches += 1


class MoveIsProof:
    """A proof made of what save writes anyway."""

    async def prepare(self, connection: Connection) -> None:
        """Nothing to prepare."""

    def closing(self, facts: Facts) -> str:  # noqa: ARG002 - as the protocol has it
        return ""

    async def recorded(self, connection: Connection, facts: Facts) -> bool:
        id = facts.new[0][0]
        return await connection.fetchval("SELECT id FROM till.move WHERE id = $1", id) is not None


TillDesk = Desk[Move, Facts, Outcome]


def open_desk(
    database: Database,
    business: Tills,
    *,
    desk_id: int = 1,
    proof: Proof[Facts] | None = None,
    batch_max: int = 500,
    waiting_max: int = 1000,
    patience_ns: int = PATIENCE_NS,
) -> TillDesk:
    """Make a desk for the tills; the caller enters or starts it."""
    clock = SystemClock()
    return Desk(
        database=database,
        business=business,
        proof=proof or DeskRow(desk_id=desk_id, clock=clock),
        clock=clock,
        batch_max=batch_max,
        waiting_max=waiting_max,
        patience_ns=patience_ns,
    )


async def build_tills(owner_url: str, *, tills: int = 10, amount: int = 1000) -> None:
    """Create the tables and the tills 0, 1, ..., each with the same amount in it."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(SCHEMA)
        await connection.execute(
            f"INSERT INTO till.balance SELECT n, {amount} FROM generate_series(0, {tills - 1}) AS n"
        )
    finally:
        await connection.close()


async def read_moves(connection: Connection) -> list[tuple[int, int, int]]:
    """Give what is in the tills' book, in order: id, till, amount."""
    rows = await connection.fetch("SELECT id, till, amount FROM till.move ORDER BY place")
    return [(row["id"], row["till"], row["amount"]) for row in rows]


async def read_balances(connection: Connection) -> dict[int, int]:
    rows = await connection.fetch("SELECT till, amount FROM till.balance ORDER BY till")
    return {row["till"]: row["amount"] for row in rows}
