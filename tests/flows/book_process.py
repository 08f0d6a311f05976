"""A process that works on a shared book.

`python -m tests.flows.book_process URL NUMBER SEED SECONDS [PAUSE]` says each call on its standard output
before it sends it, and its answer when it has it: JSON, one a line. With a place to PAUSE it stops itself
there with SIGSTOP, now and then, and goes on when it is told to.
"""

import asyncio
import json
import logging
import os
import sys
from random import Random
from typing import cast

from milletpay.ledger import Transfer
from milletpay.plumbing.database import SESSION_SETTINGS, Database
from milletpay.plumbing.desk import clerk
from tests.flows.book_history import Call
from tests.flows.book_traffic import Traffic
from tests.flows.noted_book import Brake, NotedBook, Pause, open_noted_book

CALLERS = 2
PAUSES_AFTER = (1.0, 7.0)
"""Seconds before the first pause and between two of them."""
PATIENCE_SECONDS = 1
"""How long the others wait for one that is silent."""


class Voice:
    """Numbers the calls and says what becomes of them. What is written is out, even if we die next."""

    def __init__(self) -> None:
        self.calls = 0

    def say(self, *line: object) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(1, data) :]

    async def take(self, book: NotedBook, call: Call) -> Call:
        self.calls += 1
        number = self.calls
        self.say("call", number, call.as_line())
        await book.take(call)
        if call.statuses is None:
            self.say("refused", number, call.refusal)
        else:
            self.say("done", number, call.timestamp, call.statuses)
        return call


async def work(book: NotedBook, traffic: Traffic, voice: Voice, *, until: float) -> None:
    """Send calls, up to four at once, until it is time to stop."""
    loop, chance = asyncio.get_running_loop(), traffic.random
    while loop.time() < until:
        batches: list[Call] = []
        if chance.random() < 0.03:
            accounts = traffic.accounts()
            batches += [Call(traffic.number, accounts), Call(traffic.number, traffic.between(accounts))]
        batches += [Call(traffic.number, traffic.transfers()) for _ in range(chance.randrange(1, 4))]
        for call in await asyncio.gather(*(voice.take(book, call) for call in batches)):
            if call.statuses is not None and not call.of_accounts:
                traffic.past.append(cast(list[Transfer], call.events))
        await asyncio.sleep(chance.choice((0, 0.01, 0.03)))


async def stop_now_and_then(brake: Brake, pause: Pause, *, seconds: float) -> None:
    """Stop here, each time with time left in which others work."""
    first, between = PAUSES_AFTER
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds - between
    await asyncio.sleep(first)
    while loop.time() < until:
        brake.armed = pause
        await asyncio.sleep(between)


async def run(url: str, number: int, seed: int, seconds: float, pause: Pause | None) -> None:
    # A test cannot wait as long as people would.
    SESSION_SETTINGS["idle_in_transaction_session_timeout"] = f"{PATIENCE_SECONDS}s"
    clerk.LOCK_SECONDS = PATIENCE_SECONDS  # type: ignore[misc]  # final, but in this test
    logging.basicConfig(format=f"%(asctime)s {number} %(message)s")
    voice = Voice()
    brake = Brake(say=lambda place: voice.say("stops", place))
    database = await Database.open(url, connections=1)
    async with open_noted_book(database, desk_id=(seed << 32) + number, brake=brake) as book:
        voice.say("ready")
        until = asyncio.get_running_loop().time() + seconds
        stops = pause and asyncio.create_task(stop_now_and_then(brake, pause, seconds=seconds))
        traffic = Traffic(number=number, random=Random(seed))
        callers = [work(book, traffic, voice, until=until) for _ in range(CALLERS)]
        await asyncio.gather(*callers)
        if stops is not None:
            stops.cancel()
    await database.close()


if __name__ == "__main__":
    place = Pause(sys.argv[5]) if len(sys.argv) > 5 else None
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), place))
