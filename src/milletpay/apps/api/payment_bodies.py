"""What is asked and answered about payments, refunds and agreements, beside the objects themselves."""

from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.http.shapes import CurrencyCode, Input, ListQuery, Metadata, Minor, Output
from milletpay.payments import CaptureMethod, Decline, PaymentShape

# `(?!\n)`, for Python takes `$` to be before a last newline too, and JSON Schema does not.
Reference = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[!-~]+( [!-~]+)*$(?!\n)",
        description="Your own name for it, unique among yours of its kind; safe to send again.",
    ),
]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Url = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^https?://[!-~]+$(?!\n)")]
PaymentCode = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[0-9](?:[0-9 ]*[0-9])?$(?!\n)")]
Moment = Annotated[
    str, msgspec.Meta(max_length=40, description="A time in RFC 3339, such as 2026-12-01T02:03:04Z.")
]


class Payer(Input, frozen=True, kw_only=True):
    """Who pays at once."""

    agreement: Annotated[str | None, msgspec.Meta(description="An active agreement with the customer.")] = (
        None
    )
    payment_code: Annotated[
        PaymentCode | None,
        msgspec.Meta(description="What was scanned from the customer's phone; spaces do not count."),
    ] = None

    @classmethod
    def example(cls) -> Self:
        """By agreement."""
        return cls(agreement="agr_01kdz9m4h0000g40r40m30e20b")


class NewPayment(Input, frozen=True, kw_only=True):
    """What is to be paid."""

    amount: Minor
    currency: CurrencyCode
    reference: Reference
    description: Text | None = None
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    expires_at: Moment | None = None
    return_url: Url | None = None
    store: Annotated[str | None, msgspec.Meta(description="Where it is sold: a store of yours.")] = None
    metadata: Metadata | None = None
    payer: Payer | None = None

    @classmethod
    def example(cls) -> Self:
        """Paid at once under an agreement."""
        return cls(amount=1250, currency="CNY", reference="order-1001", payer=Payer.example())


class Capture(Input, frozen=True, kw_only=True):
    """What is taken of what is authorized."""

    amount: Annotated[Minor | None, msgspec.Meta(description="All that is left, unless given.")] = None
    final: Annotated[bool, msgspec.Meta(description="Release the rest. If not, it stays authorized.")] = True

    @classmethod
    def example(cls) -> Self:
        """A part, with more to come."""
        return cls(amount=500, final=False)


class NewRefund(Input, frozen=True, kw_only=True):
    """What is given back."""

    payment: str
    amount: Minor
    reference: Reference
    reason: Text | None = None

    @classmethod
    def example(cls) -> Self:
        """A part of a payment."""
        return cls(payment="pay_01kdz9m4h0000g40r40m30e209", amount=500, reference="refund-1001-1")


class NewReversal(Input, frozen=True, kw_only=True):
    """What is undone: a payment by its id, or by your reference, whether it has arrived or not."""

    payment: str | None = None
    reference: Reference | None = None

    @classmethod
    def example(cls) -> Self:
        """By your reference: you never got an answer."""
        return cls(reference="order-1001")


class Reversal(Output, frozen=True, kw_only=True):
    """What a reversal came to."""

    object: Literal["reversal"] = "reversal"
    status: Annotated[
        Literal["reversed", "marked"],
        msgspec.Meta(description="`marked`: the payment has not arrived; if it does, it is declined."),
    ]
    reference: str
    payment: PaymentShape | None

    @classmethod
    def example(cls) -> Self:
        """Of a payment that had not arrived."""
        return cls(status="marked", reference="order-1001", payment=None)


class NewAgreement(Input, frozen=True, kw_only=True):
    """What the customer is asked to allow, in minor units of the currency."""

    currency: CurrencyCode
    reference: Reference
    charge_limit: Annotated[Minor, msgspec.Meta(description="Of one charge.")]
    day_limit: Annotated[Minor, msgspec.Meta(description="Of one day.")]
    month_limit: Annotated[Minor, msgspec.Meta(description="Of one calendar month.")]
    day_charges: Annotated[int, msgspec.Meta(ge=1, le=1_000_000, description="Charges a day.")] = 10
    notice_days: Annotated[int, msgspec.Meta(ge=0, le=30, description="Announced so long before.")] = 0
    description: Text | None = None

    @classmethod
    def example(cls) -> Self:
        """A subscription."""
        return cls(
            currency="CNY",
            reference="subscription-77",
            charge_limit=10000,
            day_limit=50000,
            month_limit=200000,
            notice_days=3,
            description="Video, each month",
        )


class NewAnnouncement(Input, frozen=True, kw_only=True):
    """A charge to come, under an agreement that asks for notice."""

    amount: Annotated[Minor, msgspec.Meta(description="The charge may be less.")]
    charge_on: Annotated[
        str,
        msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The first day on which it may be made."),
    ]

    @classmethod
    def example(cls) -> Self:
        """Next month's charge."""
        return cls(amount=2500, charge_on="2026-12-05")


class Declined(Output, frozen=True, kw_only=True):
    """A decline, as a problem of RFC 9457: nothing was debited, and the payment is kept as failed."""

    type: str = "/docs/problems#declined"
    title: str = "The payment was declined"
    status: Literal[402] = 402
    detail: str
    code: Literal["declined"] = "declined"
    param: None = None
    request_id: str
    decline_code: Decline
    payment: PaymentShape

    @classmethod
    def example(cls) -> Self:
        """The balance does not cover it."""
        return cls(
            detail=SENTENCES[Decline.INSUFFICIENT_FUNDS],
            request_id="req_01kdz9m4h0000g40r40m30e209",
            decline_code=Decline.INSUFFICIENT_FUNDS,
            payment=PaymentShape.example(),
        )


SENTENCES: Final = {
    Decline.REVERSED: "You reversed this reference before the payment arrived.",
    Decline.AGREEMENT_NOT_ACTIVE: "The agreement is not signed, or was canceled.",
    Decline.CUSTOMER_NOT_ACTIVE: "The customer's account cannot pay now.",
    Decline.DEVICE_NOT_ACTIVE: "The device that asked for it is out of use.",
    Decline.NOT_ALLOWED_ON_DEVICE: "The customer does not allow this on the device that asked for it.",
    Decline.NOT_ANNOUNCED: "The agreement asks for notice, and this charge was not announced in time.",
    Decline.EXCEEDS_CHARGE_LIMIT: "The agreement does not allow so much in one charge.",
    Decline.EXCEEDS_LIMIT: "A limit per day or month would be passed.",
    Decline.EXCEEDS_STATIC_LIMIT: "More than a person may pay by printed codes in a day.",
    Decline.EXCEEDS_DEVICE_LIMIT: "More than the customer allows on the device that asked for it.",
    Decline.PAYMENT_CODE_INVALID: "This payment code cannot be used: ask the customer for a new one.",
    Decline.DECLINED_BY_CUSTOMER: "The customer was asked on the phone, and said no.",
    Decline.CARD_REMOVED: "The card is not bound any more.",
    Decline.CARD_HOLDS_NOTHING: "A bank card is drawn from at once: it holds no money for a later capture.",
    Decline.CONFIRMATION_NEEDED: "It is more than a bank card pays unless its owner confirms.",
    Decline.INSUFFICIENT_FUNDS: "The customer's balance does not cover it.",
    Decline.REFUSED_BY_BANK: "The card's bank refused it.",
    Decline.NOT_KNOWN_TO_BANK: "The card's bank did not hear of it in time.",
}
"""Declines in words."""


class PaymentQuery(ListQuery, frozen=True, kw_only=True):
    """Which payments are wanted."""

    reference: Annotated[str | None, msgspec.Meta(description="Only the one of this reference.")] = None

    @classmethod
    def example(cls) -> Self:
        """The one of a reference."""
        return cls(reference="order-1001")
