"""How long a job that failed waits for its next attempt."""

import pytest

from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.jobs import Retry, delay_after


@pytest.mark.parametrize(("attempt", "full"), [(1, 10), (2, 20), (3, 30), (200, 30)])
def test_a_delay_doubles_up_to_the_longest_and_half_of_it_is_chance(attempt: int, full: int) -> None:
    def least(size: int) -> bytes:
        return bytes(size)

    def most(size: int) -> bytes:
        return (full * SECOND // 2).to_bytes(size)

    retry = Retry(first_ns=10 * SECOND, longest_ns=30 * SECOND)
    assert delay_after(attempt, retry=retry, entropy=least) == full * SECOND
    assert delay_after(attempt, retry=retry, entropy=most) == full * SECOND // 2
