"""`millet qr show`: what stands in a code, as JSON. Needs no database."""

import json
import sys
from typing import Any, Final

import click

from milletpay.codes import PAYLOAD, BadPayload, LinkKind, Template, Value, claimed_by, read_payload
from milletpay.plumbing.ids import IdForm, Prefix

PREFIXES: Final = {
    LinkKind.PAYMENT: Prefix.PAYMENT,
    LinkKind.AGREEMENT: Prefix.AGREEMENT,
    LinkKind.PLATE: Prefix.PLATE,
}
REFUSED_STATUS: Final = 1


@click.group()
def qr() -> None:
    """Look into codes."""


@qr.command()
@click.argument("payload")
def show(*, payload: str) -> None:
    """Print what stands in a scanned code as JSON: a link of ours, or the fields of an EMVCo payload.

    What is no such code is refused as JSON too, with the tag at fault, and the exit status is 1. Whether a
    token was made by us is not checked: that takes the key of the house.
    """
    link = claimed_by(payload)
    ours = None
    if link is not None:
        id = IdForm(PREFIXES[link.kind], int).write(link.object)
        ours = {"kind": link.kind.name.lower(), "object": id}
    if ours is not None and "://" in payload:
        _say({"format": "link", "ours": ours})
        return
    try:
        read = read_payload(payload)
    except BadPayload as bad:
        _say({"refused": bad.refusal.value, "tag": bad.tag, "reason": str(bad)})
        sys.exit(REFUSED_STATUS)
    fields = [_field(value, PAYLOAD, path="") for value in read.values]
    _say({"format": "emv", "ours": ours, "fields": fields})


def _field(value: Value, place: Template, *, path: str) -> dict[str, Any]:
    known = place.fields[value.tag]
    here = f"{path}.{value.tag}" if path else value.tag
    shown: dict[str, Any] = {"tag": here, "name": known.name}
    if known.template is None:
        return shown | {"value": value.text}
    return shown | {"fields": [_field(part, known.template, path=here) for part in value.parts]}


def _say(shown: dict[str, Any]) -> None:
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
