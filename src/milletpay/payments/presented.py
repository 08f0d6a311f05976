"""How a customer who showed a payment code has agreed."""

from enum import StrEnum, auto


class Presented(StrEnum):
    """How a customer has agreed to what was taken with a payment code."""

    UNASKED = auto()
    """By showing the code: it was little enough. It counts towards the limits of that."""
    ASKED = auto()
    """With the PIN, or not yet: until then the payment is processing, and nobody else can pay it."""
