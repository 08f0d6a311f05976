"""Who can play a story: anything that decides batches and can be asked what it keeps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Protocol

from milletpay.ledger import Account, CreateAccountStatus, CreateTransferStatus, Machine, Transfer
from tests.tables.story import AccountBatch, ExpectAccount, ExpectTransfer, Expire, Step, Story, TransferBatch

AccountStatuses = list[CreateAccountStatus]
TransferStatuses = list[CreateTransferStatus]

LINKED = 1


class Engine(Protocol):
    """A book that takes batches at given timestamps; event i of n happens at timestamp - n + 1 + i."""

    async def create_accounts(self, events: Sequence[Account], timestamp: int) -> AccountStatuses: ...

    async def create_transfers(self, events: Sequence[Transfer], timestamp: int) -> TransferStatuses: ...

    async def expire(self, timestamp: int) -> None: ...

    async def account(self, account_id: int) -> Account | None: ...

    async def transfer(self, transfer_id: int) -> Transfer | None: ...


class Decider(Protocol):
    """What the machine and the naive model have in common: the same calls, without waiting."""

    def create_accounts(self, events: Sequence[Account], timestamp: int) -> AccountStatuses: ...

    def create_transfers(self, events: Sequence[Transfer], timestamp: int) -> TransferStatuses: ...

    def expire(self, timestamp: int) -> object: ...

    def account(self, account_id: int, /) -> Account | None: ...

    def transfer(self, transfer_id: int, /) -> Transfer | None: ...


class InMemory:
    """A decider alone as an engine: no store, no waiting."""

    def __init__(self, decider: Decider | None = None) -> None:
        self.decider = decider or Machine()

    async def create_accounts(self, events: Sequence[Account], timestamp: int) -> AccountStatuses:
        return self.decider.create_accounts(events, timestamp)

    async def create_transfers(self, events: Sequence[Transfer], timestamp: int) -> TransferStatuses:
        return self.decider.create_transfers(events, timestamp)

    async def expire(self, timestamp: int) -> None:
        self.decider.expire(timestamp)

    async def account(self, account_id: int) -> Account | None:
        return self.decider.account(account_id)

    async def transfer(self, transfer_id: int) -> Transfer | None:
        return self.decider.transfer(transfer_id)


async def play(story: Story, engine: Engine) -> None:
    """Do every step of a story and compare what it says with what happens."""
    for step in story.steps:
        await play_step(step, engine)


async def play_step(step: Step, engine: Engine) -> None:
    """Do one step; an AssertionError shows the events beside what was said and what came."""
    if isinstance(step, AccountBatch):
        _compare(step.events, step.expected, await engine.create_accounts(step.events, step.timestamp))
    elif isinstance(step, TransferBatch):
        _compare(step.events, step.expected, await engine.create_transfers(step.events, step.timestamp))
    elif isinstance(step, Expire):
        await engine.expire(step.timestamp)
    elif isinstance(step, ExpectAccount):
        account = await engine.account(step.account_id)
        assert account is not None, f"no account {step.account_id}"
        assert {name: getattr(account, name) for name in step.balances} == step.balances
        assert bool(account.flags & 1 << 5) is step.closed
    else:
        await _expect_transfer(step, await engine.transfer(step.transfer_id))


async def _expect_transfer(step: ExpectTransfer, transfer: Transfer | None) -> None:
    if step.fields is None:
        assert transfer is None
        return
    assert transfer is not None, f"no transfer {step.transfer_id}"
    assert {name: getattr(transfer, name) for name in step.fields} == step.fields


def _compare(
    events: Sequence[Account] | Sequence[Transfer], expected: Sequence[str], statuses: Sequence[str]
) -> None:
    lines = [
        f"{index}: {status} instead of {wanted}: {event}"
        for index, (event, wanted, status) in enumerate(zip(events, expected, statuses, strict=True))
        if status != wanted
    ]
    assert not lines, "\n".join(lines)


def split(story: Story, random: Random) -> Story:
    """The same story with its batches cut at random between chains; every event keeps its instant."""
    return replace(story, steps=tuple(piece for step in story.steps for piece in _pieces(step, random)))


def _pieces(step: Step, random: Random) -> Iterator[Step]:
    if not isinstance(step, AccountBatch | TransferBatch):
        yield step
        return
    last = len(step.events)
    borders = [place for place in range(1, last) if not step.events[place - 1].flags & LINKED]
    for start, end in pairwise([0, *(place for place in borders if random.random() < 0.5), last]):
        yield step.piece(start, end)
