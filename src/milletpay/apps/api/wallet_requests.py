"""What the handlers of the wallet share: who asks, the PIN, refusals and how objects are shown."""

from typing import Any, Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.wallet_shapes import CardShape, SendShape, TopUpShape, WithdrawalShape
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import kept_answer
from milletpay.apps.http.refusals import Refuse
from milletpay.apps.http.request import Request
from milletpay.customers import CUSTOMER_ID, Customer, CustomerId, find_customer
from milletpay.identity import SecretRefusal, SecretRefused
from milletpay.ledger.chart import Mode
from milletpay.money import Currency
from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import IdForm
from milletpay.wallets import (
    CARD_ID,
    SEND_ID,
    TOP_UP_ID,
    WITHDRAWAL_ID,
    Card,
    Send,
    TopUp,
    WalletRefused,
    Withdrawal,
)

CUSTOMER: Final = frozenset({"customer_session"})
CURRENCY: Final = Currency.CNY
"""What wallets hold."""


async def owner_of(api: Api, request: Request) -> Customer:
    """The customer who asks."""
    async with api.database.connection() as connection:
        found = await find_customer(connection, id=CustomerId(request.principal.owner))
    assert found is not None, "a session has its customer"
    return found


async def check_pin_once(api: Api, request: Request, pin: str) -> Answer | None:
    """Go on when it is the customer's PIN; refused else. A retry is answered, whatever the PIN is by now."""
    again = await kept_answer(api.database, request=request)
    if again is None:
        await check_pin(api, request, pin)
    return again


async def check_pin(api: Api, request: Request, pin: str) -> None:
    """Go on when it is the customer's PIN; refused else."""
    now = api.clock.now_ns()
    checked = await api.pins.check(pin, customer=request.principal.owner, now=now)
    if isinstance(checked, SecretRefused):
        raise refuse_secret(checked, param="pin", now=now)


def refuse_secret(refused: SecretRefused, *, param: str, now: int) -> Refuse:
    """Make the refusal of a code or PIN."""
    wait = max(1, -(-(refused.until - now) // SECOND)) if refused.until else 0
    headers = ((b"retry-after", b"%d" % wait),) if wait else ()
    said = "That is not right." if refused.refusal is SecretRefusal.WRONG else "There were too many tries."
    more = f" Try again in {wait} s." if wait else ""
    return Refuse(refused.refusal, said + more, param=param, headers=headers)


def refuse_wallet(refused: WalletRefused, form: "IdForm[Any]") -> Refuse:
    """Make the refusal of the edge from the wallet's; `form` writes the id of what stands in the way."""
    stands = form.write(refused.object) if refused.object else None
    detail = refused.detail[:1].upper() + refused.detail[1:] + "."
    return Refuse(refused.refusal, detail, object=stands)


def show_card(card: Card) -> CardShape:
    """A card."""
    return CardShape(
        id=CARD_ID.write(card.id),
        created_at=rfc3339(card.bound_at),
        livemode=card.bank.mode is Mode.LIVE,
        bank=card.bank.code,
        masked=card.masked,
        is_bound=not card.removed_at,
    )


def show_top_up(top_up: TopUp) -> TopUpShape:
    """A top-up."""
    return TopUpShape(
        id=TOP_UP_ID.write(top_up.id),
        created_at=rfc3339(top_up.created_at),
        livemode=top_up.bank.mode is Mode.LIVE,
        status=top_up.status,
        amount=top_up.amount.minor,
        currency=top_up.amount.currency.code,
        card=CARD_ID.write(top_up.card),
        reference=top_up.reference or None,
        decline_code=top_up.decline,
        bank_reason=top_up.reason,
    )


def show_withdrawal(withdrawal: Withdrawal) -> WithdrawalShape:
    """A withdrawal."""
    return WithdrawalShape(
        id=WITHDRAWAL_ID.write(withdrawal.id),
        created_at=rfc3339(withdrawal.created_at),
        livemode=withdrawal.bank.mode is Mode.LIVE,
        status=withdrawal.status,
        amount=withdrawal.amount.minor,
        fee=withdrawal.fee.minor,
        currency=withdrawal.amount.currency.code,
        card=CARD_ID.write(withdrawal.card),
        reference=withdrawal.reference or None,
        decline_code=withdrawal.decline,
        bank_reason=withdrawal.reason,
    )


def show_send(send: Send) -> SendShape:
    """A send."""
    return SendShape(
        id=SEND_ID.write(send.id),
        created_at=rfc3339(send.created_at),
        livemode=send.mode is Mode.LIVE,
        status=send.status,
        amount=send.amount.minor,
        currency=send.amount.currency.code,
        sender=CUSTOMER_ID.write(send.customer),
        recipient=CUSTOMER_ID.write(send.recipient),
        note=send.note or None,
        reference=send.reference or None,
        decline_code=send.decline,
    )
