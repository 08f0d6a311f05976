"""What the handlers of payments, refunds and agreements share: who asks for what, and whose it is."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol, Self, TypeVar

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import REPLAYED
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.shapes import Output
from milletpay.merchants import STORE_ID, StoreId, TerminalId
from milletpay.money import Currency, Money, UnknownCurrency
from milletpay.payments import PAYMENT_ID, Agreement, Payment, PaymentId, Refund, Refused
from milletpay.payments import Request as PaymentRequest
from milletpay.plumbing.answers import hash_of_body
from milletpay.plumbing.ids import NotAnId

SECRET: Final = frozenset({"secret_key", "restricted_key"})
"""Credentials that act for a merchant."""

TILL: Final = frozenset({"terminal_key"})
"""What tills show."""

SELLING: Final = SECRET | TILL
"""Credentials that sell: for all of a merchant, or at one terminal."""


def money_of(amount: int, currency: str) -> Money:
    """The amount that is asked for; refused when its currency is none."""
    try:
        return Money(amount, Currency.of(currency))
    except UnknownCurrency as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="currency") from error


def made_by(request: Request, reference: str) -> PaymentRequest:
    """What makes this request known again, by its key and by the merchant's reference."""
    # The body's alone, and plain, for what a merchant asks holds no secret: under another key the reference
    # and the body tell that it is the same request.
    body_hash = hash_of_body(request.raw)
    return PaymentRequest(key_hash=request.key_hash, body_hash=body_hash, reference=reference)


def payment_id_of(text: str) -> PaymentId:
    """The id in a body's field `payment`; refused when it is none."""
    try:
        return PAYMENT_ID.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="payment") from error


def store_id_of(text: str) -> StoreId:
    """The id in a body's field `store`; refused when it is none."""
    try:
        return STORE_ID.read(text)
    except NotAnId as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"{error}.", param="store") from error


def store_of(request: Request) -> StoreId | None:
    """The store beyond which nothing is the caller's business; None for who acts for all of a merchant."""
    place = request.principal.place
    return None if place is None else StoreId(place.store)


def terminal_of(request: Request) -> TerminalId | None:
    """The terminal that asks, if one does."""
    place = request.principal.place
    return None if place is None else TerminalId(place.terminal)


def see_reference(request: Request, reference: str) -> None:
    """See that a terminal names things as its own: no other's can be taken, or reversed before it is made."""
    place = request.principal.place
    if place is not None and not reference.startswith(place.references):
        detail = f"What this terminal makes has a reference that begins with {place.references!r}."
        raise Refuse(EdgeRefusal.INVALID_FIELD, detail, param="reference")


def owns(request: Request, found: Payment | Refund | Agreement) -> bool:
    """Whether an object is the caller's, in the caller's mode, and in the store of a terminal that asks."""
    if (found.merchant, found.mode) != (request.principal.owner, request.principal.mode):
        return False
    store = store_of(request)
    return store is None or (isinstance(found, Payment) and found.store == store)


def nothing(kind: str, id: str) -> Refuse:
    """Make the refusal of an id that names nothing of the caller's."""
    return Refuse(EdgeRefusal.NOT_FOUND, f"You have no {kind} {id}.")


def refuse(refused: Refused) -> Refuse:
    """Make the refusal of the edge from the domain's."""
    return Refuse(refused.refusal, refused.detail, param=refused.param, object=refused.object)


class Remade(Protocol):
    """What merchants make under a key and a reference."""

    @property
    def request(self) -> PaymentRequest:
        """The request that made it."""

    def as_made(self) -> Self:
        """It as that request was answered, whatever has become of it."""


MadeObject = TypeVar("MadeObject", bound=Remade)


def answer_made(
    made: MadeObject, *, show: Callable[[MadeObject], Output], is_new: bool, request: Request
) -> Answer:
    """Answer a request that makes an object: as it was under its key, as it is if only its name is known."""
    if is_new:
        return Answer(status=HTTPStatus.CREATED, content=show(made))
    key = made.request.key_hash
    if key and request.key_hash == key:
        return Answer(status=HTTPStatus.CREATED, content=show(made.as_made()), headers=REPLAYED)
    return Answer(status=HTTPStatus.OK, content=show(made))
