"""What televisions and boxes say and are told, and what their customers say about them."""

from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.wallet_bodies import PinText
from milletpay.apps.http.shapes import CurrencyCode, Input, ListQuery, Minor, Output
from milletpay.customers import CATEGORIES_MAX
from milletpay.entitlements import EntitlementShape
from milletpay.payments import PaymentStatus

AT: Final = "2026-12-01T02:03:04.005Z"
DEVICE: Final = "dev_01kdz9m4h0000g40r40m30e20j"
LINK: Final = "http://127.0.0.1:8420/pair/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K"
TOKEN: Final = "ds_test_..."  # noqa: S105 - cut off, in an example
Screen = Literal["tv", "box"]
Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]
Category = Annotated[int, msgspec.Meta(ge=0, le=9999, description="Of ISO 18245.")]


class NewPairing(Input, frozen=True, kw_only=True):
    """A device that asks to be somebody's."""

    kind: Screen
    name: Annotated[
        str, msgspec.Meta(min_length=1, max_length=60, description="By which its owner tells it from others.")
    ]

    @classmethod
    def example(cls) -> Self:
        """In a living room."""
        return cls(kind="tv", name="Living room")


class DevicePairingShape(Output, frozen=True, kw_only=True):
    """A pairing that has begun: show `code` and `qr`; `secret` is the device's alone."""

    id: str
    object: Literal["pairing"] = "pairing"
    created_at: str
    code: str
    pair_url: str
    secret: str
    expires_at: str

    @classmethod
    def example(cls) -> Self:
        """One that was begun just now."""
        return cls(
            id="pai_01kdz9m4h0000g40r40m30e20k",
            created_at=AT,
            code="KTXW-PBRM",
            pair_url=LINK,
            secret="0f" * 32,
            expires_at=AT,
        )


class Claim(Input, frozen=True, kw_only=True):
    """What the device proves itself with."""

    secret: Annotated[str, msgspec.Meta(max_length=200)]

    @classmethod
    def example(cls) -> Self:
        """As it was given."""
        return cls(secret="0f" * 32)


class ClaimShape(Output, frozen=True, kw_only=True):
    """Whether somebody has confirmed; then the device and its credential, which is not shown again."""

    object: Literal["pairing_claim"] = "pairing_claim"
    status: Literal["awaiting_customer", "paired"]
    device: str | None
    token: Annotated[str | None, msgspec.Meta(description="An earlier one of the device ends.")]

    @classmethod
    def example(cls) -> Self:
        """Confirmed."""
        return cls(status="paired", device=DEVICE, token=TOKEN)


class AllowanceShape(Output, frozen=True, kw_only=True):
    """What may be bought on a device, whoever pays."""

    each: int | None
    day: int | None
    currency: str
    categories: list[int]
    from_hour: int
    to_hour: int

    @classmethod
    def example(cls) -> Self:
        """For a family with children."""
        return cls(each=3000, day=5000, currency="CNY", categories=[5815], from_hour=8, to_hour=20)


class DeviceShape(Output, frozen=True, kw_only=True):
    """A device of a customer."""

    id: str
    object: Literal["device"] = "device"
    created_at: str
    livemode: bool
    kind: Literal["phone", "tv", "box"]
    name: str
    status: Literal["active", "retired"]
    allowance: AllowanceShape

    @classmethod
    def example(cls) -> Self:
        """A television."""
        return cls(
            id=DEVICE,
            created_at=AT,
            livemode=False,
            kind="tv",
            name="Living room",
            status="active",
            allowance=AllowanceShape.example(),
        )


class TakeDevice(Input, frozen=True, kw_only=True):
    """A device that shows a code becomes yours: the code as it was typed, or the link that was scanned."""

    pin: PinText
    code: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    payload: Annotated[str, msgspec.Meta(max_length=5000)] | None = None

    @classmethod
    def example(cls) -> Self:
        """Typed."""
        return cls(pin="482915", code="KTXW-PBRM")


class SetAllowance(Input, frozen=True, kw_only=True):
    """What may be bought on a device from now on, whoever pays."""

    pin: PinText
    each: Annotated[Minor, msgspec.Meta(description="At a time; null for no bound.")] | None = None
    day: Annotated[Minor, msgspec.Meta(description="On a day; null for no bound.")] | None = None
    currency: CurrencyCode = "CNY"
    categories: Annotated[
        list[Category],
        msgspec.Meta(max_length=CATEGORIES_MAX, description="Only such merchants; none for all."),
    ] = msgspec.field(default_factory=list)
    from_hour: Annotated[Hour, msgspec.Meta(description="By the clock of Asia/Shanghai.")] = 0
    to_hour: Annotated[Hour, msgspec.Meta(description="Until before it; 20 to 8 spans midnight.")] = 24

    @classmethod
    def example(cls) -> Self:
        """For a family with children."""
        return cls(pin="482915", each=3000, day=5000, categories=[5815], from_hour=8, to_hour=20)


class NewOrder(Input, frozen=True, kw_only=True):
    """What a device wants to buy."""

    offer: str

    @classmethod
    def example(cls) -> Self:
        """A film."""
        return cls(offer="off_01kdz9m4h0000g40r40m30e20f")


class OrderShape(Output, frozen=True, kw_only=True):
    """A payment that a device has asked for. While it can be paid, show `qr` large."""

    id: str
    object: Literal["device_payment"] = "device_payment"
    created_at: str
    livemode: bool
    status: PaymentStatus
    amount: int
    amount_refunded: int
    currency: str
    merchant: str
    offer: str | None
    description: str | None
    checkout_url: str | None
    qr: str | None
    expires_at: str | None
    version: Annotated[int, msgspec.Meta(description="Grows with every change.")]

    @classmethod
    def example(cls) -> Self:
        """One that awaits its payer."""
        link = "http://127.0.0.1:8420/c/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K"
        return cls(
            id="pay_01kdz9m4h0000g40r40m30e209",
            created_at=AT,
            livemode=False,
            status=PaymentStatus.AWAITING_PAYMENT,
            amount=1200,
            amount_refunded=0,
            currency="CNY",
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            offer="off_01kdz9m4h0000g40r40m30e20f",
            description="The Long River",
            checkout_url=link,
            qr=link,
            expires_at=AT,
            version=1,
        )


class AskedShape(Output, frozen=True, kw_only=True):
    """What a device of yours wants to buy: pay it, or let it be."""

    object: Literal["device_request"] = "device_request"
    payment: str
    created_at: str
    device: str
    merchant: str
    amount: int
    currency: str
    description: str | None
    expires_at: str | None
    checkout_url: str

    @classmethod
    def example(cls) -> Self:
        """A film."""
        return cls(
            payment="pay_01kdz9m4h0000g40r40m30e209",
            created_at=AT,
            device=DEVICE,
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            amount=1200,
            currency="CNY",
            description="The Long River",
            expires_at=AT,
            checkout_url="http://127.0.0.1:8420/c/AZt_TUGAAAggYAYG4MOASf0Lq3mVtq8Qzx1K",
        )


class OfferQuery(ListQuery, frozen=True, kw_only=True):
    """Whose offers are wanted."""

    merchant: str

    @classmethod
    def example(cls) -> Self:
        """A video merchant's."""
        return cls(merchant="mer_01kdz9m4h0000g40r40m30e20a")


class NewOffer(Input, frozen=True, kw_only=True):
    """Something that you sell for use. Its terms never change; retire it and make another."""

    content: Annotated[
        str, msgspec.Meta(min_length=1, max_length=100, description="Your own name for what may be used.")
    ]
    name_en: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    name_zh: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    amount: Minor
    currency: CurrencyCode
    days: Annotated[int, msgspec.Meta(ge=1, le=3660, description="Null for ever.")] | None = None

    @classmethod
    def example(cls) -> Self:
        """A month of a channel."""
        return cls(
            content="channel-nature",
            name_en="Nature, one month",
            name_zh="自然频道，一个月",
            amount=1500,
            currency="CNY",
            days=31,
        )


class EntitlementQuery(Input, frozen=True, kw_only=True):
    """Whose entitlements are wanted: of the customer of a device, or what one payment has bought."""

    device: str | None = None
    payment: str | None = None

    @classmethod
    def example(cls) -> Self:
        """Of a television."""
        return cls(device=DEVICE)


class EntitlementList(Output, frozen=True, kw_only=True):
    """All that may be used, the newest first."""

    object: Literal["list"] = "list"
    data: list[EntitlementShape]
    has_more: bool = False

    @classmethod
    def example(cls) -> Self:
        """One film."""
        return cls(data=[EntitlementShape.example()])
