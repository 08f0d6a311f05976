"""What pages say stands in both languages, with the same facts, and nothing is said that is not asked for."""

import re
import string
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from milletpay.apps.web.catalog import load_catalog
from milletpay.apps.web.goods import GOODS
from milletpay.bootstrap import DEMO_BANK
from milletpay.codes import ScanRefusal
from milletpay.ledger.chart import AccountKind, TransferCode
from milletpay.money import Language
from milletpay.payments import Decline
from milletpay.wallets import WalletDecline

WEB = files("milletpay.apps.web")
WRITTEN: dict[str, dict[str, dict[str, str | dict[str, str]]]] = tomllib.loads(
    WEB.joinpath("catalog.toml").read_text("utf-8")
)
CATALOG = load_catalog()
SOURCES = {
    one.name: one.read_text("utf-8")
    for folder in (WEB, WEB.joinpath("templates"))
    for one in folder.iterdir()
    if one.name.endswith((".py", ".html"))
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAID_BY_CODE = (
    "entry.",
    "category.",
    "bank.",
    "problem.",
    "said.",
    "movement.top_up_",
    "movement.withdrawal_",
)
"""Texts whose keys are put together from a word of the business."""


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def forms_of(text: str | dict[str, str]) -> list[str]:
    """A text, or what it is for one thing and for several."""
    if isinstance(text, str):
        return [text]
    assert set(text) == {"one", "other"}
    assert text["one"] != text["other"]
    assert all("count" in facts_of(form) for form in text.values())
    return list(text.values())


@pytest.mark.parametrize("section", WRITTEN)
def test_both_languages_have_every_text(section: str) -> None:
    for name, both in WRITTEN[section].items():
        key = f"{section}.{name}"
        assert set(both) == {language.value for language in Language}, key
        forms = {language: forms_of(text) for language, text in both.items()}
        assert all(form.strip() == form and form for some in forms.values() for form in some), key
        assert len({frozenset(facts_of(form)) for some in forms.values() for form in some}) == 1, key
        if key != "frame.other_language":
            assert not any(CHINESE.search(form) for form in forms["en"]), key


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = set()
    for source in SOURCES.values():
        asked |= set(re.findall(r"""\b(?:t|say)\(\s*["']([a-z_]+\.[a-z_0-9]+)["']""", source))
    assert len(asked) > 100
    assert asked <= CATALOG.keys
    unasked = {key for key in CATALOG.keys - asked if not key.startswith(SAID_BY_CODE)}
    assert not unasked, "nobody says these"


@pytest.mark.parametrize(
    ("count", "en", "zh"),
    [
        (0, "for 0 days", "0 天"),
        (1, "for 1 day", "1 天"),
        (2, "for 2 days", "2 天"),
        (31, "for 31 days", "31 天"),
    ],
)
def test_one_of_a_thing_is_said_otherwise_than_several(count: int, en: str, zh: str) -> None:
    assert CATALOG.say("tv.days", Language.EN, count=count) == en
    assert CATALOG.say("tv.days", Language.ZH, count=count) == zh


PLURAL = re.compile(r"\{(count|[a-z]+s)\} [a-z]+s\b")


def test_no_text_says_1_days() -> None:
    for section, texts in WRITTEN.items():
        for name, both in texts.items():
            if isinstance(both["en"], str):
                assert not PLURAL.search(both["en"]), f"{section}.{name} has no form for one"


def test_the_bank_of_the_demo_has_a_name_in_both_languages() -> None:
    assert CHINESE.search(CATALOG.say(f"bank.{DEMO_BANK.code}", Language.ZH))
    assert CATALOG.say(f"bank.{DEMO_BANK.code}", Language.EN).lower() == DEMO_BANK.code


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
