"""What phones that show payment codes say and are told."""

from typing import Annotated, Final, Literal, Self

import msgspec

from milletpay.apps.api.wallet_bodies import PinText
from milletpay.apps.http.shapes import Input, Output
from milletpay.payments import Decline, PaymentStatus

AT: Final = "2026-12-01T02:03:04.005Z"
DEVICE: Final = "dev_01kdz9m4h0000g40r40m30e20j"
EPOCHS_MAX: Final = 2016
"""A week of them."""


class EnrollPhone(Input, frozen=True, kw_only=True):
    """A phone that is to show codes: a new one by its name, or one of yours again, which gets a new key."""

    pin: PinText
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None
    device: str | None = None

    @classmethod
    def example(cls) -> Self:
        """A new one."""
        return cls(pin="482915", name="Millet Phone 4")


class CodePhoneShape(Output, frozen=True, kw_only=True):
    """An enrolled phone. `key` is told this once: keep it where nothing can read it out."""

    id: str
    object: Literal["code_phone"] = "code_phone"
    created_at: str
    livemode: bool
    version: Annotated[int, msgspec.Meta(description="How often it was enrolled; codes of earlier ones end.")]
    key: Annotated[str, msgspec.Meta(description="Of HMAC-SHA256: 32 bytes in base64.")]
    prefix: str
    step_seconds: int
    epoch_seconds: int
    lanes: int

    @classmethod
    def example(cls) -> Self:
        """One that was enrolled just now."""
        return cls(
            id=DEVICE,
            created_at=AT,
            livemode=False,
            version=1,
            key="YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=",
            prefix="72",
            step_seconds=30,
            epoch_seconds=300,
            lanes=4,
        )


class AliasQuery(Input, frozen=True, kw_only=True):
    """Which aliases are wanted."""

    from_epoch: (
        Annotated[int, msgspec.Meta(ge=0, le=2**40, description="The present one, unless given.")] | None
    ) = None
    epochs: Annotated[int, msgspec.Meta(ge=1, le=EPOCHS_MAX)] = EPOCHS_MAX

    @classmethod
    def example(cls) -> Self:
        """A day from now."""
        return cls(epochs=288)


class AliasesShape(Output, frozen=True, kw_only=True):
    """Aliases ahead, so that a phone shows codes without a network. Without its key they are no use."""

    object: Literal["aliases"] = "aliases"
    device: str
    version: int
    first_epoch: int
    epochs: int
    aliases: Annotated[
        str,
        msgspec.Meta(description="In base64: four bytes each, the greatest first; of each epoch every lane."),
    ]

    @classmethod
    def example(cls) -> Self:
        """Of one epoch."""
        return cls(
            device=DEVICE,
            version=1,
            first_epoch=5_987_000,
            epochs=1,
            aliases="AAAAAQAAAAIAAAADAAAABA==",
        )


class SetCodeLimits(Input, frozen=True, kw_only=True):
    """How much goes without asking you: as little as you like, and never more than the house allows."""

    pin: PinText
    each: Annotated[int, msgspec.Meta(ge=0, le=10**12, description="Minor units; 0 to be asked each time.")]
    per_day: Annotated[int, msgspec.Meta(ge=0, le=10_000, description="How often a day.")]

    @classmethod
    def example(cls) -> Self:
        """Less than the house allows."""
        return cls(pin="482915", each=20000, per_day=5)


class CodeLimitsShape(Output, frozen=True, kw_only=True):
    """How much goes without asking: what the house allows, or less where the customer has said so."""

    object: Literal["code_limits"] = "code_limits"
    each: int
    per_day: int
    currency: str

    @classmethod
    def example(cls) -> Self:
        """Less than the house allows."""
        return cls(each=20000, per_day=5, currency="CNY")


class CodePaymentShape(Output, frozen=True, kw_only=True):
    """A payment that a code was shown for. While it is `processing` you are asked: pay, or decline."""

    id: str
    object: Literal["code_payment"] = "code_payment"
    created_at: str
    livemode: bool
    status: PaymentStatus
    decline_code: Decline | None
    amount: int
    currency: str
    merchant: str
    description: str | None
    answer_by: Annotated[str | None, msgspec.Meta(description="Null unless you are asked.")]

    @classmethod
    def example(cls) -> Self:
        """One that waits."""
        return cls(
            id="pay_01kdz9m4h0000g40r40m30e209",
            created_at=AT,
            livemode=False,
            status=PaymentStatus.PROCESSING,
            decline_code=None,
            amount=129900,
            currency="CNY",
            merchant="mer_01kdz9m4h0000g40r40m30e20a",
            description="A rice cooker",
            answer_by="2026-12-01T02:05:04.005Z",
        )


class CodePaymentList(Output, frozen=True, kw_only=True):
    """What codes were shown for in the last ten minutes, the newest first."""

    object: Literal["list"] = "list"
    data: list[CodePaymentShape]

    @classmethod
    def example(cls) -> Self:
        """One of them."""
        return cls(data=[CodePaymentShape.example()])
