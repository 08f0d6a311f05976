"""The states of payments, and what may follow what; what becomes of attempts, and how far refunds are."""

from enum import StrEnum, auto


class PaymentStatus(StrEnum):
    """Where a payment is. What was refunded is an amount, not a state."""

    AWAITING_PAYMENT = auto()
    """Made by the merchant; nobody has paid it yet."""
    PROCESSING = auto()
    """An attempt is under way and its outcome is not known yet."""
    AUTHORIZED = auto()
    """The money is held; the merchant captures it, in parts if it likes."""
    SUCCEEDED = auto()
    """The money is the merchant's. Final, but for a reversal."""
    CANCELED = auto()
    """Ended by the merchant before anything was captured."""
    EXPIRED = auto()
    """Ended by time before anything was captured."""
    FAILED = auto()
    """Declined, where nobody can try again: the payer was named with the payment."""
    REVERSED = auto()
    """Undone by a reversal, whatever it was."""


class Happening(StrEnum):
    """What can happen to a payment."""

    PAY = auto()
    """Paid and captured at once."""
    AUTHORIZE = auto()
    """The money is held."""
    ASK = auto()
    """An attempt is under way, and somebody else decides it: the payer on the phone, or a bank."""
    FALL_BACK = auto()
    """The attempt under way was declined, and the payer may try again."""
    DECLINE = auto()
    """The only attempt was declined."""
    COMPLETE = auto()
    """The last capture, or the end of an authorization of which a part was captured."""
    CANCEL = auto()
    """The merchant ends it."""
    EXPIRE = auto()
    """Its time is over."""
    REVERSE = auto()
    """The merchant undoes it, not knowing how it ended."""


_S, _H = PaymentStatus, Happening

TRANSITIONS: dict[tuple[PaymentStatus, Happening], PaymentStatus] = {
    (_S.AWAITING_PAYMENT, _H.PAY): _S.SUCCEEDED,
    (_S.AWAITING_PAYMENT, _H.AUTHORIZE): _S.AUTHORIZED,
    (_S.AWAITING_PAYMENT, _H.ASK): _S.PROCESSING,
    (_S.AWAITING_PAYMENT, _H.DECLINE): _S.FAILED,
    (_S.AWAITING_PAYMENT, _H.CANCEL): _S.CANCELED,
    (_S.AWAITING_PAYMENT, _H.EXPIRE): _S.EXPIRED,
    (_S.AWAITING_PAYMENT, _H.REVERSE): _S.REVERSED,
    (_S.PROCESSING, _H.PAY): _S.SUCCEEDED,
    (_S.PROCESSING, _H.AUTHORIZE): _S.AUTHORIZED,
    (_S.PROCESSING, _H.FALL_BACK): _S.AWAITING_PAYMENT,
    (_S.PROCESSING, _H.DECLINE): _S.FAILED,
    (_S.PROCESSING, _H.CANCEL): _S.CANCELED,
    (_S.PROCESSING, _H.EXPIRE): _S.EXPIRED,
    (_S.PROCESSING, _H.REVERSE): _S.REVERSED,
    (_S.AUTHORIZED, _H.COMPLETE): _S.SUCCEEDED,
    (_S.AUTHORIZED, _H.CANCEL): _S.CANCELED,
    (_S.AUTHORIZED, _H.EXPIRE): _S.EXPIRED,
    (_S.AUTHORIZED, _H.REVERSE): _S.REVERSED,
    (_S.SUCCEEDED, _H.REVERSE): _S.REVERSED,
}
"""What follows from what. What is not here cannot happen."""


class RefundStatus(StrEnum):
    """How far a refund is. It cannot fail: what a card does not take is the balance's."""

    PENDING = auto()
    """It has left the merchant, and is on its way to the card that paid."""
    SUCCEEDED = auto()
    """The customer has it."""


class Destination(StrEnum):
    """Where a refund goes."""

    BALANCE = auto()
    """To the balance: it paid, or the card that paid does not take it."""
    CARD = auto()
    """To the card that paid."""


class Outcome(StrEnum):
    """What became of an attempt."""

    PENDING = auto()
    """A bank was asked, and it is not known."""
    TOOK_THE_MONEY = auto()
    """It paid the payment."""
    DECLINED = auto()
    """It took none."""
    LET_GO = auto()
    """The payment ended before a bank had answered: should it have drawn money, that goes back by itself."""
    GIVEN_BACK = auto()
    """The bank had drawn money that the payment did not wait for any more: it goes back by itself."""
