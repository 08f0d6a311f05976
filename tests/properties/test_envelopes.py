"""Envelopes: what is closed opens again, but not under another secret, about another thing, or changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.plumbing.envelopes import Envelope, NotOurEnvelope

NUMBERS = st.integers(0, 2**128 - 1)
OURS = Envelope(b"the secret of the house")


@given(text=st.binary(max_size=200), about=NUMBERS)
def test_what_is_closed_opens_again(text: bytes, about: int) -> None:
    closed = OURS.close(text, about=about)
    assert OURS.open(closed, about=about) == text
    assert OURS.close(text, about=about) == closed
    assert len(text) < 4 or text not in closed


@given(text=st.binary(max_size=50), about=NUMBERS, other=NUMBERS, at=st.integers(0, 10_000))
def test_it_opens_for_nothing_else(text: bytes, about: int, other: int, at: int) -> None:
    closed = OURS.close(text, about=about)
    changed = bytearray(closed)
    changed[at % len(closed)] ^= 1
    for envelope, wrong, meant in (
        (OURS, bytes(changed), about),
        (OURS, closed[:-1], about),
        (OURS, closed, other if other != about else about ^ 1),
        (Envelope(b"another secret"), closed, about),
        (OURS, b"", about),
    ):
        with pytest.raises(NotOurEnvelope):
            envelope.open(wrong, about=meant)


@given(first=st.binary(max_size=50), second=st.binary(max_size=50))
def test_two_texts_never_have_one_nonce(first: bytes, second: bytes) -> None:
    begins = {OURS.close(text, about=1)[:12] for text in (first, second)}
    assert len(begins) == len({first, second})
    assert "secret" not in repr(OURS)
