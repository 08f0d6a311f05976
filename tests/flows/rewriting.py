"""An attacker who owns the database, knows how books are kept, and takes the trouble."""

from milletpay.ledger.check.sealed import read_stretch
from milletpay.ledger.head import NO_DIGEST, Head, seal
from milletpay.ledger.rows import BALANCE_SIZE
from milletpay.plumbing.database import Connection

DEBITS_POSTED, CREDITS_POSTED = 24, 40
"""Where these balances begin in a record of the tail."""


async def rewrite_amount(connection: Connection, *, transfer_id: int, amount: int) -> None:
    """Change the amount of a plain transfer, every balance that follows from it, and every digest since."""
    id = f"{transfer_id:032x}"
    old = await connection.fetchrow(
        "SELECT debit_account_id AS debit, credit_account_id AS credit, amount, timestamp"
        " FROM ledger.transfer WHERE id = $1::text::uuid",
        id,
    )
    assert old is not None
    more = amount - old["amount"]
    await connection.execute("UPDATE ledger.transfer SET amount = $2 WHERE id = $1::text::uuid", id, amount)
    number = await connection.fetchval(
        "SELECT min(number) FROM ledger.batch WHERE timestamp >= $1", old["timestamp"]
    )
    folded = await connection.fetchval("SELECT tail_from FROM ledger.batch ORDER BY number DESC LIMIT 1")
    if number < folded:
        await connection.execute(
            "UPDATE ledger.account SET debits_posted = debits_posted + $2 WHERE id = $1", old["debit"], more
        )
        await connection.execute(
            "UPDATE ledger.account SET credits_posted = credits_posted + $2 WHERE id = $1",
            old["credit"],
            more,
        )
    for row in await connection.fetch("SELECT batch, balances FROM ledger.tail WHERE batch >= $1", number):
        packed = bytearray(row["balances"])
        for record in range(0, len(packed), BALANCE_SIZE):
            for account, place in ((old["debit"], DEBITS_POSTED), (old["credit"], CREDITS_POSTED)):
                if packed[record : record + 16] == account.bytes:
                    field = slice(record + place, record + place + 8)
                    packed[field] = (int.from_bytes(packed[field]) + more).to_bytes(8)
        await connection.execute(
            "UPDATE ledger.tail SET balances = $2 WHERE batch = $1", row["batch"], bytes(packed)
        )
    await seal_anew(connection)


async def seal_anew(connection: Connection) -> None:
    """Make the digests and the counts of all batches fit whatever the tables hold."""
    previous, after = NO_DIGEST, 0
    for row in await connection.fetch("SELECT * FROM ledger.batch ORDER BY number"):
        stretch = await read_stretch(connection, after=after, until=row["timestamp"], most=10_000)
        added = stretch.between(after=after, until=row["timestamp"])
        head = Head(
            number=row["number"],
            timestamp=row["timestamp"],
            accounting_date=row["accounting_date"],
            id_max=row["id_max"].int,
            expired_to=row["expired_to"],
        )
        previous, after = seal(head, previous=previous, **added).digest, row["timestamp"]
        await connection.execute(
            "UPDATE ledger.batch SET digest = $2, accounts = $3, transfers = $4, resolutions = $5, burnt = $6"
            " WHERE number = $1",
            row["number"],
            previous,
            *[kind.count for kind in added.values()],
        )
