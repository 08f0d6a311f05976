"""What a terminal can say, and what it is answered: a value for each kind of message.

All of them name the terminal, its batch and the number of the message in it (STAN). A **reversal** has the
number of what it undoes: it is the same transaction, and has no number of its own.
"""

from dataclasses import dataclass, field
from enum import IntEnum, unique
from typing import TypeAlias

from milletpay.money import Currency, Money
from milletpay.terminals.messages.responses import ResponseCode


@unique
class Management(IntEnum):
    """The last three digits of element 60: what a message of management is for."""

    NONE = 0
    """It is about a transaction."""
    SIGN_ON = 1
    """Begin to work: a session key, and the number of the open batch."""
    SIGN_OFF = 2
    """Work no more until sign-on."""
    NEW_KEY = 3
    """Another session key."""
    CLOSE = 201
    """Close the batch if the totals are the book's."""
    CLOSE_AFTER_UPLOAD = 202
    """Close the batch: all of it was sent."""
    ECHO = 301
    """Nothing: whether the house is there, and the key is valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What every request has."""

    terminal: int
    """The terminal's number, 1 to 99999999."""
    batch: int
    """1 to 999999; 0 where the terminal does not know it yet, which only sign-on may say."""
    stan: int
    """1 to 999999, of the message within its batch."""
    key: int
    """The number of the session key; 0 under the master key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Which message another one is about."""

    batch: int
    stan: int
    terminal: int
    """Another terminal of the same merchant, where it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a terminal's batch comes to, in minor units: what was taken, and what was given back."""

    debits: int
    debit_count: int
    credits: int
    credit_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manage:
    """0800: sign on or off, change the key, echo."""

    envelope: Envelope
    management: Management


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """0200: take money by a payment code."""

    envelope: Envelope
    amount: Money
    payment_code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorize:
    """0100: hold money by a payment code."""

    envelope: Envelope
    amount: Money
    payment_code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """0200: undo a purchase of the open batch, or a hold."""

    envelope: Envelope
    amount: Money
    """Of the original."""
    original: Original


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """0220: take what was held, or a part of it; the rest is given back."""

    envelope: Envelope
    amount: Money
    original: Original


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """0220: give back what was taken, or a part of it."""

    envelope: Envelope
    amount: Money
    original: Original


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """0400, 0420: undo the purchase or hold of this number, of which the terminal does not know the end."""

    envelope: Envelope
    amount: Money
    is_hold: bool = False
    is_advice: bool = False
    """0420: after a power cut, when the terminal does not know either whether it was reversed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """0320: what the terminal has under this number; sent for all of a batch whose totals differ."""

    envelope: Envelope
    amount: Money
    is_credit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """0500: close the batch."""

    envelope: Envelope
    totals: Totals
    currency: Currency
    after_upload: bool


Request: TypeAlias = Manage | Purchase | Authorize | Void | Complete | Refund | Reverse | Upload | Close
"""What a terminal sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the house answers to any request; elements 3, 4, 11, 41, 49 and 60 go back as they came."""

    code: ResponseCode
    at: int = 0
    """When it was decided, in nanoseconds; 0 when nothing was."""
    reference: str = ""
    """The retrieval reference number: batch and STAN of what was done, together."""
    totals: Totals | None = None
    """Of the book, in the answer to a closing."""
    batch: int = 0
    """The terminal's open batch, in the answers to sign-on and closing."""
    key: int = 0
    """The number of a new session key."""
    key_block: bytes = b""
    """The new session key, wrapped."""
    about: str = ""
    """Which element was wrong."""
