"""Where the books are: a data directory with the PostgreSQL that comes with MilletPay, or a server's URL."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DATA_OF_ROOT: Final = Path("/var/lib/milletpay/data")
DATA_OF_USER: Final = Path(".local/share/milletpay")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every command is told about the books.

    `database_url` is the owner's and takes the place of the embedded server; `app_database_url` names the
    application's login where the owner may not create one. URLs carry passwords: they are not shown.
    """

    data: Path
    database_url: str | None = field(default=None, repr=False)
    app_database_url: str | None = field(default=None, repr=False)


def default_data(environment: Mapping[str, str]) -> Path:
    """Choose where the data lives when nobody says: root's where the server's own user can reach it."""
    if os.geteuid() == 0:
        return DATA_OF_ROOT
    if environment.get("XDG_DATA_HOME"):
        return Path(environment["XDG_DATA_HOME"]) / "milletpay"
    return Path.home() / DATA_OF_USER
