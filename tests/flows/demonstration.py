"""The demo as people start it: `millet up --demo` as a process, and plain requests to it."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.flows.millet_process import data_directory, millet
from tests.flows.served import Reply

PATIENCE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running demo."""

    data: Path
    address: tuple[str, int]
    town: dict[str, Any]
    """What `demo.json` says."""

    @property
    def base_url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    def merchant(self, number: int = 1) -> dict[str, Any]:
        found: dict[str, Any] = self.town["merchants"][number]
        return found

    def agreement_with(self, merchant: dict[str, Any]) -> str:
        """An agreement that somebody in the town has signed with a merchant."""
        return next(
            str(agreement["id"])
            for customer in self.town["customers"]
            for agreement in customer["agreements"]
            if agreement["merchant"] == merchant["id"]
        )

    def ask(
        self, method: str, path: str, said: object = None, *, key: str = "", idempotency_key: str = ""
    ) -> Reply:
        """Send a request with a bearer token, if one is given."""
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, None if said is None else json.dumps(said), headers)
            reply = connection.getresponse()
            return Reply(status=reply.status, headers=reply.headers, body=reply.read())
        finally:
            connection.close()


@contextmanager
def demonstration() -> Iterator[Demo]:
    """Start a demo in a new data directory, and stop it."""
    with data_directory() as data, millet("up", "--data", str(data), "--port", "0", "--demo") as process:
        process.wait_until_up()
        town = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        yield Demo(data=data, address=process.address, town=town)
        assert process.stop() == 0


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it has not come true"
        time.sleep(0.05)
