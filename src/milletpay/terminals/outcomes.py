"""How what becomes of a payment is answered to a terminal. Pure."""

from typing import Final

from milletpay.payments.model import Decline, Payment, PaymentStatus, Refusal
from milletpay.terminals.messages.responses import ResponseCode

_C = ResponseCode

OF_DECLINES: Final[dict[Decline, ResponseCode]] = {
    Decline.REVERSED: _C.REVERSED_BEFORE,
    Decline.PAYMENT_CODE_INVALID: _C.INVALID_CODE,
    Decline.AGREEMENT_NOT_ACTIVE: _C.INVALID,
    Decline.CUSTOMER_NOT_ACTIVE: _C.RESTRICTED,
    Decline.DEVICE_NOT_ACTIVE: _C.RESTRICTED,
    Decline.NOT_ALLOWED_ON_DEVICE: _C.NOT_PERMITTED,
    Decline.NOT_ANNOUNCED: _C.INVALID,
    Decline.DECLINED_BY_CUSTOMER: _C.SAID_NO,
    Decline.EXCEEDS_CHARGE_LIMIT: _C.OVER_LIMIT,
    Decline.EXCEEDS_LIMIT: _C.OVER_LIMIT,
    Decline.EXCEEDS_STATIC_LIMIT: _C.OVER_LIMIT,
    Decline.EXCEEDS_DEVICE_LIMIT: _C.OVER_LIMIT,
    Decline.CARD_REMOVED: _C.INVALID,
    Decline.CARD_HOLDS_NOTHING: _C.INVALID,
    Decline.CONFIRMATION_NEEDED: _C.OVER_LIMIT,
    Decline.INSUFFICIENT_FUNDS: _C.TOO_LITTLE_MONEY,
    Decline.REFUSED_BY_BANK: _C.TOO_LITTLE_MONEY,
    Decline.NOT_KNOWN_TO_BANK: _C.BUSY,
}

OF_REFUSALS: Final[dict[Refusal, ResponseCode]] = {
    Refusal.KEY_REUSED: _C.USED_NUMBER,
    Refusal.REFERENCE_USED: _C.USED_NUMBER,
    Refusal.PAYMENT_NOT_FOUND: _C.NO_ORIGINAL,
    Refusal.PLATE_NOT_FOUND: _C.INVALID,
    Refusal.PLATE_REVOKED: _C.INVALID,
    Refusal.STORE_NOT_FOUND: _C.NOT_PERMITTED,
    Refusal.DEVICE_NOT_FOUND: _C.INVALID,
    Refusal.AGREEMENT_NOT_FOUND: _C.INVALID,
    Refusal.SOURCE_NOT_FOUND: _C.INVALID,
    Refusal.EXPIRES_IN_THE_PAST: _C.BUSY,
    Refusal.MERCHANT_NOT_ACTIVE: _C.NO_MERCHANT,
    Refusal.NO_CONTRACT: _C.NO_MERCHANT,
    Refusal.NOT_ALLOWED_ON_DEVICE: _C.NOT_PERMITTED,
    Refusal.WRONG_STATE: _C.INVALID,
    Refusal.NOTICE_TOO_SHORT: _C.INVALID,
    Refusal.NOTICE_TOO_LONG: _C.INVALID,
    Refusal.EXCEEDS_CHARGE_LIMIT: _C.OVER_LIMIT,
    Refusal.TOO_MANY_ANNOUNCED: _C.INVALID,
    Refusal.EXPIRED: _C.INVALID,
    Refusal.EXCEEDS_AUTHORIZED: _C.INVALID_AMOUNT,
    Refusal.EXCEEDS_REFUNDABLE: _C.INVALID_AMOUNT,
    Refusal.TOO_LATE_TO_REVERSE: _C.INVALID,
    Refusal.MERCHANT_LACKS_FUNDS: _C.TOO_LITTLE_MONEY,
}

_OF_STATES: Final[dict[PaymentStatus, ResponseCode]] = {
    PaymentStatus.AWAITING_PAYMENT: _C.IN_PROGRESS,
    PaymentStatus.PROCESSING: _C.IN_PROGRESS,
    PaymentStatus.AUTHORIZED: _C.APPROVED,
    PaymentStatus.SUCCEEDED: _C.APPROVED,
    PaymentStatus.CANCELED: _C.INVALID,
    PaymentStatus.EXPIRED: _C.INVALID,
    PaymentStatus.FAILED: _C.INVALID,
    PaymentStatus.REVERSED: _C.REVERSED_BEFORE,
}


def code_of(payment: Payment) -> ResponseCode:
    """How a purchase or hold is answered, as its payment stands now."""
    if payment.decline is not None and payment.status is PaymentStatus.FAILED:
        return OF_DECLINES[payment.decline]
    return _OF_STATES[payment.status]
