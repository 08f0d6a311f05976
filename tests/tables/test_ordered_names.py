"""What a television ordered is described in both languages and read in one; other words stay whole."""

import pytest

from milletpay.entitlements import ordered_names
from milletpay.merchants import Names


@pytest.mark.parametrize(
    ("description", "names"),
    [
        ("长河 · The Long River", Names(en="The Long River", zh="长河")),
        ("自然频道，一个月 · Nature, one month", Names(en="Nature, one month", zh="自然频道，一个月")),
        ("Tea · with milk", None),
        ("长河 · 第二部", None),
        ("茶叶蛋", None),
        ("", None),
    ],
)
def test_both_names_are_read_from_a_description(description: str, names: Names | None) -> None:
    assert ordered_names(description) == names
