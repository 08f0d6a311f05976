"""What the wallet answers."""

from typing import Annotated, Literal, Self

import msgspec

from milletpay.apps.http.shapes import Output
from milletpay.customers import CustomerStatus
from milletpay.ledger.chart import Mode
from milletpay.merchants import MERCHANT_ID
from milletpay.payments import PAYMENT_ID, FundingShape, Payment, funding_of
from milletpay.plumbing.dates import rfc3339

AT = "2026-12-01T02:03:04.005Z"


class BalanceShape(Output, frozen=True, kw_only=True):
    """What somebody has, in minor units."""

    available: int
    held: Annotated[int, msgspec.Meta(description="By authorizations; not part of what is available.")]
    owed: Annotated[
        int,
        msgspec.Meta(
            description="To this platform, since a bank took back what was spent. The next money that comes"
            " pays it first."
        ),
    ]
    currency: str

    @classmethod
    def example(cls) -> Self:
        """A balance."""
        return cls(available=1_234_56, held=0, owed=0, currency="CNY")


class CustomerShape(Output, frozen=True, kw_only=True):
    """The customer who asks."""

    id: str
    object: Literal["customer"] = "customer"
    created_at: str
    livemode: bool
    name: str
    phone: str
    status: Literal["active", "frozen", "closed"]
    verification: Literal["phone", "basic", "full"]
    has_pin: bool
    balance: BalanceShape

    @classmethod
    def example(cls) -> Self:
        """Somebody of the demo."""
        return cls(
            id="cus_01kdz9m4h0000g40r40m30e20e",
            created_at=AT,
            livemode=False,
            name="王小满",
            phone="+8613900000001",
            status=CustomerStatus.ACTIVE.name.lower(),  # type: ignore[arg-type]  # a name of the enum
            verification="full",
            has_pin=True,
            balance=BalanceShape.example(),
        )


class SentCodeShape(Output, frozen=True, kw_only=True):
    """A one-time code is on its way, whether or not anybody has this number."""

    object: Literal["one_time_code"] = "one_time_code"
    phone: str
    expires_at: str
    code: Annotated[str | None, msgspec.Meta(description="In a demo, which sends no messages.")] = None

    @classmethod
    def example(cls) -> Self:
        """In a demo."""
        return cls(phone="+8613900000001", expires_at=AT, code="250417")


class SessionShape(Output, frozen=True, kw_only=True):
    """Somebody who is signed in on a device."""

    id: str
    object: Literal["session"] = "session"
    created_at: str
    livemode: bool
    device: str
    expires_at: str
    is_open: bool = True

    @classmethod
    def example(cls) -> Self:
        """On a phone."""
        return cls(
            id="ses_01kdz9m4h0000g40r40m30e20f",
            created_at=AT,
            livemode=False,
            device="Millet Phone 4",
            expires_at="2027-03-01T02:03:04.005Z",
        )


class OpenedSession(Output, frozen=True, kw_only=True):
    """A session that was opened, with its token: it is shown once."""

    session: SessionShape
    token: str
    customer: str
    has_pin: bool

    @classmethod
    def example(cls) -> Self:
        """On a phone."""
        return cls(
            session=SessionShape.example(),
            token="cs_test_...",  # noqa: S106 - an example
            customer="cus_01kdz9m4h0000g40r40m30e20e",
            has_pin=True,
        )


class PinShape(Output, frozen=True, kw_only=True):
    """The PIN was taken."""

    object: Literal["pin"] = "pin"
    status: Literal["set", "right"]

    @classmethod
    def example(cls) -> Self:
        """It is the one."""
        return cls(status="right")


class CardShape(Output, frozen=True, kw_only=True):
    """A bank card that is bound."""

    id: str
    object: Literal["card"] = "card"
    created_at: str
    livemode: bool
    bank: str
    masked: str
    is_bound: bool

    @classmethod
    def example(cls) -> Self:
        """One of the demo."""
        return cls(
            id="crd_01kdz9m4h0000g40r40m30e20d",
            created_at=AT,
            livemode=False,
            bank="granary",
            masked="629999******0011",
            is_bound=True,
        )


class TopUpShape(Output, frozen=True, kw_only=True):
    """A top-up. `created`, `sent` and `unknown` are not decided yet."""

    id: str
    object: Literal["top_up"] = "top_up"
    created_at: str
    livemode: bool
    status: str
    amount: int
    currency: str
    card: str
    reference: str | None
    decline_code: str | None
    bank_reason: str | None

    @classmethod
    def example(cls) -> Self:
        """One that has begun."""
        return cls(
            id="top_01kdz9m4h0000g40r40m30e20g",
            created_at=AT,
            livemode=False,
            status="created",
            amount=100_00,
            currency="CNY",
            card="crd_01kdz9m4h0000g40r40m30e20d",
            reference=None,
            decline_code=None,
            bank_reason=None,
        )


class WithdrawalShape(Output, frozen=True, kw_only=True):
    """A withdrawal. `reserved`, `sent` and `unknown` are not decided yet."""

    id: str
    object: Literal["withdrawal"] = "withdrawal"
    created_at: str
    livemode: bool
    status: str
    amount: int
    fee: int
    currency: str
    card: str
    reference: str | None
    decline_code: str | None
    bank_reason: str | None

    @classmethod
    def example(cls) -> Self:
        """One that has begun."""
        return cls(
            id="wdr_01kdz9m4h0000g40r40m30e20h",
            created_at=AT,
            livemode=False,
            status="reserved",
            amount=50_00,
            fee=0,
            currency="CNY",
            card="crd_01kdz9m4h0000g40r40m30e20d",
            reference=None,
            decline_code=None,
            bank_reason=None,
        )


class SendShape(Output, frozen=True, kw_only=True):
    """Money that was sent to somebody, or came from somebody."""

    id: str
    object: Literal["send"] = "send"
    created_at: str
    livemode: bool
    status: str
    amount: int
    currency: str
    sender: str
    recipient: str
    note: str | None
    reference: str | None
    decline_code: str | None

    @classmethod
    def example(cls) -> Self:
        """A share of dinner."""
        return cls(
            id="snd_01kdz9m4h0000g40r40m30e20j",
            created_at=AT,
            livemode=False,
            status="succeeded",
            amount=42_50,
            currency="CNY",
            sender="cus_01kdz9m4h0000g40r40m30e20e",
            recipient="cus_01kdz9m4h0000g40r40m30e20k",
            note="Dinner on Friday",
            reference=None,
            decline_code=None,
        )


class EntryShape(Output, frozen=True, kw_only=True):
    """One movement of money, with the balance after it; below zero, it went out."""

    object: Literal["entry"] = "entry"
    at: str
    amount: int
    balance: int
    currency: str
    kind: str
    about: Annotated[str | None, msgspec.Meta(description="The id of what moved it.")]

    @classmethod
    def example(cls) -> Self:
        """A payment."""
        return cls(
            at=AT,
            amount=-12_50,
            balance=1_222_06,
            currency="CNY",
            kind="pay_by_balance",
            about="pay_01kdz9m4h0000g40r40m30e209",
        )


class LimitShape(Output, frozen=True, kw_only=True):
    """A limit of the house, and what of it was used."""

    object: Literal["limit"] = "limit"
    measure: Literal[
        "payments",
        "sends",
        "withdrawals",
        "top_ups",
        "static_from_balance",
        "static_from_cards",
        "without_pin",
    ]
    span: Literal["each", "day", "month"]
    amount: int | None
    used: int
    count: Annotated[int | None, msgspec.Meta(description="How often, where that is bounded too.")] = None
    used_count: int = 0
    currency: str

    @classmethod
    def example(cls) -> Self:
        """Of payments, a day."""
        return cls(measure="payments", span="day", amount=200_000_00, used=12_50, currency="CNY")


class LimitList(Output, frozen=True, kw_only=True):
    """All limits."""

    object: Literal["list"] = "list"
    data: list[LimitShape]

    @classmethod
    def example(cls) -> Self:
        """One of them."""
        return cls(data=[LimitShape.example()])


class PaidShape(Output, frozen=True, kw_only=True):
    """A payment, as its payer sees it."""

    id: str
    object: Literal["payment"] = "payment"
    created_at: str
    livemode: bool
    status: str
    amount: int
    amount_refunded: int
    amount_taken_back: Annotated[
        int,
        msgspec.Meta(description="What the card's bank took back of it: you bear it."),
    ]
    currency: str
    merchant: str
    description: str | None
    return_url: str | None
    funding: FundingShape | None

    @classmethod
    def example(cls) -> Self:
        """One that was paid."""
        return cls(
            id="pay_01kdz9m4h0000g40r40m30e209",
            created_at=AT,
            livemode=False,
            status="succeeded",
            amount=12_50,
            amount_refunded=0,
            amount_taken_back=0,
            currency="CNY",
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            description="Two months of video",
            return_url=None,
            funding=FundingShape.example(),
        )

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """A payment as it stands."""
        return cls(
            id=PAYMENT_ID.write(payment.id),
            created_at=rfc3339(payment.created_at),
            livemode=payment.mode is Mode.LIVE,
            status=payment.status,
            amount=payment.amount.minor,
            amount_refunded=payment.refunded,
            amount_taken_back=payment.taken_back,
            currency=payment.amount.currency.code,
            merchant=MERCHANT_ID.write(payment.merchant),
            description=payment.description or None,
            return_url=payment.return_url or None,
            funding=funding_of(payment),
        )
