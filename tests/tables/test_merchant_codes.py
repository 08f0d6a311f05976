"""Payloads of EMVCo's form: its published sample, one refusal of each kind with its tag, and ours."""

from typing import Any

import pytest

from milletpay.codes import (
    Link,
    LinkKind,
    Links,
    MerchantCode,
    NotOurLink,
    Place,
    ScanRefusal,
    key_for,
    write_merchant_code,
)
from milletpay.codes.emv import BadPayload, EmvRefusal, Value, checksum, read_payload, write_payload
from milletpay.merchants import Names
from milletpay.money import Currency, Money

SAMPLE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914"
    "BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708"
    "A60086670902ME91320016A0112233449988770708123456786304A13A"
)
"""The sample of the specification's annex."""

LINKS = Links(
    base_url="https://pay.example", key=key_for("links", secret=b"a secret of 32 bytes, or so it is")
)
PLATE = Link(kind=LinkKind.PLATE, object=0x019B_1A2B_3C4D_5E6F_7081_92A3_B4C5_D6E7)
GOOD = (
    Value(tag="00", text="01"),
    Value.template("26", parts=[Value(tag="00", text="A000000677010111"), Value(tag="01", text="x")]),
    Value(tag="52", text="5411"),
    Value(tag="53", text="156"),
    Value(tag="58", text="CN"),
    Value(tag="59", text="Old Street Noodles"),
    Value(tag="60", text="Beijing"),
)


def merchant_code(amount: Money | None = None) -> MerchantCode:
    return MerchantCode(
        kind=LinkKind.PLATE,
        token=LINKS.token(PLATE),
        name=Names(en="Café of the Old Street, North Gate", zh="老街面馆"),
        category=5812,
        currency=Currency.CNY,
        place=Place(country="CN", city_en="Beijing", city_zh="北京"),
        amount=amount,
        store="North Gate",
        terminal="Till 2",
    )


def sealed(body: str) -> str:
    """A payload that only its checksum speaks for."""
    return f"{body}6304{checksum(f'{body}6304')}"


def written(*values: Value) -> str:
    return sealed("".join(f"{value.tag}{len(value.text):02d}{value.text}" for value in values))


def changed(tag: str, text: str) -> str:
    """The good payload with another text under a tag."""
    values = [Value(tag=tag, text=text) if value.tag == tag else value for value in GOOD]
    return written(*values, *([] if any(v.tag == tag for v in GOOD) else [Value(tag=tag, text=text)]))


def test_the_sample_of_the_specification_is_read() -> None:
    read = read_payload(SAMPLE)
    assert read.find("01") == "12"
    assert read.find("29.00") == "D15600000000"
    assert read.find("31.03") == "12345678"
    assert (read.find("54"), read.find("53")) == ("23.72", "156")
    assert (read.find("64.01"), read.find("64.02")) == ("最佳运输", "北京")
    assert (read.find("62.03"), read.find("62.06"), read.find("62.07")) == ("1234", "***", "A6008667")
    assert read.find("91.07") == "12345678"
    assert read.find("62.01") is None
    assert write_payload(read.values[:-1]) == SAMPLE


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert checksum("123456789") == "29B1"


@pytest.mark.parametrize(
    ("payload", "refusal", "tag"),
    [
        ("", EmvRefusal.EMPTY, "00"),
        ("0002\ud800", EmvRefusal.NOT_TEXT, "00"),
        (
            written(*GOOD, *[Value(tag=str(t), text="文" * 60) for t in range(65, 68)]),
            EmvRefusal.TOO_LONG,
            "00",
        ),
        ("hello", EmvRefusal.NOT_A_TAG, "he"),
        ("000201²²05aaaaa", EmvRefusal.NOT_A_TAG, "²²"),
        (changed("26", "0004aaaa0x"), EmvRefusal.NOT_A_TAG, "26.0x"),
        ("0002010100", EmvRefusal.NOT_A_LENGTH, "01"),
        ("000201010", EmvRefusal.NOT_A_LENGTH, "01"),
        (changed("62", "07"), EmvRefusal.NOT_A_LENGTH, "62.07"),
        (changed("62", "0700"), EmvRefusal.NOT_A_LENGTH, "62.07"),
        (SAMPLE[:-1], EmvRefusal.CUT_SHORT, "63"),
        (changed("62", "0708till"), EmvRefusal.CUT_SHORT, "62.07"),
        (changed("64", "0002ZH0108老街面馆"), EmvRefusal.CUT_SHORT, "64.01"),
        (written(GOOD[1], GOOD[0], *GOOD[2:]), EmvRefusal.WRONG_PLACE, "00"),
        (written(*GOOD) + "6003abc", EmvRefusal.WRONG_PLACE, "63"),
        (SAMPLE.replace("BEST", "REST"), EmvRefusal.WRONG_CHECKSUM, "63"),
        (SAMPLE[:-4] + "a13a", EmvRefusal.WRONG_CHECKSUM, "63"),
        (written(*GOOD, GOOD[-1]), EmvRefusal.REPEATED, "60"),
        (changed("62", "0701a0701b"), EmvRefusal.REPEATED, "62.07"),
        (written(*GOOD[1:]), EmvRefusal.MISSING, "00"),
        (written(*GOOD[:-1]), EmvRefusal.MISSING, "60"),
        (written(GOOD[0], *GOOD[2:]), EmvRefusal.MISSING, "02"),
        (written(*GOOD)[:-8], EmvRefusal.MISSING, "63"),
        (changed("26", "0101x"), EmvRefusal.MISSING, "26.00"),
        (changed("62", "50050101x"), EmvRefusal.MISSING, "62.50.00"),
        (changed("80", "0101x"), EmvRefusal.MISSING, "80.00"),
        (changed("64", "0002ZH"), EmvRefusal.MISSING, "64.01"),
        (changed("62", "0001x"), EmvRefusal.UNKNOWN_TAG, "62.00"),
        (changed("52", "541"), EmvRefusal.WRONG_LENGTH, "52"),
        (changed("59", "x" * 26), EmvRefusal.WRONG_LENGTH, "59"),
        (changed("62", "0726" + "x" * 26), EmvRefusal.WRONG_LENGTH, "62.07"),
        (changed("59", "老街面馆"), EmvRefusal.WRONG_CHARACTERS, "59"),
        (changed("53", "CNY"), EmvRefusal.WRONG_CHARACTERS, "53"),
        (changed("52", "५४११"), EmvRefusal.WRONG_CHARACTERS, "52"),
        (changed("62", "0702a\n"), EmvRefusal.WRONG_CHARACTERS, "62.07"),
        (changed("00", "02"), EmvRefusal.WRONG_VALUE, "00"),
        (changed("01", "13"), EmvRefusal.WRONG_VALUE, "01"),
        (changed("54", "1,000"), EmvRefusal.WRONG_VALUE, "54"),
        (changed("54", "1e3"), EmvRefusal.WRONG_VALUE, "54"),
        (changed("54", "0.00"), EmvRefusal.WRONG_VALUE, "54"),
        (changed("54", ".50"), EmvRefusal.WRONG_VALUE, "54"),
        (changed("58", "cn"), EmvRefusal.WRONG_VALUE, "58"),
        (changed("62", "0902MM"), EmvRefusal.WRONG_VALUE, "62.09"),
        (changed("54", "1.234"), EmvRefusal.WRONG_COMPANY, "54"),
        (changed("56", "1.00"), EmvRefusal.WRONG_COMPANY, "56"),
        (changed("55", "03"), EmvRefusal.WRONG_COMPANY, "57"),
    ],
)
def test_what_is_malformed_is_refused_and_the_tag_named(payload: str, refusal: EmvRefusal, tag: str) -> None:
    with pytest.raises(BadPayload) as refused:
        read_payload(payload)
    assert (refused.value.refusal, refused.value.tag) == (refusal, tag), str(refused.value)
    assert str(refused.value).endswith(".")


def test_every_refusal_has_its_case() -> None:
    test: Any = test_what_is_malformed_is_refused_and_the_tag_named
    marks = test.pytestmark
    assert {case[1] for mark in marks for case in mark.args[1]} == set(EmvRefusal)


def test_the_first_refusal_is_given() -> None:
    both = written(*GOOD[:-1], Value(tag="59", text="again"))
    with pytest.raises(BadPayload) as refused:
        read_payload(both)
    assert refused.value.refusal is EmvRefusal.REPEATED


@pytest.mark.parametrize("amount", ["98", "98.", "98.7", "98.73", "0.01"])
def test_an_amount_is_written_as_the_specification_allows(amount: str) -> None:
    assert read_payload(changed("54", amount)).find("54") == amount


def test_nothing_is_written_that_cannot_be_read() -> None:
    with pytest.raises(BadPayload, match="52"):
        write_payload([value for value in GOOD if value.tag != "52"])
    with pytest.raises(BadPayload, match="99 characters"):
        write_payload([*GOOD, Value(tag="65", text="x" * 100)])


def test_a_plate_is_static_and_a_payment_dynamic() -> None:
    plate = read_payload(write_merchant_code(merchant_code()))
    assert (plate.find("01"), plate.find("54"), plate.find("53")) == ("11", None, "156")
    assert plate.find("59") == "Caf of the Old Street, No"
    assert (plate.find("64.01"), plate.find("64.02")) == ("老街面馆", "北京")
    assert (plate.find("62.03"), plate.find("62.07")) == ("North Gate", "Till 2")
    once = read_payload(write_merchant_code(merchant_code(Money(2_372, Currency.CNY))))
    assert (once.find("01"), once.find("54")) == ("12", "23.72")
    whole = read_payload(write_merchant_code(merchant_code(Money(500, Currency.JPY))))
    assert whole.find("54") == "500"


def test_a_payload_of_ours_opens_what_its_link_opens() -> None:
    payload = write_merchant_code(merchant_code())
    assert LINKS.read(payload) == LINKS.read(LINKS.write(PLATE)) == PLATE


def test_a_payload_of_others_opens_nothing() -> None:
    def why(scanned: str) -> ScanRefusal:
        with pytest.raises(NotOurLink) as refused:
            LINKS.read(scanned)
        return refused.value.refusal

    assert why(SAMPLE) is ScanRefusal.NOT_OURS
    payload = write_merchant_code(merchant_code())
    assert why(payload.replace("Beijing", "Nanjing")) is ScanRefusal.DAMAGED
    token = LINKS.token(PLATE)
    forged = payload[:-4].replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))
    assert why(forged + checksum(forged)) is ScanRefusal.DAMAGED
