"""Options that commands share, and how they speak."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from milletpay.plumbing.settings import Settings, default_data


def database_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data`, `--database-url` and `--app-database-url`, as its argument `settings`."""

    @click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="MILLET_DATA",
        show_default="in your home, or below /var/lib/milletpay for root",
        show_envvar=True,
        help="Directory of the books, with a PostgreSQL of its own.",
    )
    @click.option(
        "--database-url",
        envvar="MILLET_DATABASE_URL",
        show_envvar=True,
        help="Use this server instead (PostgreSQL 15 or newer), by the URL of the database's owner.",
    )
    @click.option(
        "--app-database-url",
        envvar="MILLET_APP_DATABASE_URL",
        show_envvar=True,
        help="Login of the application, where the owner may not create one.",
    )
    @functools.wraps(command)
    def with_settings(
        *, data: Path | None, database_url: str | None, app_database_url: str | None, **others: object
    ) -> object:
        if app_database_url is not None and database_url is None:
            raise click.UsageError("--app-database-url goes with --database-url, the URL of the owner.")
        try:
            data = data or default_data(os.environ)
        except RuntimeError as error:
            raise click.UsageError(
                "Your user has no home directory: name a directory with --data."
            ) from error
        settings = Settings(data=data, database_url=database_url, app_database_url=app_database_url)
        return command(settings=settings, **others)

    return with_settings


def say(text: str) -> None:
    """Tell the person who waits; on standard error, so that output stays what the command is for."""
    click.echo(text, err=True)
