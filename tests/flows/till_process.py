"""A process with a desk of its own: `python -m tests.flows.till_process URL NUMBER COMMANDS`.

Runs random moves of 40 callers and prints a line for each answer: the id, and whether the move was made.
"""

import asyncio
import random
import sys

from milletpay.plumbing.database import Database
from tests.flows.till import Move, TillDesk, Tills, open_desk

CALLERS = 40


async def call(desk: TillDesk, chance: random.Random, ids: range) -> None:
    for id in ids:
        amount = chance.randrange(-180, 140) * 5
        outcome = await desk.submit(Move(id=id, till=chance.randrange(4), amount=amount))
        print(id, int(outcome.done), flush=True)


async def run(url: str, number: int, commands: int) -> None:
    database = await Database.open(url, connections=1)
    async with open_desk(database, Tills(), desk_id=number) as desk:
        chance = random.Random(number)
        each = commands // CALLERS
        firsts = range(number * 1_000_000, number * 1_000_000 + CALLERS * each, each)
        await asyncio.gather(*(call(desk, chance, range(first, first + each)) for first in firsts))
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
