"""Logs: lines for people in a terminal, JSON lines for machines, and no secret in either.

Write `log = logging.getLogger(__name__)` and `log.info("what happened", extra={"payment": ...})`.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final, TextIO

HIDDEN: Final = "***"
SECRET_TEXT: Final = re.compile(
    r"(?P<url>://[^\s:/@]*:)[^\s@]+(?=@)"
    r"|(?P<bearer>\b(?:Bearer|Basic) )\S+"
    r"|(?P<key>\b(?:sk|rk|whsec)_)[A-Za-z0-9_+/=-]+"
    r"|(?P<pair>\b(?:password|passwd|secret|token|pin)['\"]?\s*[=:]\s*['\"]?)[^\s'\",&]+",
    re.IGNORECASE,
)
SECRET_FIELD: Final = re.compile(
    r"password|passwd|secret|token|authorization|\bpin\b|api_key|url", re.IGNORECASE
)
OF_LIBRARIES: Final = {"message", "asctime", "taskName", "color_message"}
ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | OF_LIBRARIES


class Style(Enum):
    """How log lines are written."""

    CONSOLE = auto()
    JSON = auto()


def start_logging(
    *, style: Style | None = None, stream: TextIO = sys.stderr, level: int = logging.INFO
) -> None:
    """Send all logs to `stream`; without a style, for people if it is a terminal, else as JSON."""
    if style is None:
        style = Style.CONSOLE if stream.isatty() else Style.JSON
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if style is Style.JSON else ConsoleLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def redact(text: str) -> str:
    """Hide what looks like a secret: passwords in URLs, bearer tokens, secret keys, `password=...`."""
    return SECRET_TEXT.sub(_hide, text)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the record's own fields, error."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; its secrets are hidden."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_fields(record),
        }
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class ConsoleLines(logging.Formatter):
    """Time, level, message and fields in one line, an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; its secrets are hidden."""
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname.lower():7} {redact(record.getMessage())}{fields}"
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return line


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: HIDDEN if SECRET_FIELD.search(name) else _plain(value)
        for name, value in vars(record).items()
        if name not in ORDINARY
    }


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else redact(str(value))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hide(match: re.Match[str]) -> str:
    return next(group for group in match.groups() if group is not None) + HIDDEN
