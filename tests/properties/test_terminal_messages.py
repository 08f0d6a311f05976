"""The codec of terminals' messages: nothing is lost, nothing else gets in, nothing breaks it."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.merchants import TerminalId
from milletpay.terminals import (
    Answer,
    Frame,
    Frames,
    KeyRefused,
    MasterKey,
    MessageRefused,
    Request,
    SealKey,
    TerminalSecrets,
    answer_type,
    is_sealed,
    read_answer,
    read_plain,
    read_request,
    show_message,
    write_answer,
    write_frame,
    write_plain,
    write_request,
)
from tests.properties.terminal_messages import KEY, answers, requests

ADDRESS = bytes.fromhex("6000030000")


@given(request=requests, again=st.booleans())
def test_what_is_written_is_read_again(request: Request, again: bool) -> None:
    message = write_request(request, key=KEY, again=again)
    plain = read_plain(message)
    assert read_request(plain) == request
    assert is_sealed(message, plain=plain, key=KEY)
    assert write_plain(plain) == message


@given(request=requests, answer=answers)
def test_answers_are_read_again(request: Request, answer: Answer) -> None:
    asked = read_plain(write_request(request, key=KEY))
    message = write_answer(asked, answer=answer, key=KEY)
    plain = read_plain(message)
    assert is_sealed(message, plain=plain, key=KEY)
    assert plain.mti == answer_type(asked.mti)
    assert read_answer(plain) == answer
    assert not is_sealed(write_answer(asked, answer=answer, key=None), plain=asked, key=KEY)


@given(request=requests, at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_changed_bit_is_refused_or_breaks_the_seal(request: Request, at: int, bit: int) -> None:
    message = bytearray(write_request(request, key=KEY))
    message[at % len(message)] ^= 1 << bit
    with suppress(MessageRefused):
        plain = read_plain(bytes(message))
        assert not is_sealed(bytes(message), plain=plain, key=KEY)


@given(request=requests, cut=st.integers(0, 200), more=st.binary(max_size=4))
def test_what_is_cut_or_goes_on_is_no_message(request: Request, cut: int, more: bytes) -> None:
    message = write_request(request, key=KEY)
    changed = message[: -(cut % len(message)) or None] + more
    if changed != message:
        with suppress(MessageRefused):
            plain = read_plain(changed)
            assert not is_sealed(changed, plain=plain, key=KEY)


@given(junk=st.binary(max_size=300))
def test_junk_is_refused_and_raises_nothing_else(junk: bytes) -> None:
    for data in (junk, bytes.fromhex("0200") + junk, bytes.fromhex("0200702000000080881118") + junk):
        with suppress(MessageRefused):
            read_request(read_plain(data))
        with suppress(MessageRefused):
            json.dumps(show_message(data))


@given(
    messages=st.lists(requests, min_size=1, max_size=5),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=200),
)
def test_frames_come_in_any_pieces(messages: list[Request], cuts: list[int]) -> None:
    frames = [Frame(address=ADDRESS, message=write_request(m, key=KEY)) for m in messages]
    sent = b"".join(write_frame(frame) for frame in frames)
    received: list[Frame] = []
    reading = Frames()
    for number in range(len(sent)):
        if not sent:
            break
        size = cuts[number % len(cuts)]
        received += reading.feed(sent[:size])
        sent = sent[size:]
    assert received == frames
    assert not reading.is_half


@given(junk=st.binary(max_size=600))
def test_junk_is_no_frame_or_waits(junk: bytes) -> None:
    reading = Frames()
    with suppress(MessageRefused):
        for frame in reading.feed(junk):
            assert len(frame.message) >= 10


@given(
    secret=st.binary(min_size=16, max_size=16),
    other=st.binary(min_size=16, max_size=16),
    at=st.integers(0, 28),
)
def test_a_session_key_reaches_its_terminal_alone(secret: bytes, other: bytes, at: int) -> None:
    session = SealKey(b"s" * 16)
    block = MasterKey(secret).wrap(session)
    assert len(block) == 29
    assert MasterKey(secret).unwrap(block) == session
    changed = bytearray(block)
    changed[at] ^= 1
    with pytest.raises(KeyRefused):
        MasterKey(secret).unwrap(bytes(changed))
    if other != secret:
        with pytest.raises(KeyRefused):
            MasterKey(other).unwrap(block)


def test_keys_differ_by_terminal_pairing_and_number() -> None:
    secrets = TerminalSecrets(key=b"house" * 8)
    ids = [TerminalId(1), TerminalId(11)]
    masters = {secrets.master_key(t, pairings=p) for t in ids for p in (1, 11)}
    sessions = {secrets.session_key(t, pairings=p, number=n) for t in ids for p in (1, 11) for n in (1, 11)}
    assert len(masters | sessions) == 12
    assert repr(MasterKey(b"k" * 16)) == "MasterKey()"


@given(request=requests)
def test_what_is_shown_has_no_secret(request: Request) -> None:
    message = write_request(request, key=KEY)
    shown = json.dumps(show_message(message))
    secret = getattr(request, "payment_code", None)
    if secret is not None:
        assert secret not in shown
        assert '"hidden": "18 digits"' in shown


def test_cmac_is_that_of_the_standard() -> None:
    """The examples of RFC 4493; the seal is the first half."""
    key = SealKey(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
    assert key.seal(b"").hex() == "bb1d6929e9593728"
    assert key.seal(bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")).hex() == "070a16b46b4d4144"
