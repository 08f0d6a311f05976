"""The values of a session: how a payment stands for its payer, and the signed way back to the shop."""

import base64
import hmac
from dataclasses import dataclass, field
from enum import StrEnum, auto, unique
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from milletpay.merchants.model import MERCHANT_ID, Merchant, MerchantId, Store
from milletpay.payments.model import PAYMENT_ID, Payment, PaymentId, PaymentStatus

SECOND: Final = 10**9
RETURN_NS: Final = 15 * 60 * SECOND
"""How long the word on a way back is taken for fresh."""

WEB: Final = frozenset({"http", "https"})


@unique
class Standing(StrEnum):
    """What a payer can still do about a payment."""

    OPEN = auto()
    """Pay it."""
    UNDER_WAY = auto()
    """Wait: an attempt is not decided yet."""
    PAID = auto()
    """Nothing: it is paid, or held for the merchant."""
    EXPIRED = auto()
    """Go back: its time is over."""
    CANCELED = auto()
    """Go back: the merchant has ended it."""
    FAILED = auto()
    """Go back: it was declined for good."""
    REVERSED = auto()
    """Nothing: the merchant has undone it, and the money is back."""

    @property
    def is_final(self) -> bool:
        """Whether the payer will see nothing else."""
        return self not in {Standing.OPEN, Standing.UNDER_WAY, Standing.PAID}


STANDINGS: Final = {
    PaymentStatus.AWAITING_PAYMENT: Standing.OPEN,
    PaymentStatus.PROCESSING: Standing.UNDER_WAY,
    PaymentStatus.AUTHORIZED: Standing.PAID,
    PaymentStatus.SUCCEEDED: Standing.PAID,
    PaymentStatus.CANCELED: Standing.CANCELED,
    PaymentStatus.EXPIRED: Standing.EXPIRED,
    PaymentStatus.FAILED: Standing.FAILED,
    PaymentStatus.REVERSED: Standing.REVERSED,
}


def standing_of(payment: Payment, *, now: int) -> Standing:
    """How a payment stands; one whose time is over is expired, also before anybody has written so."""
    standing = STANDINGS[payment.status]
    if standing is Standing.OPEN and payment.expires_at and payment.expires_at <= now:
        return Standing.EXPIRED
    return standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One payment as its payer sees it, at the moment `now`."""

    token: str
    payment: Payment
    merchant: Merchant
    store: Store | None
    """Where it is made; None if in no store."""
    now: int

    @property
    def standing(self) -> Standing:
        """What can still be done."""
        return standing_of(self.payment, now=self.now)

    @property
    def seconds_left(self) -> int | None:
        """How long it can still be paid, rounded up; None for ever, or when that is no question."""
        if self.standing is not Standing.OPEN or not self.payment.expires_at:
            return None
        return -((self.now - self.payment.expires_at) // SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutKeys:
    """The secret of ways back; each merchant has a key of its own out of it."""

    secret: bytes = field(repr=False)

    def of(self, merchant: MerchantId) -> bytes:
        """The key by which one merchant checks what its payers bring back."""
        return hmac.digest(self.secret, MERCHANT_ID.write(merchant).encode(), "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What a payer brought back to the shop: how the payment stood when the way was drawn."""

    payment: PaymentId
    standing: Standing


def way_back(session: Session, *, keys: CheckoutKeys) -> str | None:
    """The shop's own address with a signed word on the payment; None when it gave none that can be followed.

    Adds `payment`, `standing`, `at` (seconds since 1970) and `signature`, which is HMAC-SHA256 in base64url
    over the three joined with dots, under the merchant's key.
    """
    parts = urlsplit(session.payment.return_url)
    if parts.scheme not in WEB or not parts.hostname:
        return None
    payment = PAYMENT_ID.write(session.payment.id)
    standing, at = session.standing.value, str(session.now // SECOND)
    word = {
        "payment": payment,
        "standing": standing,
        "at": at,
        "signature": _sign(payment, standing, at, key=keys.of(session.payment.merchant)),
    }
    query = f"{parts.query}&{urlencode(word)}" if parts.query else urlencode(word)
    return urlunsplit(parts._replace(query=query))


def read_return(query: str, *, key: bytes, now: int) -> Return | None:
    """The word that a payer brought back, or None when it is not ours, was changed, or is old.

    It may be true and late all the same: ask for the payment before anything is handed over.
    """
    fields = parse_qs(query)
    try:
        payment, standing, at, signature = (
            fields[name][0] for name in ("payment", "standing", "at", "signature")
        )
        signed = _sign(payment, standing, at, key=key)
        if not hmac.compare_digest(signed.encode(), signature.encode()):
            return None
        age = now - int(at) * SECOND
        word = Return(payment=PAYMENT_ID.read(payment), standing=Standing(standing))
    except (KeyError, ValueError):
        return None
    return word if -SECOND <= age <= RETURN_NS else None


def _sign(payment: str, standing: str, at: str, *, key: bytes) -> str:
    signature = hmac.digest(key, f"{payment}.{standing}.{at}".encode(), "sha256")
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
