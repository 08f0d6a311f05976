"""What pages say, in both languages: one file in which each text stands in both, side by side."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, TypeAlias

from milletpay.merchants import Names
from milletpay.money import Language

TAGS: Final[Mapping[Language, str]] = {Language.ZH: "zh-CN", Language.EN: "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A text that has another form when its fact `count` is one."""

    one: str
    other: str

    def __iter__(self) -> Iterator[str]:
        """Its forms."""
        yield from (self.one, self.other)


Text: TypeAlias = str | Counted


class Catalog:
    """The texts, by keys such as `cashier.title`."""

    def __init__(self, texts: Mapping[str, Mapping[Language, Text]]) -> None:
        self._texts = texts

    @property
    def keys(self) -> frozenset[str]:
        """All keys."""
        return frozenset(self._texts)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def say(self, key: str, language: Language, /, **facts: object) -> str:
        """A text with its facts put in; the form of a counted one follows from its fact `count`."""
        text = self._texts[key][language]
        if isinstance(text, Counted):
            text = text.one if facts["count"] == 1 else text.other
        return text.format(**facts) if facts else text


def load_catalog() -> Catalog:
    """Read the file that comes with the pages."""
    sections = tomllib.loads(files(__package__).joinpath("catalog.toml").read_text("utf-8"))
    return Catalog(
        {
            f"{section}.{name}": {language: _text(both, language) for language in Language}
            for section, texts in sections.items()
            for name, both in texts.items()
        }
    )


def named(names: Names, language: Language) -> str:
    """What something is called in a language."""
    return names.zh if language is Language.ZH else names.en


def _text(both: Mapping[str, Any], language: Language) -> Text:
    text = both[language.value]
    if isinstance(text, Mapping):
        return Counted(**text)
    assert isinstance(text, str)
    return text
