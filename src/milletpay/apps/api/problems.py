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
from milletpay.customers import CustomerRefusal, DeviceRefusal
from milletpay.entitlements import OfferRefusal
from milletpay.funding import FundingRefusal
from milletpay.identity import PinRefusal, SecretRefusal
from milletpay.merchants import MerchantRefusal, PlateRefusal
from milletpay.notifications import Refusal as WebhookRefusal
from milletpay.payments import CodeRefusal
from milletpay.payments import Refusal as PaymentRefusal
from milletpay.subscriptions import SubscriptionRefusal
from milletpay.terminals import CounterRefusal, TerminalRefusal
from milletpay.wallets import WalletRefusal


def _conflict(code: str, title: str, advice: str) -> ProblemKind:
    return ProblemKind(status=HTTPStatus.CONFLICT, code=code, title=title, advice=advice)


REFERENCE_USED: Final = _conflict(
    "reference_used",
    "The reference is taken",
    "It names another object of yours, `object`. Choose another reference, or read that object.",
)
WRONG_STATE: Final = _conflict(
    "wrong_state", "Not in this state", "Read the object; its `status` says what can be done with it."
)

PAYMENTS: Final[dict[Enum, ProblemKind]] = {
    PaymentRefusal.KEY_REUSED: IDEMPOTENCY_KEY_REUSED,
    PaymentRefusal.REFERENCE_USED: REFERENCE_USED,
    PaymentRefusal.PAYMENT_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.PLATE_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.PLATE_REVOKED: _conflict(
        "plate_revoked", "The code plate is out of use", "Ask the shop for another code."
    ),
    PaymentRefusal.STORE_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.DEVICE_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.AGREEMENT_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.SOURCE_NOT_FOUND: NOT_FOUND,
    PaymentRefusal.EXPIRES_IN_THE_PAST: INVALID_FIELD,
    PaymentRefusal.MERCHANT_NOT_ACTIVE: _conflict(
        "merchant_not_active", "The merchant is not active", "Ask the operator of this platform."
    ),
    PaymentRefusal.NO_CONTRACT: _conflict(
        "no_contract", "No contract for this currency", "Ask the operator of this platform for one."
    ),
    PaymentRefusal.NOT_ALLOWED_ON_DEVICE: _conflict(
        "not_allowed_on_device", "Not allowed on this device", "Its customer decides that in the wallet."
    ),
    PaymentRefusal.WRONG_STATE: WRONG_STATE,
    PaymentRefusal.NOTICE_TOO_SHORT: _conflict(
        "notice_too_short", "Announced too late", "Choose a later day: the agreement says how many ahead."
    ),
    PaymentRefusal.NOTICE_TOO_LONG: _conflict(
        "notice_too_long", "Announced too early", "Announce the charge when it is less than 400 days ahead."
    ),
    PaymentRefusal.EXCEEDS_CHARGE_LIMIT: _conflict(
        "exceeds_charge_limit", "More than one charge may be", "Announce at most the `charge_limit`."
    ),
    PaymentRefusal.TOO_MANY_ANNOUNCED: _conflict(
        "too_many_announced",
        "As many charges as may be are announced",
        "Make the charges that are due; an announcement lapses a month after its day.",
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

SECRETS: Final[dict[Enum, ProblemKind]] = {
    SecretRefusal.LOCKED: ProblemKind(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="locked",
        title="Too many tries",
        advice="Wait for `Retry-After` seconds; until then no try is looked at.",
    ),
    SecretRefusal.WRONG: ProblemKind(
        status=HTTPStatus.FORBIDDEN,
        code="secret_wrong",
        title="That is not right",
        advice="Check what `param` names. After a few wrong ones it is locked for a while.",
    ),
}

PIN_REFUSED: Final = ProblemKind(
    status=HTTPStatus.BAD_REQUEST,
    code="pin_refused",
    title="This cannot be a PIN",
    advice="Six digits, and not one digit six times nor a run such as 123456.",
)

PINS: Final[dict[Enum, ProblemKind]] = dict.fromkeys(PinRefusal, PIN_REFUSED)

CUSTOMERS: Final[dict[Enum, ProblemKind]] = {
    CustomerRefusal.ID_TAKEN: _conflict("id_taken", "The id is taken", "Use another."),
    CustomerRefusal.PHONE_TAKEN: _conflict("phone_taken", "The phone number is taken", "Use another."),
    CustomerRefusal.NOT_FOUND: NOT_FOUND,
    CustomerRefusal.WRONG_STATUS: WRONG_STATE,
    CustomerRefusal.BALANCE_LEFT: _conflict("balance_left", "There is money left", "Pay it out first."),
}

OWN_FUNDS_LACKING: Final = _conflict(
    "own_funds_lacking", "The house has to bring money first", "Ask the operator of this platform."
)

FUNDING: Final[dict[Enum, ProblemKind]] = {
    FundingRefusal.NOT_FOUND: NOT_FOUND,
    FundingRefusal.CUSTOMER_NOT_FOUND: NOT_FOUND,
    FundingRefusal.CARD_NOT_FOUND: NOT_FOUND,
    FundingRefusal.NAMED_TWICE: INVALID_FIELD,
    FundingRefusal.NOT_AS_KNOWN: WRONG_STATE,
    FundingRefusal.OWN_FUNDS_LACKING: OWN_FUNDS_LACKING,
}

WALLETS: Final[dict[Enum, ProblemKind]] = {
    WalletRefusal.NOT_FOUND: NOT_FOUND,
    WalletRefusal.REFERENCE_USED: REFERENCE_USED,
    WalletRefusal.CUSTOMER_NOT_FOUND: NOT_FOUND,
    WalletRefusal.RECIPIENT_NOT_FOUND: _conflict(
        "recipient_not_found", "There is no such recipient", "Check the phone number or id."
    ),
    WalletRefusal.SAME_CUSTOMER: _conflict(
        "same_customer", "Nobody sends money to himself", "Name somebody else."
    ),
    WalletRefusal.CARD_NOT_FOUND: NOT_FOUND,
    WalletRefusal.CURRENCY_NOT_SUPPORTED: _conflict(
        "currency_not_supported", "Not in this currency", "Use a currency that your wallet has."
    ),
    WalletRefusal.WRONG_STATE: WRONG_STATE,
    WalletRefusal.OWN_FUNDS_LACKING: OWN_FUNDS_LACKING,
}

MERCHANTS: Final[dict[Enum, ProblemKind]] = {
    MerchantRefusal.ID_TAKEN: _conflict("id_taken", "The id is taken", "Use another."),
    MerchantRefusal.NOT_FOUND: NOT_FOUND,
    MerchantRefusal.WRONG_STATUS: WRONG_STATE,
    MerchantRefusal.CONTRACT_IN_THE_PAST: INVALID_FIELD,
    MerchantRefusal.CONTRACT_EXISTS: _conflict(
        "contract_exists", "Another contract begins that day", "Choose another day."
    ),
}

TERMINALS: Final[dict[Enum, ProblemKind]] = {
    TerminalRefusal.ID_TAKEN: _conflict("id_taken", "The id is taken", "Use another."),
    TerminalRefusal.STORE_NOT_FOUND: NOT_FOUND,
    TerminalRefusal.TERMINAL_NOT_FOUND: NOT_FOUND,
    TerminalRefusal.RETIRED: _conflict(
        "terminal_retired", "The terminal is retired", "Register another terminal."
    ),
    TerminalRefusal.PAIRING_REFUSED: ProblemKind(
        status=HTTPStatus.FORBIDDEN,
        code="pairing_refused",
        title="No terminal waits for this code",
        advice="Check the code, or ask for a new one: each is good once, for ten minutes.",
    ),
    TerminalRefusal.NUMBERS_USED_UP: _conflict(
        "numbers_used_up", "No number is left", "Ask the operator of this platform."
    ),
}

DEVICES: Final[dict[Enum, ProblemKind]] = {
    DeviceRefusal.ID_TAKEN: _conflict(
        "device_taken", "The device is somebody's", "Have it show a new code, if it is yours."
    ),
    DeviceRefusal.NOT_FOUND: NOT_FOUND,
    DeviceRefusal.RETIRED: _conflict(
        "device_retired", "The device is out of use", "Have it show a code, and take it for yours anew."
    ),
    DeviceRefusal.TOO_MANY: _conflict(
        "too_many_devices", "As many devices as there may be", "Retire one that is not used any more."
    ),
}

OFFERS: Final[dict[Enum, ProblemKind]] = {
    OfferRefusal.NOT_FOUND: NOT_FOUND,
    OfferRefusal.RETIRED: _conflict("offer_retired", "It is sold no longer", "Show what is offered now."),
}

PLATES: Final[dict[Enum, ProblemKind]] = {
    PlateRefusal.ID_TAKEN: _conflict("id_taken", "The id is taken", "Use another."),
    PlateRefusal.NOT_FOUND: NOT_FOUND,
    PlateRefusal.STORE_NOT_FOUND: NOT_FOUND,
    PlateRefusal.MERCHANT_NOT_ACTIVE: PAYMENTS[PaymentRefusal.MERCHANT_NOT_ACTIVE],
    PlateRefusal.TOO_MANY: _conflict(
        "too_many", "As many as there may be", "Delete one that is not used any more, or wait until it ends."
    ),
}

COUNTERS: Final[dict[Enum, ProblemKind]] = {
    CounterRefusal.STORE_NOT_FOUND: NOT_FOUND,
    CounterRefusal.CASHIER_NUMBER_TAKEN: _conflict(
        "cashier_number_taken", "The number is taken", "Choose another number, or retire who has it."
    ),
    CounterRefusal.CASHIER_NOT_FOUND: NOT_FOUND,
    CounterRefusal.TERMINAL_NOT_ACTIVE: _conflict(
        "terminal_retired", "The terminal is retired", "Register another terminal."
    ),
    CounterRefusal.SHIFT_OPEN: _conflict(
        "shift_open", "Another cashier is signed in", "Close that shift first: count the drawer."
    ),
    CounterRefusal.NO_SHIFT: _conflict("no_shift", "Nobody is signed in", "Sign a cashier in."),
    CounterRefusal.RECEIPT_NOT_FOUND: NOT_FOUND,
    CounterRefusal.NOT_THE_LAST_SALE: _conflict(
        "not_the_last_sale", "Not the last sale", "Refund it instead."
    ),
    CounterRefusal.EXCEEDS_TILL_LIMIT: _conflict(
        "exceeds_till_limit", "More than the till may", "Let the merchant refund it."
    ),
    CounterRefusal.REFERENCE_USED: REFERENCE_USED,
}

SUBSCRIPTIONS: Final[dict[Enum, ProblemKind]] = {
    SubscriptionRefusal.NOT_FOUND: NOT_FOUND,
    SubscriptionRefusal.NOT_ACTIVE: WRONG_STATE,
    SubscriptionRefusal.NOTICE_NEEDED: _conflict(
        "notice_needed",
        "The agreement promises no notice",
        "Propose an agreement with `notice_days`: each month of a subscription is announced.",
    ),
    SubscriptionRefusal.EXCEEDS_CHARGE_LIMIT: PAYMENTS[PaymentRefusal.EXCEEDS_CHARGE_LIMIT],
    SubscriptionRefusal.TOO_SOON: PAYMENTS[PaymentRefusal.NOTICE_TOO_SHORT],
    SubscriptionRefusal.CHARGED: _conflict(
        "month_over",
        "The month is over with",
        "Read the subscription: `period` is what is charged next, and `is_being_charged` whether it just is.",
    ),
}

CODES: Final[dict[Enum, ProblemKind]] = {
    CodeRefusal.DEVICE_NOT_FOUND: NOT_FOUND,
    CodeRefusal.NO_NUMBER_LEFT: _conflict(
        "no_number_left", "No more phones", "Ask the operator of this platform."
    ),
}

PROBLEMS: Final = Problems(
    {
        EdgeRefusal: EDGE,
        PaymentRefusal: PAYMENTS,
        CodeRefusal: CODES,
        WebhookRefusal: WEBHOOKS,
        SecretRefusal: SECRETS,
        PinRefusal: PINS,
        CustomerRefusal: CUSTOMERS,
        PlateRefusal: PLATES,
        WalletRefusal: WALLETS,
        MerchantRefusal: MERCHANTS,
        TerminalRefusal: TERMINALS,
        DeviceRefusal: DEVICES,
        OfferRefusal: OFFERS,
        SubscriptionRefusal: SUBSCRIPTIONS,
        FundingRefusal: FUNDING,
        CounterRefusal: COUNTERS,
    },
    exceptions=EXCEPTIONS,
)
