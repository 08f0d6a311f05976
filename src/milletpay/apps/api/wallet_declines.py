"""Declines of the wallet, as problems of RFC 9457: what was declined is kept as failed, beside the reason."""

from typing import Final, Literal, Self

from milletpay.apps.api.payment_bodies import SENTENCES as PAYMENT_SENTENCES
from milletpay.apps.api.wallet_shapes import SendShape, TopUpShape, WithdrawalShape
from milletpay.apps.http.shapes import Output
from milletpay.payments import Decline
from milletpay.wallets import WalletDecline

REQUEST: Final = "req_01kdz9m4h0000g40r40m30e209"


class _Declined(Output, frozen=True, kw_only=True):
    """Nothing was moved."""

    type: str = "/docs/problems#declined"
    title: str = "It was declined"
    status: Literal[402] = 402
    detail: str
    code: Literal["declined"] = "declined"
    param: None = None
    request_id: str


class DeclinedTopUp(_Declined, frozen=True, kw_only=True):
    """A top-up that was declined."""

    decline_code: WalletDecline
    top_up: TopUpShape

    @classmethod
    def example(cls) -> Self:
        """Too much for one day."""
        decline = WalletDecline.EXCEEDS_LIMIT
        return cls(
            detail=SENTENCES[decline], request_id=REQUEST, decline_code=decline, top_up=TopUpShape.example()
        )


class DeclinedWithdrawal(_Declined, frozen=True, kw_only=True):
    """A withdrawal that was declined."""

    decline_code: WalletDecline
    withdrawal: WithdrawalShape

    @classmethod
    def example(cls) -> Self:
        """Not enough money."""
        decline = WalletDecline.INSUFFICIENT_FUNDS
        return cls(
            detail=SENTENCES[decline],
            request_id=REQUEST,
            decline_code=decline,
            withdrawal=WithdrawalShape.example(),
        )


class DeclinedSend(_Declined, frozen=True, kw_only=True):
    """A send that was declined."""

    decline_code: WalletDecline
    send: SendShape

    @classmethod
    def example(cls) -> Self:
        """Not enough money."""
        decline = WalletDecline.INSUFFICIENT_FUNDS
        return cls(
            detail=SENTENCES[decline], request_id=REQUEST, decline_code=decline, send=SendShape.example()
        )


class DeclinedPay(_Declined, frozen=True, kw_only=True):
    """An attempt to pay that was declined; the payment still awaits its payer."""

    decline_code: Decline
    payment: str

    @classmethod
    def example(cls) -> Self:
        """Not enough money."""
        decline = Decline.INSUFFICIENT_FUNDS
        return cls(
            detail=PAYMENT_SENTENCES[decline],
            request_id=REQUEST,
            decline_code=decline,
            payment="pay_01kdz9m4h0000g40r40m30e209",
        )


SENTENCES: Final = {
    WalletDecline.CUSTOMER_NOT_ACTIVE: "Your wallet is frozen or closed.",
    WalletDecline.RECIPIENT_NOT_ACTIVE: "The recipient's wallet cannot take money now.",
    WalletDecline.CARD_REMOVED: "You have removed this card.",
    WalletDecline.EXCEEDS_LIMIT: "A limit of yours, on one or per day or month, would be passed.",
    WalletDecline.INSUFFICIENT_FUNDS: "Your balance does not cover it.",
    WalletDecline.REFUSED_BY_BANK: "The bank refused it.",
    WalletDecline.NOT_KNOWN_TO_BANK: "The bank never got it.",
}
"""Declines in words."""
