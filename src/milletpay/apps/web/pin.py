"""The PIN in a form: asked for wherever money leaves, and the words when it was not taken."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from milletpay.apps.http.request import Request
from milletpay.apps.http.shapes import Input
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.pages import Pages, moment
from milletpay.customers import Customer
from milletpay.identity import PinChecked, SecretRefusal, SecretRefused
from milletpay.plumbing.clock import SECOND

Pin = Annotated[str, msgspec.Meta(max_length=64)]


class Said(Input, frozen=True, kw_only=True):
    """What a page was sent back with: a word for what happened, and until when it holds."""

    said: Annotated[str, msgspec.Meta(max_length=40)] = ""
    until: Annotated[int, msgspec.Meta(ge=0, le=10**11)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """A PIN that was not taken; `query` says so to the page that the browser is sent back to."""

    query: str


async def check_pin(backing: Backing, *, customer: Customer, pin: str) -> PinChecked | NotTaken:
    """See whether it is the customer's PIN."""
    checked = await backing.pins.check(pin, customer=customer.id, now=backing.clock.now_ns())
    if isinstance(checked, SecretRefused):
        return NotTaken(query=refused_query(checked, what="pin"))
    return checked


def refused_query(refused: SecretRefused, *, what: str) -> str:
    """The word and the time of a refusal, for the address of the page that says it."""
    locked = refused.refusal is SecretRefusal.LOCKED or refused.until
    return f"said={what}_locked&until={-(-refused.until // SECOND)}" if locked else f"said={what}_wrong"


def words_of(pages: Pages, request: Request, said: Said) -> str:
    """What a page says of it."""
    return pages.said(request, said.said, time=moment(said.until * SECOND))


def pin_hint(backing: Backing, pages: Pages, request: Request, person: Customer) -> str:
    """In a demo, which PIN somebody has; nothing otherwise."""
    people = backing.town.read().people
    pin = next((one.pin for one in people if one.phone == person.phone), None)
    return "" if pin is None else pages.catalog.say("pin.demo", pages.look(request).language, pin=pin)
