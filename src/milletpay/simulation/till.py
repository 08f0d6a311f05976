"""A till: the loop of `terminals.till_loop` over HTTP, with a journal in a file.

till = Till(server=Server(host="127.0.0.1", port=8420, key="tk_test_..."), journal=Journal(path), ...)
await till.settle()         # after a start: ends what a till that was killed had begun
sale = await till.sell(reference="00000017-1", amount=12_50, payer={"payment_code": code})
"""

import asyncio
import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from milletpay.plumbing.clock import MILLISECOND, Clock
from milletpay.plumbing.ids import Entropy
from milletpay.terminals import forwarding, till_loop

CALL_SECONDS: Final = 5
"""How long an answer is waited for."""

KEPT: Final = "taken_alone"
ALLOWED: Final = "allowed_alone"
"""What begins a line that is no attempt."""

Written: TypeAlias = till_loop.Attempt | forwarding.Kept | forwarding.Allowed
"""What a line of a journal says."""


class OpenSale(Exception):
    """A sale that was begun before is not ended: `settle` first."""


class Journal:
    """A till's file: what is written here outlives the till. A line is whole, or it is not there.

    It has attempts, what was taken without a network, and what was allowed of that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, till_loop.Attempt] = {}
        self._kept: dict[tuple[int, int], forwarding.Kept] = {}
        self.allowed = forwarding.Allowed()
        """As it was last told, which at first is nothing."""
        for line in path.read_text().splitlines() if path.exists() else []:
            try:
                self._know(_read(json.loads(line)))
            except ValueError:
                continue  # Cut off by the end of the till: the line before it holds.

    def write(self, attempt: till_loop.Attempt) -> None:
        """Write an attempt as it is now, to the disk."""
        self._add(asdict(attempt))
        self._know(attempt)

    def keep(self, kept: forwarding.Kept) -> None:
        """Write a sale that was made without a network as it is now, to the disk."""
        self._add({KEPT: asdict(kept)})
        self._know(kept)

    def allow(self, allowed: forwarding.Allowed) -> None:
        """Write down what is allowed from now on, if that is new."""
        if allowed != self.allowed:
            self._add({ALLOWED: asdict(allowed)})
            self._know(allowed)

    def _add(self, line: Mapping[str, Any]) -> None:
        with self._path.open("a") as file:
            # A line that was cut off stands alone.
            file.write("\n" + json.dumps(line))
            file.flush()
            os.fsync(file.fileno())

    def _know(self, written: Written) -> None:
        match written:
            case till_loop.Attempt():
                self._known[written.reference] = written
            case forwarding.Kept():
                self._kept[written.pairing, written.sequence] = written
            case _:
                self.allowed = written

    @property
    def kept(self) -> list[forwarding.Kept]:
        """What was taken without a network, in the order in which it was."""
        return list(self._kept.values())

    @property
    def attempts(self) -> list[till_loop.Attempt]:
        """All, in the order in which they were begun."""
        return list(self._known.values())

    @property
    def open(self) -> list[till_loop.Attempt]:
        """Those that have not ended."""
        return [attempt for attempt in self.attempts if attempt.phase is not till_loop.Phase.ENDED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A whole answer."""

    status: int
    told: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a till asks, and with which credential."""

    host: str
    port: int
    key: str = field(repr=False)

    async def ask(self, method: str, path: str, *, body: str = "", key: str = "") -> till_loop.Said | None:
        """Ask on a connection of its own; None when no whole answer came in time."""
        answer = await self.call(method, path, body=body, key=key)
        return None if answer is None else said(answer.status, answer.told)

    async def call(self, method: str, path: str, *, body: str = "", key: str = "") -> Told | None:
        """The same, with all that was answered."""
        return await asyncio.to_thread(self._call, method, path, body, key)

    def _call(self, method: str, path: str, body: str, key: str) -> Told | None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=CALL_SECONDS)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, body=body.encode() if body else None, headers=headers)
            reply = connection.getresponse()
            return Told(status=reply.status, told=json.loads(reply.read()))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()


def said(status: int, told: Mapping[str, Any]) -> till_loop.Said:
    """What an answer of the API tells of a payment."""
    payment = told.get("payment") if told.get("object") != "payment" else told
    if told.get("object") == "list":
        payment = next(iter(told["data"]), None)
    return till_loop.Said(
        status=status,
        payment=payment["status"] if isinstance(payment, Mapping) else None,
        code=told.get("code", ""),
    )


class Till:
    """One till: one sale at a time, and each comes to its end."""

    def __init__(self, *, server: Server, journal: Journal, clock: Clock, entropy: Entropy) -> None:
        self._server = server
        self._journal = journal
        self._clock = clock
        self._entropy = entropy

    async def settle(self) -> list[till_loop.Attempt]:
        """End whatever was begun and not ended; gives how it ended."""
        return [
            await self._run(till_loop.resumed(attempt, now=self._now())) for attempt in self._journal.open
        ]

    async def sell(
        self,
        *,
        reference: str,
        amount: int,
        currency: str = "CNY",
        payer: Mapping[str, str] | None = None,
        patience: int = till_loop.GIVE_UP_AFTER,
    ) -> till_loop.Attempt:
        """Make a sale and see it to its end."""
        if self._journal.open:
            raise OpenSale("a sale was begun before and has not ended")
        body = {"amount": amount, "currency": currency, "reference": reference}
        attempt = till_loop.begin(
            reference=reference,
            key=self._entropy(16).hex(),
            body=json.dumps(body if payer is None else body | {"payer": payer}),
            now=self._now(),
            patience=patience,
        )
        return await self._run(attempt)

    async def undo(self, attempt: till_loop.Attempt) -> till_loop.End | None:
        """Reverse at once, as when the cashier does not wait any longer."""
        return (await self._run(till_loop.given_up(attempt, now=self._now()))).end

    async def _run(self, attempt: till_loop.Attempt) -> till_loop.Attempt:
        """Take step after step, each written down before it is sent."""
        while True:
            attempt = till_loop.ticked(attempt, now=self._now())
            step = till_loop.next_step(attempt, now=self._now())
            if step is till_loop.Step.STOP:
                self._journal.write(attempt)
                return attempt
            if step is till_loop.Step.WAIT:
                until = min(attempt.next_at, max(attempt.give_up_at, self._now()))
                await self._clock.sleep(duration_ns=(until - self._now() + 1) * MILLISECOND)
                continue
            attempt = till_loop.sending(attempt, step, now=self._now())
            self._journal.write(attempt)
            said = await self._take(attempt, step)
            attempt = (
                till_loop.unanswered(attempt) if said is None else till_loop.answered(attempt, step, said)
            )

    async def _take(self, attempt: till_loop.Attempt, step: till_loop.Step) -> till_loop.Said | None:
        name = {"reference": attempt.reference}
        match step:
            case till_loop.Step.PAY:
                return await self._server.ask("POST", "/v1/payments", body=attempt.body, key=attempt.key)
            case till_loop.Step.ASK:
                return await self._server.ask("GET", f"/v1/payments?reference={quote(attempt.reference)}")
            case _:
                return await self._server.ask("POST", "/v1/reversals", body=json.dumps(name))

    def _now(self) -> int:
        return self._clock.now_ns() // MILLISECOND


def _read(line: Any) -> Written:  # noqa: ANN401 - whatever JSON says
    try:
        if ALLOWED in line:
            return forwarding.Allowed(**line[ALLOWED])
        if KEPT in line:
            said = line[KEPT]
            outcome = None if said["outcome"] is None else forwarding.Outcome(said["outcome"])
            return forwarding.Kept(**{**said, "outcome": outcome})
        end = None if line["end"] is None else till_loop.End(line["end"])
        return till_loop.Attempt(**{**line, "phase": till_loop.Phase(line["phase"]), "end": end})
    except (TypeError, KeyError) as error:
        raise ValueError(f"{error}: no line of a journal") from error
