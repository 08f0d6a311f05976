"""Streams are bounded: of one credential so many are open, and the oldest ends when one more begins."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from milletpay.apps.http import kernel
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.open_streams import AWAY_MILLISECONDS, OpenStreams
from milletpay.apps.http.routes import PageKeys, Route, Surface, Table
from milletpay.apps.http.streams import EventStream
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.ids import IdSource, system_entropy
from tests.flows.counter_shop import PUBLISHABLE, SECRET, SHOP_PROBLEMS, Shop, Trouble, who
from tests.flows.served import Served, serve

PATIENCE_SECONDS = 30
AWAY = b"retry: %d\n\n" % AWAY_MILLISECONDS


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def served(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(kernel, "OF_A_CREDENTIAL", 2)
    monkeypatch.setattr(kernel, "OF_AN_ADDRESS", 3)
    watch = Route(
        method="GET",
        path="/v1/watch",
        handler=shop.watch,
        summary="Watch",
        answers={200: EventStream},
        who=frozenset({SECRET, PUBLISHABLE}),
        query=Trouble,
    )
    anyone = Route(
        method="GET",
        path="/watch",
        handler=shop.watch,
        summary="Watch",
        answers={200: EventStream},
        query=Trouble,
    )
    keys = PageKeys(kind=PUBLISHABLE, begins=b"pk_")
    clock = SystemClock()
    application = Kernel(
        tables=[
            Table(
                surface=Surface(prefix="/v1", headers=(), authenticate=who, page_keys=keys), routes=(watch,)
            ),
            Table(surface=Surface(prefix="/", headers=(), authenticate=who), routes=(anyone,)),
        ],
        problems=SHOP_PROBLEMS,
        ids=IdSource(clock=clock, entropy=system_entropy),
        clock=clock,
        answers_key=b"kept",
    )
    with serve(application) as running:
        yield running


@contextmanager
def watching(
    served: Served, path: str, *, token: str | None = None, address: str = "203.0.113.1"
) -> Iterator[socket.socket]:
    """An open stream, of which the first event has been read."""
    shown = f"X-Forwarded-For: {address}\r\n"
    if token is not None:
        shown += f"Authorization: Bearer {token}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE_SECONDS) as wire:
        wire.sendall(f"GET {path}?kind=endless&times=1 HTTP/1.1\r\nHost: x\r\n{shown}\r\n".encode())
        seen = b""
        while b"event: sale" not in seen:
            part = wire.recv(4096)
            assert part, seen
            seen += part
        yield wire


def rest_of(wire: socket.socket) -> bytes:
    """What is still said until the answer ends."""
    seen = b""
    while not seen.endswith(b"0\r\n\r\n"):
        part = wire.recv(4096)
        assert part, seen
        seen += part
    return seen


def goes_on(wire: socket.socket) -> bool:
    """Whether the stream is there: heartbeats come, and no end."""
    seen = b""
    while seen.count(b": still here") < 3:
        seen += wire.recv(4096)
        if seen.endswith(b"0\r\n\r\n"):
            return False
    return True


def test_one_stream_more_ends_the_oldest_of_its_credential(shop: Shop, served: Served) -> None:
    with ExitStack() as open_ones:
        first, second = (
            open_ones.enter_context(watching(served, "/v1/watch", token="sk_test_a")) for _ in range(2)
        )
        other = open_ones.enter_context(watching(served, "/v1/watch", token="sk_test_b"))
        assert goes_on(first)
        third = open_ones.enter_context(
            watching(served, "/v1/watch", token="sk_test_a", address="198.51.100.1")
        )
        assert AWAY in rest_of(first), "and whoever reads it stays away for a while"
        assert all(goes_on(wire) for wire in (second, third, other))
        assert shop.streams_ended == 1


def test_a_stream_that_has_ended_counts_no_more(shop: Shop, served: Served) -> None:
    with ExitStack() as open_ones:
        last = open_ones.enter_context(watching(served, "/v1/watch", token="sk_test_a"))
        for ended in range(1, 4):
            with watching(served, "/v1/watch", token="sk_test_a"):
                pass
            end = time.monotonic() + PATIENCE_SECONDS
            while shop.streams_ended < ended:
                assert time.monotonic() < end
                time.sleep(0.01)
        assert goes_on(last)


@pytest.mark.parametrize(("path", "token"), [("/v1/watch", "pk_test_a"), ("/watch", None)])
def test_what_everybody_can_show_is_counted_by_address(served: Served, path: str, token: str | None) -> None:
    with ExitStack() as open_ones:
        first, second, third = (
            open_ones.enter_context(watching(served, path, token=token)) for _ in range(3)
        )
        elsewhere = open_ones.enter_context(watching(served, path, token=token, address="198.51.100.1"))
        assert goes_on(first)
        fourth = open_ones.enter_context(watching(served, path, token=token))
        assert AWAY in rest_of(first)
        assert all(goes_on(wire) for wire in (second, third, fourth, elsewhere))


def test_all_end_when_the_process_does_and_nobody_is_sent_away() -> None:
    streams = OpenStreams()
    with streams.begin("somebody", most=1) as before:
        streams.stop()
        assert before.has_come
        with streams.begin("somebody", most=1) as after:
            assert after.has_come
            assert (before.away_milliseconds, after.away_milliseconds) == (None, None)
