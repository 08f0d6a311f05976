"""TigerBeetle through its Python client, where that is installed."""

from importlib.metadata import version
from random import Random
from typing import Final

from milletpay.benches.place import BenchRefused
from milletpay.plumbing.clock import Clock

try:
    import tigerbeetle  # type: ignore[import-not-found]  # where it is installed
except ImportError:
    tigerbeetle = None

CLIENT_VERSION: Final = None if tigerbeetle is None else version("tigerbeetle")
"""The client's version; None where it is not installed."""

LEDGER: Final = 1
CODE: Final = 1


def send_batches(
    *, address: str, accounts: int, batch: int, batches: int, random: Random, clock: Clock
) -> int:
    """Send batches of transfers one after the other, and count every answer; nanoseconds that it took.

    Making the events is not timed, nor is the first batch.
    """
    ids = range(1, accounts + 1)
    made = [
        _transfers(first=1 + batch * number, count=batch, accounts=ids, random=random)
        for number in range(batches + 1)
    ]
    with tigerbeetle.ClientSync(cluster_id=0, replica_addresses=address) as client:
        for start in range(0, accounts, batch):
            client.create_accounts(
                [tigerbeetle.Account(id=id, ledger=LEDGER, code=CODE) for id in ids[start : start + batch]]
            )
        client.create_transfers(made[0])
        began = clock.monotonic_ns()
        for transfers in made[1:]:
            answers = client.create_transfers(transfers)
            created = sum(answer.status == tigerbeetle.CreateTransferStatus.CREATED for answer in answers)
            if created < batch:
                raise BenchRefused(f"TigerBeetle refused {batch - created} transfers of a batch.")
        return clock.monotonic_ns() - began


def _transfers(*, first: int, count: int, accounts: range, random: Random) -> list[object]:
    events = []
    for id in range(first, first + count):
        debit, credit = random.sample(accounts, 2)
        events.append(
            tigerbeetle.Transfer(
                id=id, debit_account_id=debit, credit_account_id=credit, amount=1, ledger=LEDGER, code=CODE
            )
        )
    return events
