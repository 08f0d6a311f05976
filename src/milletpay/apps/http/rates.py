"""Rate limits: a bucket of tokens for each credential, in the memory of one process.

A bucket holds `at_once` tokens and gains `per_second`; a request takes one, or is refused before it has any
effect. With several processes each counts its own share of the requests.
"""

from typing import Final

from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.who import Allowance
from milletpay.plumbing.clock import SECOND, Clock

BUCKETS_MAX: Final = 100_000
"""When there are more, the full ones are forgotten: they are as good as new ones."""


class Bucket:
    """What is left of a credential's requests: nanoseconds of gain, so that all numbers are whole."""

    __slots__ = ("at", "left", "rate")

    def __init__(self, rate: Allowance, *, at: int) -> None:
        self.rate = rate
        self.at = at
        self.left = rate.at_once * SECOND


class RateLimits:
    """The buckets."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[object, Bucket] = {}

    def take(self, caller: object, rate: Allowance) -> tuple[HeaderLine, ...]:
        """Take one request of a caller; gives the headers that tell what is left, or refuses with 429."""
        now = self._clock.monotonic_ns()
        bucket = self._buckets.get(caller)
        if bucket is None or bucket.rate != rate:
            if len(self._buckets) >= BUCKETS_MAX:
                self._forget_full(now)
            bucket = self._buckets[caller] = Bucket(rate, at=now)
        full = rate.at_once * SECOND
        bucket.left = min(full, bucket.left + (now - bucket.at) * rate.per_second)
        bucket.at = now
        if bucket.left < SECOND:
            # Rounded up: whoever waits that long is served.
            wait = -((bucket.left - SECOND) // rate.per_second // SECOND)
            raise Refuse(
                EdgeRefusal.RATE_LIMITED,
                f"More than {rate.per_second} requests a second. Nothing was done; wait {wait} s.",
                headers=((b"retry-after", b"%d" % wait), *_headers(rate, left=0, wait=wait)),
            )
        bucket.left -= SECOND
        missing = full - bucket.left
        return _headers(rate, left=bucket.left // SECOND, wait=-(-missing // rate.per_second // SECOND))

    def _forget_full(self, now: int) -> None:
        self._buckets = {
            caller: bucket
            for caller, bucket in self._buckets.items()
            if bucket.left + (now - bucket.at) * bucket.rate.per_second < bucket.rate.at_once * SECOND
        }


def _headers(rate: Allowance, *, left: int, wait: int) -> tuple[HeaderLine, ...]:
    return (
        (b"ratelimit-policy", b'"requests";q=%d;w=%d' % (rate.at_once, -(-rate.at_once // rate.per_second))),
        (b"ratelimit", b'"requests";r=%d;t=%d' % (left, wait)),
    )
