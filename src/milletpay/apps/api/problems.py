"""The table of problems of the API: the edge's own, and one block for each enum of refusals of a package.

A package's refusals get their rows here when its first route lands; the tests find enums that have none.
"""

from enum import Enum
from http import HTTPStatus
from typing import Final

from milletpay.apps.http.problems import (
    EDGE,
    EXCEPTIONS,
    IDEMPOTENCY_KEY_REUSED,
    INVALID_FIELD,
    NOT_FOUND,
    ProblemKind,
    Problems,
)
from milletpay.apps.http.refusals import EdgeRefusal
from milletpay.notifications import Refusal as WebhookRefusal
from milletpay.payments import Refusal as PaymentRefusal


def _conflict(code: str, title: str, advice: str) -> ProblemKind:
    return ProblemKind(status=HTTPStatus.CONFLICT, code=code, title=title, advice=advice)


PAYMENTS: Final[dict[Enum, ProblemKind]] = {
    PaymentRefusal.KEY_REUSED: IDEMPOTENCY_KEY_REUSED,
    PaymentRefusal.REFERENCE_USED: _conflict(
        "reference_used",
        "The reference is taken",
        "It names another object of yours, `object`. Choose another reference, or read that object.",
    ),
    PaymentRefusal.PAYMENT_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.AGREEMENT_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.MERCHANT_NOT_ACTIVE: _conflict(
        "merchant_not_active", "The merchant is not active", "Ask the operator of this platform."
    ),
    PaymentRefusal.NO_CONTRACT: _conflict(
        "no_contract", "No contract for this currency", "Ask the operator of this platform for one."
    ),
    PaymentRefusal.WRONG_STATE: _conflict(
        "wrong_state", "Not in this state", "Read the object; its `status` says what can be done with it."
    ),
    PaymentRefusal.NOTICE_TOO_SHORT: _conflict(
        "notice_too_short", "Announced too late", "Choose a later day: the agreement says how many ahead."
    ),
    PaymentRefusal.EXPIRED: _conflict("expired", "Its time is over", "Make a new payment."),
    PaymentRefusal.EXCEEDS_AUTHORIZED: _conflict(
        "exceeds_authorized",
        "More than is authorized",
        "Capture at most what is authorized and not captured.",
    ),
    PaymentRefusal.EXCEEDS_REFUNDABLE: _conflict(
        "exceeds_refundable",
        "More than can be refunded",
        "Refund at most what was captured and not refunded.",
    ),
    PaymentRefusal.TOO_LATE_TO_REVERSE: _conflict(
        "too_late_to_reverse", "Too late to reverse", "Refund the payment instead."
    ),
    PaymentRefusal.MERCHANT_LACKS_FUNDS: _conflict(
        "merchant_lacks_funds", "Your balance does not cover it", "Try again when more has been paid to you."
    ),
}

WEBHOOKS: Final[dict[Enum, ProblemKind]] = {
    WebhookRefusal.ENDPOINT_NOT_FOUND: NOT_FOUND,
    WebhookRefusal.EVENT_NOT_FOUND: NOT_FOUND,
    WebhookRefusal.WRONG_URL: INVALID_FIELD,
    WebhookRefusal.WRONG_KINDS: INVALID_FIELD,
    WebhookRefusal.WRONG_VERSION: INVALID_FIELD,
    WebhookRefusal.TOO_MANY: _conflict(
        "too_many", "As many as there may be", "Delete one that is not used any more, or wait until it ends."
    ),
    WebhookRefusal.NOT_ENABLED: _conflict(
        "not_enabled", "The endpoint is disabled", "Enable it first: nothing is sent there."
    ),
}

PROBLEMS: Final = Problems({EdgeRefusal: EDGE, PaymentRefusal: PAYMENTS, WebhookRefusal: WEBHOOKS}, exceptions=EXCEPTIONS)
