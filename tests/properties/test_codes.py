"""Codes at random: what is written is read, what is changed is noticed, and nothing breaks the reader."""

import string

import zxingcpp
from hypothesis import assume, given
from hypothesis import strategies as st

from milletpay.codes import code128_widths
from milletpay.codes.barcodes import QUIET_ZONE
from milletpay.codes.emv import BadPayload, Value, checksum, read_payload, write_payload
from milletpay.codes.emv.payload import BYTES_MAX
from tests.tables.test_merchant_codes import GOOD, SAMPLE

printed = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=25)
anything = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=15)
additional = st.dictionaries(
    st.sampled_from(["01", "02", "03", "04", "05", "06", "07", "08", "12", "49"]), anything, max_size=4
)


@given(name=printed, city=anything, labels=additional, amount=st.integers(1, 10**10 - 1))
def test_what_is_written_is_read(name: str, city: str, labels: dict[str, str], amount: int) -> None:
    values = [value for value in GOOD if value.tag != "59"]
    values += [
        Value(tag="59", text=name),
        Value(tag="54", text=f"{amount // 100}.{amount % 100:02d}"),
        Value.template("64", parts=[Value(tag=tag, text=text) for tag, text in _names(city)]),
    ]
    parts = [Value(tag=tag, text=text) for tag, text in labels.items()]
    if parts and sum(4 + len(part.text) for part in parts) <= 99:
        values.append(Value.template("62", parts=parts))
    assume(sum(4 + len(value.text.encode()) for value in values) + 8 <= BYTES_MAX)
    payload = write_payload(values)
    read = read_payload(payload)
    assert read.values[:-1] == tuple(values)
    assert write_payload(read.values[:-1]) == payload


def _names(city: str) -> list[tuple[str, str]]:
    return [("00", "ZH"), ("01", city), ("02", city)]


@given(place=st.integers(0, len(SAMPLE) - 1), other=st.characters())
def test_a_changed_character_is_noticed(place: int, other: str) -> None:
    mutated = SAMPLE[:place] + other + SAMPLE[place + 1 :]
    try:
        read = read_payload(mutated)
    except BadPayload as refused:
        assert refused.tag  # noqa: PT017 - it may as well be read
    else:
        # 16 bits may agree by chance when a character has several bytes; then it says something else.
        assert mutated == SAMPLE or read != read_payload(SAMPLE)


def test_every_ascii_character_in_every_place_is_noticed() -> None:
    for place, was in enumerate(SAMPLE):
        for other in string.printable if was.isascii() else "":
            if other == was:
                continue
            try:
                read_payload(SAMPLE[:place] + other + SAMPLE[place + 1 :])
            except BadPayload:
                continue
            raise AssertionError(f"{other!r} for {was!r} at {place} went unnoticed")


pieces = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"([0-9]{4}.{0,12}){0,8}", fullmatch=True),
    st.builds(lambda at, put: SAMPLE[:at] + put + SAMPLE[at:], st.integers(0, 200), st.text(max_size=4)),
    st.builds(lambda at, cut: SAMPLE[:at] + SAMPLE[at + cut :], st.integers(0, 200), st.integers(1, 60)),
)


@given(body=pieces)
def test_nothing_breaks_the_reader(body: str) -> None:
    try:
        sealed = [body, f"{body}6304{checksum(f'{body}6304')}"]
    except UnicodeEncodeError:
        sealed = [body]
    for payload in sealed:
        try:
            read_payload(payload)
        except BadPayload as refused:
            assert refused.tag, refused  # noqa: PT017 - it may as well be read


@given(text=st.one_of(printed, st.from_regex("[0-9]{1,24}", fullmatch=True)))
def test_a_barcode_is_read_back(text: str) -> None:
    (code,) = zxingcpp.read_barcodes(_painted(code128_widths(text)))
    assert code.text == text


def test_every_pair_of_digits_has_its_bars() -> None:
    text = "".join(f"{pair:02d}" for pair in range(100))
    for begin in range(0, 200, 20):
        part = text[begin : begin + 20]
        (code,) = zxingcpp.read_barcodes(_painted(code128_widths(part)))
        assert code.text == part


def test_a_payment_code_is_nine_symbols_wide() -> None:
    widths = code128_widths("870123456789012345")
    # Start, nine pairs, check: 11 modules each; stop: 13.
    assert sum(widths) == 11 * 11 + 13


def _painted(widths: tuple[int, ...]) -> memoryview:
    """The bars as a gray picture, two pixels a module."""
    line = bytearray(b"\xff" * 2 * QUIET_ZONE)
    for place, width in enumerate(widths):
        line += (b"\x00" if place % 2 == 0 else b"\xff") * 2 * width
    line += b"\xff" * 2 * QUIET_ZONE
    rows = 30
    return memoryview(bytes(line) * rows).cast("B", shape=[rows, len(line)])
