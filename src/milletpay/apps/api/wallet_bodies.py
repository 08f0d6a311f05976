"""What a customer says to the wallet."""

from typing import Annotated, Self

import msgspec

from milletpay.apps.http.shapes import CurrencyCode, Input, Minor
from milletpay.funding import SOURCES_MAX

PhoneText = Annotated[
    str, msgspec.Meta(max_length=40, description="13900000001, or +85291234567 with its country.")
]
PinText = Annotated[str, msgspec.Meta(max_length=64, description="The payment PIN: six digits.")]
Note = Annotated[str, msgspec.Meta(max_length=200)]
Name = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=100, description="Your own name for it: sent again, it is the same one."
    ),
]
SourceText = Annotated[
    str, msgspec.Meta(max_length=64, description="`balance`, or the id of one of your cards.")
]
SourceTexts = Annotated[
    list[SourceText],
    msgspec.Meta(min_length=1, max_length=SOURCES_MAX, description="The first to be tried first."),
]


class AskCode(Input, frozen=True, kw_only=True):
    """Whose phone a code is sent to."""

    phone: PhoneText

    @classmethod
    def example(cls) -> Self:
        """Somebody of the demo."""
        return cls(phone="13900000001")


class NewSession(Input, frozen=True, kw_only=True):
    """That somebody has the phone in hand."""

    phone: PhoneText
    code: Annotated[str, msgspec.Meta(max_length=20, description="The code that was sent to it.")]
    device: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    @classmethod
    def example(cls) -> Self:
        """From a phone."""
        return cls(phone="13900000001", code="250417", device="Millet Phone 4")


class NewCustomer(Input, frozen=True, kw_only=True):
    """Somebody who has a phone in hand, and wants a wallet."""

    phone: PhoneText
    code: Annotated[str, msgspec.Meta(max_length=20, description="The code that was sent to it.")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40, description="As friends know you.")]
    pin: PinText
    device: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    @classmethod
    def example(cls) -> Self:
        """Somebody new."""
        return cls(phone="13900000051", code="250417", name="林小满", pin="730284")


class NewPin(Input, frozen=True, kw_only=True):
    """A PIN in the place of the one before: that one shows that it is you, or a code sent to your phone."""

    pin: PinText
    current: PinText | None = None
    code: Annotated[str, msgspec.Meta(max_length=20)] | None = None

    @classmethod
    def example(cls) -> Self:
        """Changed by whoever knows it."""
        return cls(pin="730284", current="482915")


class GivenPin(Input, frozen=True, kw_only=True):
    """The PIN."""

    pin: PinText

    @classmethod
    def example(cls) -> Self:
        """Six digits."""
        return cls(pin="482915")


class Signature(Input, frozen=True, kw_only=True):
    """The customer's word under an agreement."""

    pin: PinText
    token: Annotated[
        str,
        msgspec.Meta(
            max_length=2000,
            description="The agreement's `sign_url`, or the last part of it: that you were asked to sign.",
        ),
    ]
    sources: SourceTexts | None = None
    """From what charges are paid, the first first; without it, from the balance."""

    @classmethod
    def example(cls) -> Self:
        """With the last part of the link."""
        return cls(pin="482915", token="AZt_TUGAAAggYAYG4MOASw2Ck9uXhP4nT6fR")  # noqa: S106 - of nothing


class NewCard(Input, frozen=True, kw_only=True):
    """A bank card; the bank checks that number, holder and phone belong together."""

    number: Annotated[str, msgspec.Meta(max_length=40)]
    holder: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    phone: PhoneText | None = None

    @classmethod
    def example(cls) -> Self:
        """One of the demo's bank."""
        return cls(number="6299990000000011")


class NewTopUp(Input, frozen=True, kw_only=True):
    """Money from a card into the wallet."""

    amount: Minor
    currency: CurrencyCode
    card: str
    reference: Name | None = None

    @classmethod
    def example(cls) -> Self:
        """A hundred yuan."""
        return cls(amount=100_00, currency="CNY", card="crd_01kdz9m4h0000g40r40m30e20d")


class NewWithdrawal(Input, frozen=True, kw_only=True):
    """Money from the wallet to a card."""

    amount: Minor
    currency: CurrencyCode
    card: str
    pin: PinText
    reference: Name | None = None

    @classmethod
    def example(cls) -> Self:
        """Fifty yuan."""
        return cls(amount=50_00, currency="CNY", card="crd_01kdz9m4h0000g40r40m30e20d", pin="482915")


class NewSend(Input, frozen=True, kw_only=True):
    """Money for somebody else."""

    amount: Minor
    currency: CurrencyCode
    recipient: Annotated[str, msgspec.Meta(max_length=64, description="A phone number or customer's id.")]
    pin: PinText
    note: Note | None = None
    reference: Name | None = None

    @classmethod
    def example(cls) -> Self:
        """A share of dinner."""
        return cls(
            amount=42_50, currency="CNY", recipient="13900000002", pin="482915", note="Dinner on Friday"
        )


class Pay(Input, frozen=True, kw_only=True):
    """What is paid: a payment by its id, or what was scanned or pasted."""

    pin: PinText
    payment: str | None = None
    payload: Annotated[str, msgspec.Meta(max_length=5000)] | None = None
    amount: Annotated[Minor | None, msgspec.Meta(description="At a code plate, and only there.")] = None
    currency: CurrencyCode = "CNY"
    source: SourceText | None = None
    """Without it, the first of the customer's sources that can pays."""

    @classmethod
    def example(cls) -> Self:
        """By id."""
        return cls(payment="pay_01kdz9m4h0000g40r40m30e209", pin="482915")
