"""`millet iso8583`: look at the messages of terminals."""

import json
import sys

import click

from milletpay.terminals import FRAME_MAX, MessageRefused, show_message


@click.group()
def iso8583() -> None:
    """Look at the messages of terminals."""


@iso8583.command("show")
@click.option(
    "--hex", "digits", required=True, help="The message in hexadecimal digits; blanks do not count."
)
def show_command(*, digits: str) -> None:
    """Print a message as JSON, with its elements by name; or why it is none of ours, with status 1.

    It may begin with its length and address. What is secret in it is not shown, and no seal is checked.
    """
    try:
        shown = show_message(_bytes_of(digits))
    except MessageRefused as refused:
        click.echo(_as_json({"refused": {"field": refused.field, "detail": refused.detail}}))
        sys.exit(1)
    click.echo(_as_json(shown))


def _bytes_of(digits: str) -> bytes:
    if len(digits) > 8 * FRAME_MAX:
        raise MessageRefused("no message is so long", field="length")
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise MessageRefused("it is not written in hexadecimal digits", field="hex") from None


def _as_json(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False, indent=1)
