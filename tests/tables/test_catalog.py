"""What pages say stands in both languages, with the same facts, and nothing is said that is not asked for."""

import re
import string
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from milletpay.apps.web.catalog import load_catalog
from milletpay.apps.web.goods import GOODS
from milletpay.codes import ScanRefusal
from milletpay.ledger.chart import AccountKind, TransferCode
from milletpay.money import Language
from milletpay.payments import Decline
from milletpay.wallets import WalletDecline

WEB = files("milletpay.apps.web")
WRITTEN: dict[str, dict[str, dict[str, str]]] = tomllib.loads(WEB.joinpath("catalog.toml").read_text("utf-8"))
CATALOG = load_catalog()
SOURCES = {
    one.name: one.read_text("utf-8")
    for folder in (WEB, WEB.joinpath("templates"))
    for one in folder.iterdir()
    if one.name.endswith((".py", ".html"))
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAID_BY_CODE = ("entry.", "category.", "problem.", "said.", "movement.top_up_", "movement.withdrawal_")
"""Texts whose keys are put together from a word of the business."""


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("section", WRITTEN)
def test_both_languages_have_every_text(section: str) -> None:
    for name, both in WRITTEN[section].items():
        key = f"{section}.{name}"
        assert set(both) == {language.value for language in Language}, key
        assert all(text.strip() == text and text for text in both.values()), key
        assert facts_of(both["zh"]) == facts_of(both["en"]), key
        if key != "frame.other_language":
            assert not CHINESE.search(both["en"]), key


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = set()
    for source in SOURCES.values():
        asked |= set(re.findall(r"""\b(?:t|say)\(\s*["']([a-z_]+\.[a-z_0-9]+)["']""", source))
    assert len(asked) > 100
    assert asked <= CATALOG.keys
    unasked = {key for key in CATALOG.keys - asked if not key.startswith(SAID_BY_CODE)}
    assert not unasked, "nobody says these"


def test_templates_hold_no_text_of_their_own() -> None:
    for name, source in SOURCES.items():
        if name.endswith(".html"):
            assert not CHINESE.search(source), name


@pytest.mark.parametrize("enum", [Decline, WalletDecline])
def test_every_decline_has_words(enum: Any) -> None:
    assert {f"said.{member.value}" for member in enum} <= CATALOG.keys


def test_every_scan_that_is_refused_has_words() -> None:
    assert {f"said.scan_{member.value}" for member in ScanRefusal} <= CATALOG.keys


def test_every_movement_of_a_balance_has_a_word() -> None:
    later = {"send", "fund"}  # red packets and the fund
    for code in TransferCode:
        if AccountKind.CUST in {code.debit, code.credit} and (code.flow not in later or code.name == "SEND"):
            assert CATALOG.has(f"entry.{code.name.lower()}"), code


def test_goods_are_named_in_both_languages() -> None:
    for good in GOODS:
        assert CHINESE.search(good.names.zh)
        assert not CHINESE.search(good.names.en + good.about.en)
