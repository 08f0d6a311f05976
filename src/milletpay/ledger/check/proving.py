"""Proving the books: all proofs at one moment of the book, beside running trade."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from milletpay.ledger.check.balances import prove_balances, prove_bridges, prove_pools
from milletpay.ledger.check.chain import PublishedHead, prove_chain
from milletpay.ledger.check.findings import Proof, ProofReport, Proven
from milletpay.ledger.check.joins import prove_joins
from milletpay.ledger.check.pendings import prove_ends, prove_ids
from milletpay.ledger.head import Head
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.statements import load_statements

BOOK_SQL: Final = load_statements("milletpay.ledger")
SQL: Final = load_statements("milletpay.ledger.check")


async def prove_books(
    *,
    database: Database,
    clock: Clock,
    published: Sequence[PublishedHead] = (),
    further: Sequence[Proof] = (),
) -> ProofReport:
    """Prove the books, and say what was looked at and what was found.

    Two connections of the pool read one moment of the book, and no writer waits for them: the chain is read
    on one, while everything is summed up on the other. `further` are the proofs of other packages.

    :raises DatabaseUnavailable: and nothing is known
    """
    started = clock.monotonic_ns()
    async with _moment(database) as first:
        snapshot = await first.fetchval(SQL["share_snapshot"])
        row = await first.fetchrow(BOOK_SQL["head"])
        head = Head() if row is None else Head(**dict(row))
        async with _moment(database, snapshot=snapshot) as second:
            await first.execute(SQL["read_by_time"])
            await second.execute(SQL["read_as_a_whole"])
            tasks = [
                asyncio.create_task(_try_all([_proof_of_the_chain(published)], first, clock=clock)),
                asyncio.create_task(_try_all([*_proofs_by_sums(head), *further], second, clock=clock)),
            ]
            try:
                proven = [proof for proofs in await asyncio.gather(*tasks) for proof in proofs]
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    return ProofReport(head=head, proofs=tuple(proven), duration_ns=clock.monotonic_ns() - started)


def _proof_of_the_chain(published: Sequence[PublishedHead]) -> Proof:
    return Proof(
        name="digest chain",
        claim="every batch holds what was written, and nothing else is there",
        prove=partial(prove_chain, published=published),
    )


def _proofs_by_sums(head: Head) -> list[Proof]:
    return [
        Proof(
            name="transfers",
            claim="each joins two accounts of its pool, of the kinds that its reason joins",
            prove=prove_joins,
        ),
        Proof(
            name="pending transfers",
            claim="each ended once at most, by a transfer or in time, and none is overdue",
            prove=partial(prove_ends, head=head),
        ),
        Proof(
            name="ids",
            claim="no id that was used up is used again",
            prove=partial(prove_ids, head=head),
        ),
        Proof(
            name="balances",
            claim="each account stands where its transfers put it, within its bounds",
            prove=partial(prove_balances, head=head),
        ),
        Proof(
            name="pools",
            claim="debits equal credits in every pool, posted and pending",
            prove=partial(prove_pools, head=head),
        ),
        Proof(name="bridges", claim="what two pools say of each other is equal", prove=prove_bridges),
    ]


async def _try_all(proofs: Sequence[Proof], connection: Connection, *, clock: Clock) -> list[Proven]:
    proven = []
    for proof in proofs:
        started = clock.monotonic_ns()
        outcome = await proof.prove(connection)
        proven.append(
            Proven(
                name=proof.name,
                claim=proof.claim,
                rows=outcome.rows,
                findings=tuple(outcome.findings),
                unnamed=outcome.unnamed,
                remarks=tuple(outcome.remarks),
                duration_ns=clock.monotonic_ns() - started,
            )
        )
    return proven


@asynccontextmanager
async def _moment(database: Database, *, snapshot: str | None = None) -> AsyncIterator[Connection]:
    """A transaction that only reads and sees one moment of the book; that of a snapshot, if one is named."""
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        if snapshot is not None:
            assert snapshot.replace("-", "").isalnum(), "a snapshot's name goes into the statement as it is"
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield connection
