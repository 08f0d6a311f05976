"""A till without a network: takes codes alone within what it was last allowed, and forwards them afterwards.

alone = TillAlone(server=server, journal=journal, clock=clock, pairing=1, seal_key=bytes.fromhex("..."))
await alone.learn()                                  # while there is a line: what the merchant allows
kept = alone.take(code=scanned, amount=12_50)        # without one: in the journal before it is answered
await alone.forward()                                # when it is back: until each is decided
"""

import json
from typing import Final

from milletpay.plumbing.clock import MILLISECOND, Clock
from milletpay.plumbing.dates import rfc3339
from milletpay.simulation.till import Journal, Server
from milletpay.terminals import forwarding, till_loop

POLICY: Final = "/v1/terminals/this/offline_policy"
UPLOAD: Final = "/v1/terminals/offline_payments"
AGAIN: Final = frozenset({408, 425, 429})
"""Statuses after which the same is sent again, beside those of a server in trouble."""


class TillAlone:
    """The part of a till that sells without a network."""

    def __init__(
        self, *, server: Server, journal: Journal, clock: Clock, pairing: int, seal_key: bytes
    ) -> None:
        self._server = server
        self._journal = journal
        self._clock = clock
        self._pairing = pairing
        self._seal_key = seal_key

    async def learn(self) -> forwarding.Allowed | None:
        """Ask what is allowed and write it down; None when there was no answer, and the last one holds."""
        answer = await self._server.call("GET", POLICY)
        if answer is None or answer.status != 200:
            return None
        told = answer.told
        allowed = forwarding.Allowed(each=told["each"], total=told["total"], count=told["count"])
        self._journal.allow(allowed)
        return allowed

    def take(
        self, *, code: str, amount: int, currency: str = "CNY"
    ) -> forwarding.Kept | forwarding.Hindrance:
        """Take a code alone: what is given is on the disk already."""
        kept, now, code = self._journal.kept, self._now(), forwarding.plain(code)
        hindrance = forwarding.why_not(
            allowed=self._journal.allowed,
            kept=kept,
            sent=self._sent(),
            code=code,
            amount=amount,
            now=now,
        )
        if hindrance is not None:
            return hindrance
        sealed = forwarding.seal(
            kept=kept,
            code=code,
            amount=amount,
            currency=currency,
            now=now,
            taken_at=rfc3339(now * MILLISECOND),
            pairing=self._pairing,
            key=self._seal_key,
        )
        self._journal.keep(sealed)
        return sealed

    async def forward(self) -> list[forwarding.Kept]:
        """Bring what waits until each is decided; gives what still waits when the till is not let in."""
        most = forwarding.RECORDS_MAX
        while brought := forwarding.waiting(self._journal.kept, most=most):
            body = json.dumps({"records": [one.record() for one in brought]})
            answer = await self._server.call("POST", UPLOAD, body=body)
            if answer is None or answer.status >= 500 or answer.status in AGAIN:
                await self._clock.sleep(duration_ns=till_loop.ASK_EVERY * MILLISECOND)
            elif answer.status == 200:
                for one in forwarding.decided(brought, answer.told["results"]):
                    self._journal.keep(one)
            elif answer.status in {401, 403}:
                return brought
            elif len(brought) > 1:
                # One of them is no record: it must not stand in the way of the others.
                most = 1
            else:
                self._journal.keep(forwarding.refused(brought[0], answer.told.get("code", "")))
        return []

    def _sent(self) -> set[str]:
        """The codes that were sent while there was a line."""
        bodies = [json.loads(attempt.body) for attempt in self._journal.attempts]
        codes = [(body.get("payer") or {}).get("payment_code") for body in bodies]
        return {forwarding.plain(code) for code in codes if code}

    def _now(self) -> int:
        return self._clock.now_ns() // MILLISECOND
