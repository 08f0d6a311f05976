"""`millet iso8583 show`, as people run it: no database anywhere near."""

import json
import subprocess
import sys
from typing import Any

import pytest

from milletpay.money import Currency, Money
from milletpay.terminals import (
    Answer,
    Envelope,
    Frame,
    Manage,
    Management,
    MasterKey,
    MessageRefused,
    Purchase,
    ResponseCode,
    SealKey,
    read_plain,
    show_message,
    write_answer,
    write_frame,
    write_request,
)

KEY = SealKey(b"k" * 16)
ENVELOPE = Envelope(terminal=12, batch=3, stan=7, key=5)
CODE = "280123456789012345"


def show(digits: str, *, status: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "milletpay.apps.cli", "iso8583", "show", "--hex", digits],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def test_a_message_with_its_address() -> None:
    purchase = Purchase(envelope=ENVELOPE, amount=Money(1250, Currency.CNY), payment_code=CODE)
    message = write_request(purchase, key=KEY, again=True)
    framed = write_frame(Frame(address=bytes.fromhex("6000030000"), message=message))
    shown = show(framed.hex(" "))
    assert (shown["type"], shown["means"]) == ("0201", "purchase, repeated")
    assert shown["length"] == len(framed) - 2
    assert shown["address"] == {"to": "0003", "from": "0000"}
    by_number = {field["number"]: field for field in shown["fields"]}
    assert by_number[4]["value"] == "000000001250"
    assert by_number[3]["means"] == "take money"
    assert by_number[2]["hidden"] == "18 digits"
    assert CODE not in json.dumps(shown)


def test_a_key_is_not_shown() -> None:
    asked = read_plain(write_request(Manage(envelope=ENVELOPE, management=Management.SIGN_ON), key=KEY))
    block = MasterKey(b"m" * 16).wrap(KEY)
    answer = Answer(code=ResponseCode.APPROVED, at=1, batch=3, key=6, key_block=block)
    shown = show(write_answer(asked, answer=answer, key=KEY).hex())
    assert shown["means"] == "management, answered"
    assert block.hex() not in json.dumps(shown).lower()
    assert next(field for field in shown["fields"] if field["number"] == 62)["hidden"] == "29 bytes"


def test_what_is_no_message_is_refused_by_field() -> None:
    refused = {
        "": "type",
        "0200": "type",
        "0600" + "0" * 16: "type",
        "0200" + "0000000000000002": "63",
        "0200" + "2000000000000000": "3",
        "0200" + "2000000000000000" + "999999": "3",
        "0200" + "2000000000000000" + "00900a": "3",
        "0200" + "2000000000000000" + "009000": "2",
        "0200" + "2000000000000000" + "009000ff": "3",
        "0010600003000002000000000000000000": "length",
    }
    for digits, field in refused.items():
        with pytest.raises(MessageRefused) as why:
            show_message(bytes.fromhex(digits))
        assert why.value.field == field, (digits, why.value)
    shown = show("0600" + "0" * 16, status=1)
    assert shown["refused"] == {"field": "type", "detail": "there is no such message"}
    assert show("zz", status=1)["refused"]["field"] == "hex"
