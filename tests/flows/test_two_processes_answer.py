"""`millet up --workers 2`: two processes answer on one port, over one book."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.flows.asking import Client, Reply, read_reply
from tests.flows.market import all_equal
from tests.flows.millet_process import millet
from tests.flows.test_millet_up import children_of

CALLERS, PAYMENTS_EACH = 24, 5
ESTABLISHED = "01"


def api_processes(pid: int) -> list[int]:
    """The processes of a `millet up` that answer."""
    commands = {child: Path(f"/proc/{child}/cmdline").read_text() for child in children_of(pid)}
    return [child for child, command in commands.items() if "milletpay.apps.server" in command]


def callers_of(pid: int, *, port: int) -> int:
    """How many connections to a port a process has accepted and not closed."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    accepted = {
        f"socket:[{line[9]}]"
        for line in lines
        if int(line[1].partition(":")[2], 16) == port and line[3] == ESTABLISHED
    }
    found = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed while we look
            found += str(file.readlink()) in accepted
    return found


class Caller:
    """A connection that stays open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, token: str) -> None:
        self._reader, self._writer, self._token = reader, writer, token

    async def post(self, path: str, said: object, *, key: str) -> Reply:
        body = json.dumps(said).encode()
        self._writer.write(
            f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {self._token}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        return read_reply(head + await self._reader.readexactly(length))

    def close(self) -> None:
        self._writer.close()


def payment(town: dict[str, Any], reference: str) -> dict[str, Any]:
    merchant = town["merchants"][1]
    agreement = next(
        agreement["id"]
        for customer in town["customers"]
        for agreement in customer["agreements"]
        if agreement["merchant"] == merchant["id"]
    )
    return {"amount": 100, "currency": "CNY", "reference": reference, "payer": {"agreement": agreement}}


async def trade(port: int, town: dict[str, Any], pids: Sequence[int]) -> None:
    """Everybody pays at once over connections that both processes have taken."""
    token = town["merchants"][1]["secret_key"]
    callers: list[Caller] = []
    while len(callers) < CALLERS or not all(callers_of(pid, port=port) for pid in pids):
        assert len(callers) < 10 * CALLERS, "one process takes all connections"
        callers.append(Caller(*await asyncio.open_connection("127.0.0.1", port), token=token))

    async def pay(number: int) -> list[Reply]:
        return [
            await callers[number].post(
                "/v1/payments", payment(town, f"{number}-{turn}"), key=f"{number}-{turn}"
            )
            for turn in range(PAYMENTS_EACH)
        ]

    everybody = range(len(callers))
    paid = [reply for replies in await asyncio.gather(*map(pay, everybody)) for reply in replies]
    assert {reply.status for reply in paid} == {201}
    assert len({reply.json["id"] for reply in paid}) == len(callers) * PAYMENTS_EACH
    taken = [callers_of(pid, port=port) for pid in pids]
    print(f"connections of each process: {taken}")
    assert sum(taken) == len(callers)
    assert min(taken) > 0

    # One request under one key, through both at once.
    same = payment(town, "the same")
    replies = await asyncio.gather(*(caller.post("/v1/payments", same, key="same") for caller in callers))
    assert all_equal(replies)
    assert sum(not reply.is_again for reply in replies) == 1

    # Of a payment, at most all is refunded, whoever is asked.
    refunds = await asyncio.gather(
        *(
            caller.post(
                "/v1/refunds",
                {"payment": replies[0].json["id"], "amount": 10, "reference": f"refund-{number}"},
                key=f"refund-{number}",
            )
            for number, caller in enumerate(callers)
        )
    )
    assert sorted(reply.status for reply in refunds) == [201] * 10 + [409] * (len(callers) - 10)
    client = Client(port=port, token=token)
    for _ in range(2 * CALLERS):
        found = (await client.get(f"/v1/payments/{replies[0].json['id']}")).json
        assert found["amount_refunded"] == 100
    for caller in callers:
        caller.close()


def test_both_answer_and_the_book_is_right(owner_url: str, tmp_path: Path) -> None:
    place = ["--data", str(tmp_path), "--database-url", owner_url]
    with millet("up", *place, "--port", "0", "--workers", "2", "--demo") as running:
        running.wait_until_up()
        town = json.loads((tmp_path / "demo.json").read_text("utf-8"))
        pids = api_processes(running.process.pid)
        assert len(pids) == 2
        asyncio.run(trade(running.address[1], town, pids))
        with millet("check", "--database-url", owner_url) as beside:
            assert beside.wait() == 0, beside.said()
        assert running.stop() == 0
