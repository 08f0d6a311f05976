"""`millet bench payments` measures whole payments, prints what is documented, and refuses what is untrue."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from milletpay.benches import PAYMENT_WORKS, NotPaid
from milletpay.benches.load import Load
from milletpay.plumbing.clock import SystemClock

REQUEST = b"POST / HTTP/1.1\r\n\r\n"


def test_the_rows_are_those_that_are_asked_for() -> None:
    asked = [(work.name, work.connections, work.required_per_s) for work in PAYMENT_WORKS]
    assert asked == [("agreement", 1, None), ("agreement", 128, 3_000), ("payment_code", 128, None)]
    assert [work.percent for work in PAYMENT_WORKS] == [None, None, 80]
    assert PAYMENT_WORKS[0].p50_ms_max == 4
    assert PAYMENT_WORKS[1].p99_ms_max == 90


def test_json_is_all_that_is_printed_and_has_the_documented_shape() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "milletpay.apps.cli", "bench", "payments", "--json"),
            *("--seconds", "0.2", "--customers", "40", "--merchants", "4"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "nanobind" not in done.stderr, "no library has anything to tell of the end"
    printed: dict[str, Any] = json.loads(done.stdout)
    assert list(printed) == ["settings", "rows"]
    assert [row["connections"] for row in printed["rows"]] == [1, 128, 128]
    assert [row["name"] for row in printed["rows"]] == ["agreement", "agreement", "payment_code"]
    for row in printed["rows"]:
        assert list(row) == ["name", "connections", "payments_per_s", "p50_ms", "p99_ms"]
        assert isinstance(row["payments_per_s"], int)
        assert 0 < row["p50_ms"] <= row["p99_ms"]
    assert printed["settings"]["customers"] == 40
    assert printed["settings"]["server"]["synchronous_commit"] == "on"


async def load_against(*answers: bytes, requests: int = 1) -> Load:
    """Send requests to somebody who answers each with these pieces, one after the other."""
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(requests):
            await reader.readuntil(b"\r\n\r\n")
            for piece in answers:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        load = Load(requests=iter([REQUEST] * requests), clock=SystemClock())
        try:
            await load.run(host="127.0.0.1", port=server.sockets[0].getsockname()[1], connections=1)
        finally:
            await gone.wait()
    return load


BODY = b'{"status":"succeeded"}'
HEAD = b"HTTP/1.1 201 Created\r\ncontent-length: %d\r\n\r\n" % len(BODY)


@pytest.mark.parametrize(
    "answers", [(HEAD + BODY,), (HEAD, BODY), (HEAD[:20], HEAD[20:], BODY[:5], BODY[5:])]
)
async def test_an_answer_counts_when_it_is_whole(answers: tuple[bytes, ...]) -> None:
    load = await load_against(*answers, requests=3)
    assert len(load.latencies) == 3


@pytest.mark.parametrize(
    "answer",
    [
        HEAD.replace(b"201", b"402") + BODY,
        HEAD + BODY.replace(b"succeeded", b"authorize"),
        b"HTTP/1.1 201 Created\r\n",
    ],
)
async def test_any_other_answer_ends_the_run(answer: bytes) -> None:
    with pytest.raises(NotPaid):
        await load_against(answer)
