"""From bytes to objects: bodies in JSON or of forms, and query strings, all by the types that describe them.

A body is JSON whatever its `Content-Type` says. Beyond what msgspec refuses (syntax, types, unknown and
missing fields, bounds), a field that is there twice is refused, as readers would not agree on which one
counts. So are NUL, which a database cannot keep, and the characters that turn the direction of what follows
(UAX 9, explicit formatting), by which a name could have a page say what it does not.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

import msgspec

from milletpay.apps.http.multipart import NotMultipart, read_multipart
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.shapes import Input

FIELDS_MAX: Final = 200
STRANGE: Final = re.compile("[\0\u202a-\u202e\u2066-\u2069]")
PERHAPS_STRANGE: Final = re.compile(rb"\\|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""In JSON: an escape, which may stand for one of them, or one that turns the direction."""
PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$\.?(?P<place>.*)`)?$", re.DOTALL)
MISSING: Final = re.compile(r"Object missing required field `(?P<field>.*)`")
UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)

Read = Callable[[bytes], Input]


def json_reader(of: type[Input]) -> Read:
    """Make what reads a body in JSON; an empty body is read as `{}` where that says enough."""
    decode = msgspec.json.Decoder(of).decode
    try:
        empty: Input | None = decode(b"{}")
    except msgspec.ValidationError:
        empty = None

    def read(body: bytes) -> Input:
        if not body and empty is not None:
            return empty
        try:
            found = decode(body)
        except msgspec.ValidationError as error:
            _refuse_field(error)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refuse(EdgeRefusal.MALFORMED_BODY, f"The body is not JSON: {_said(error)}") from error
        if PERHAPS_STRANGE.search(body) or _has_a_name_twice(body):
            _look_closely(body)
        return found

    return read


def _has_a_name_twice(body: bytes) -> bool:
    """Whether JSON without escapes has two names that are the same, in one object or in two."""
    parts = body.split(b'"')
    # Between quotes stand strings; those that a colon follows are names.
    names = [name for name, after in zip(parts[1::2], parts[2::2], strict=True) if after.lstrip()[:1] == b":"]
    return len(names) != len(set(names))


def form_reader(of: type[Input]) -> Read:
    """Make what reads the body of a form. A list may come several times, as boxes that are ticked do."""
    described = msgspec.inspect.type_info(of)
    assert isinstance(described, msgspec.inspect.StructType), "a form has fields"
    lists = {one.encode_name for one in described.fields if isinstance(one.type, msgspec.inspect.ListType)}

    def read(body: bytes) -> Input:
        fields: dict[str, Any] = {}
        for name, value in _pairs(body):
            if name in lists:
                _check_text(name, value)
                fields.setdefault(name, []).append(value)
            else:
                _keep(fields, name, value)
        return _convert(fields, of)

    return read


def query_reader(of: type[Input]) -> Read:
    """Make what reads a query string; numbers and truth are read from text here."""

    def read(query: bytes) -> Input:
        fields: dict[str, str | bytes] = {}
        for name, value in _pairs(query):
            _keep(fields, name, value)
        return _convert(fields, of)

    return read


def multipart_reader(of: type[Input]) -> Read:
    """Make what reads the body of a form with files."""

    def read(body: bytes) -> Input:
        try:
            parts = read_multipart(body)
        except NotMultipart as error:
            raise Refuse(
                EdgeRefusal.MALFORMED_BODY, f"The body is not a form with files: {error}."
            ) from error
        fields: dict[str, str | bytes] = {}
        for part in parts:
            content = part.content
            _keep(fields, part.name, content if part.is_file else content.decode("utf-8", "replace"))
        return _convert(fields, of)

    return read


def _keep(fields: dict[str, Any], name: str, value: str | bytes) -> None:
    if name in fields:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{name:.60} is there twice.", param=name)
    _check_text(name, value)
    fields[name] = value


def _check_text(name: str, value: str | bytes) -> None:
    for text in (name, value):
        if isinstance(text, str):
            _refuse_strange(text, name=name)


def _convert(fields: Mapping[str, Any], of: type[Input]) -> Input:
    try:
        return msgspec.convert(fields, of, strict=False)
    except msgspec.ValidationError as error:
        _refuse_field(error)


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(query),
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"The parameters cannot be read: {_said(error)}") from error


def _refuse_field(error: msgspec.ValidationError) -> NoReturn:
    found = PLACE.match(str(error))
    assert found, "every text matches"
    what, place = found["what"], found["place"] or ""
    if found["key"]:
        what = f"a name: {what}"
    for pattern, refusal, words in (
        (UNKNOWN, EdgeRefusal.UNKNOWN_FIELD, "is not known here"),
        (MISSING, EdgeRefusal.MISSING_FIELD, "is missing"),
    ):
        if names := pattern.match(what):
            param = f"{place}.{names['field']}".lstrip(".")[:200]
            raise Refuse(refusal, f"{param} {words}.", param=param) from error
    where = f"{place}: " if place else ""
    raise Refuse(EdgeRefusal.INVALID_FIELD, f"{where}{what}.", param=place or None) from error


def _look_closely(body: bytes) -> None:
    """Read the body once more, slowly, for what msgspec passes over."""
    json.loads(body, object_pairs_hook=_each_once, parse_constant=_refuse_text)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refuse(EdgeRefusal.MALFORMED_BODY, f"{name:.60} is there twice.", param=name[:60])
        for text in (name, *(value if isinstance(value, list) else (value,))):
            if isinstance(text, str):
                _refuse_strange(text, name=name)
        found[name] = value
    return found


def _refuse_strange(text: str, *, name: str) -> None:
    found = STRANGE.search(text)
    if found is not None:
        what = "NUL" if found[0] == "\0" else f"U+{ord(found[0]):04X}, which turns the direction of text,"
        shown = STRANGE.sub("", name)[:60]
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{shown}: the character {what} cannot be sent.", param=shown)


def _refuse_text(text: str) -> NoReturn:
    raise Refuse(EdgeRefusal.MALFORMED_BODY, f"The body is not JSON: {text} is no number.")


def _said(error: Exception) -> str:
    words = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return words.removeprefix("JSON is malformed: ").rstrip(".")[:200] + "."
