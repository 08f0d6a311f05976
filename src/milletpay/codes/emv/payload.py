"""Payloads: written, and read again or refused with the tag named.

What is read is checked as a whole, and the refusal that comes first in the order of `EmvRefusal` is given.
What is written is read again before it is given out, so nothing is printed that we ourselves would refuse.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto, unique
from typing import Final

from milletpay.codes.emv.checksum import checksum
from milletpay.codes.emv.fields import ACCOUNTS, PAYLOAD, Field, Template
from milletpay.money import Currency, UnknownCurrency

BYTES_MAX: Final = 512
"""Of UTF-8: 512 alphanumeric characters, and fewer of those that need several bytes."""

FIRST: Final = "00"
LAST: Final = "63"
CHECKSUM_HEAD: Final = "6304"
_TWO_DIGITS: Final = re.compile("[0-9]{2}")


@unique
class EmvRefusal(StrEnum):
    """Why a payload is refused, in order of precedence."""

    EMPTY = auto()
    """There is nothing in it."""
    NOT_TEXT = auto()
    """A character of it cannot be written in UTF-8."""
    TOO_LONG = auto()
    """More than the specification lets a code hold."""
    NOT_A_TAG = auto()
    """Two digits should stand where something else does."""
    NOT_A_LENGTH = auto()
    """A field's length is not two digits, or is 00."""
    CUT_SHORT = auto()
    """A field is longer than what is left."""
    WRONG_PLACE = auto()
    """00 is not the first, or 63 not the last."""
    WRONG_CHECKSUM = auto()
    """A character was changed, lost or added."""
    REPEATED = auto()
    """A tag stands twice in one place."""
    MISSING = auto()
    """A tag that must be there is not."""
    UNKNOWN_TAG = auto()
    """The specification has no such tag in this place."""
    WRONG_LENGTH = auto()
    """Shorter or longer than the tag's values are."""
    WRONG_CHARACTERS = auto()
    """Characters that the tag's values do not have."""
    WRONG_VALUE = auto()
    """None of the tag's values."""
    WRONG_COMPANY = auto()
    """It says something only beside another tag that is not there, or cannot stand beside one that is."""


_ORDER: Final = {refusal: number for number, refusal in enumerate(EmvRefusal)}


class BadPayload(Exception):
    """What was read is no payload; `tag` is the path to the field, such as 62.07, the text is for people."""

    def __init__(self, refusal: EmvRefusal, *, tag: str, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.tag = tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One field of a payload: a text, or the fields of a template."""

    tag: str
    text: str = ""
    """As it stands, for a template too."""
    parts: tuple["Value", ...] = field(default=())

    @classmethod
    def template(cls, tag: str, *, parts: Sequence["Value"]) -> "Value":
        """A field that holds fields."""
        return cls(tag=tag, text="".join(map(_written, parts)), parts=tuple(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What was read: the fields in their order, the checksum among them."""

    values: tuple[Value, ...]

    def find(self, path: str) -> str | None:
        """The text at a path, `59` or `62.07`; None where there is none."""
        values, found = self.values, None
        for tag in path.split("."):
            found = next((value for value in values if value.tag == tag), None)
            if found is None:
                return None
            values = found.parts
        return None if found is None else found.text


def write_payload(values: Sequence[Value]) -> str:
    """The payload of these fields, in their order, with its checksum added.

    :raises BadPayload: when it would be one that we refuse
    """
    for value in values:
        if len(value.text) > 99:
            raise BadPayload(
                EmvRefusal.WRONG_LENGTH, tag=value.tag, detail=f"{value.tag} has more than 99 characters."
            )
    body = "".join(map(_written, values)) + CHECKSUM_HEAD
    _check_text(body)
    payload = body + checksum(body)
    read_payload(payload)
    return payload


def read_payload(text: str) -> Payload:
    """What a payload says.

    :raises BadPayload: with the first refusal, the path of the tag, and what is wrong with it
    """
    _check_text(text)
    values = tuple(_split(text, path=""))
    read: list[Value] = []
    problems: list[BadPayload] = []
    for value in values:
        known = PAYLOAD.fields[value.tag]
        read.append(_with_parts(value, known, path=value.tag, problems=problems))
    problems += _problems_of_whole(read, text)
    problems += _problems_in(read, PAYLOAD, path="")
    problems += _problems_of_company({value.tag: value.text for value in read})
    if problems:
        raise min(problems, key=lambda problem: _ORDER[problem.refusal])
    return Payload(values=tuple(read))


def _written(value: Value) -> str:
    return f"{value.tag}{len(value.text):02d}{value.text}"


def _check_text(text: str) -> None:
    if not text:
        raise BadPayload(EmvRefusal.EMPTY, tag=FIRST, detail="There is nothing in this code.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        detail = f"Character {error.start + 1} is no character of Unicode text."
        raise BadPayload(EmvRefusal.NOT_TEXT, tag=FIRST, detail=detail) from error
    if size > BYTES_MAX:
        detail = f"{size} bytes are more than a code may hold ({BYTES_MAX})."
        raise BadPayload(EmvRefusal.TOO_LONG, tag=FIRST, detail=detail)


def _split(text: str, *, path: str) -> Iterator[Value]:
    """The fields that stand one after another in a text; lengths are in characters."""
    at = 0
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        here = _below(path, tag)
        if not _TWO_DIGITS.fullmatch(tag):
            detail = f"A tag of two digits should stand where {tag!r} does, {_inside(path)}."
            raise BadPayload(EmvRefusal.NOT_A_TAG, tag=here, detail=detail)
        if not _TWO_DIGITS.fullmatch(length) or length == "00":
            detail = f"The length of {here} should be 01 to 99, not {length!r}."
            raise BadPayload(EmvRefusal.NOT_A_LENGTH, tag=here, detail=detail)
        value = text[at + 4 : at + 4 + int(length)]
        if len(value) < int(length):
            detail = f"{here} should have {int(length)} characters, and only {len(value)} are left."
            raise BadPayload(EmvRefusal.CUT_SHORT, tag=here, detail=detail)
        yield Value(tag=tag, text=value)
        at += 4 + int(length)


def _with_parts(value: Value, known: Field, *, path: str, problems: list[BadPayload]) -> Value:
    """The field with what is in it, when it is a template."""
    if known.template is None:
        return value
    parts: list[Value] = []
    try:
        for part in _split(value.text, path=path):
            inside = known.template.fields.get(part.tag)
            below = _below(path, part.tag)
            parts.append(part if inside is None else _with_parts(part, inside, path=below, problems=problems))
    except BadPayload as problem:
        problems.append(problem)
        return value
    return Value(tag=value.tag, text=value.text, parts=tuple(parts))


def _problems_of_whole(values: Sequence[Value], text: str) -> Iterator[BadPayload]:
    """What only the whole can have wrong: the places of the first and last field, and the checksum."""
    tags = [value.tag for value in values]
    if FIRST in tags and tags[0] != FIRST:
        yield BadPayload(EmvRefusal.WRONG_PLACE, tag=FIRST, detail=f"{FIRST} must be the first field.")
    if LAST in tags and tags[-1] != LAST:
        yield BadPayload(EmvRefusal.WRONG_PLACE, tag=LAST, detail=f"{LAST} must be the last field.")
    if tags[-1] == LAST and len(values[-1].text) == 4:
        right = checksum(text[:-4])
        if values[-1].text != right:
            detail = f"The checksum is {values[-1].text!r} and should be {right}: the code was changed."
            yield BadPayload(EmvRefusal.WRONG_CHECKSUM, tag=LAST, detail=detail)
    if not ACCOUNTS.intersection(tags):
        detail = "No payee is named: there is none of 02 to 51."
        yield BadPayload(EmvRefusal.MISSING, tag="02", detail=detail)


def _problems_in(values: Sequence[Value], template: Template, *, path: str) -> Iterator[BadPayload]:
    """What is wrong in one place, and in the templates below it."""
    seen: set[str] = set()
    for value in values:
        here = _below(path, value.tag)
        if value.tag in seen:
            yield BadPayload(EmvRefusal.REPEATED, tag=here, detail=f"{here} stands twice.")
        seen.add(value.tag)
        known = template.fields.get(value.tag)
        if known is None:
            yield BadPayload(EmvRefusal.UNKNOWN_TAG, tag=here, detail=f"There is no tag {here}.")
            continue
        if known.template is not None and value.parts:
            yield from _problems_in(value.parts, known.template, path=here)
        else:
            yield from _problems_of_value(value, known, here=here)
    for tag in template.required:
        if tag not in seen:
            here = _below(path, tag)
            name = template.fields[tag].name
            yield BadPayload(EmvRefusal.MISSING, tag=here, detail=f"{here} ({name}) must be there.")


def _problems_of_value(value: Value, known: Field, *, here: str) -> Iterator[BadPayload]:
    text = value.text
    if not known.shortest <= len(text) <= known.longest:
        allowed = f"{known.shortest} to {known.longest}"
        if known.shortest == known.longest:
            allowed = str(known.longest)
        detail = f"{here} ({known.name}) has {len(text)} characters; it should have {allowed}."
        yield BadPayload(EmvRefusal.WRONG_LENGTH, tag=here, detail=detail)
    elif not known.characters.value.fullmatch(text):
        detail = f"{here} ({known.name}) has characters that it may not have: {text!r}."
        yield BadPayload(EmvRefusal.WRONG_CHARACTERS, tag=here, detail=detail)
    elif not known.shape.fullmatch(text):
        detail = f"{here} ({known.name}) cannot be {text!r}."
        yield BadPayload(EmvRefusal.WRONG_VALUE, tag=here, detail=detail)


def _problems_of_company(texts: Mapping[str, str]) -> Iterator[BadPayload]:
    """Fields that depend on others: decimals on the currency, the fee on what kind it is."""
    amounts = [tag for tag in ("54", "56") if tag in texts]
    if amounts and "53" in texts:
        places = _places_of(texts["53"])
        for tag in amounts:
            if places is not None and len(texts[tag].partition(".")[2]) > places:
                detail = f"{tag} has more decimal places than its currency, which has {places}."
                yield BadPayload(EmvRefusal.WRONG_COMPANY, tag=tag, detail=detail)
    kind = texts.get("55")
    for tag, needed in (("56", "02"), ("57", "03")):
        if (tag in texts) is not (kind == needed):
            detail = f"{tag} must be there when 55 is {needed}, and only then."
            yield BadPayload(EmvRefusal.WRONG_COMPANY, tag=tag, detail=detail)


def _places_of(number: str) -> int | None:
    """The decimal places of a currency, None for one that we do not know."""
    try:
        return Currency.numbered(int(number)).exponent
    except (UnknownCurrency, ValueError):
        return None


def _below(path: str, tag: str) -> str:
    return f"{path}.{tag}" if path else tag


def _inside(path: str) -> str:
    return f"in {path}" if path else "in the code"
