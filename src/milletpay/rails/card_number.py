"""Card numbers: read once, handed to the bank, never kept."""

import re
from dataclasses import dataclass, field
from typing import Final

_DIGITS: Final = re.compile(r"[0-9]{13,19}", re.ASCII)


class NotACardNumber(ValueError):
    """A text that is no number of a card."""


@dataclass(frozen=True, slots=True)
class CardNumber:
    """The full number of a card. It is shown by nobody and kept nowhere."""

    digits: str = field(repr=False)

    @property
    def masked(self) -> str:
        """What may be shown and kept of it: the first six and the last four digits."""
        hidden = len(self.digits) - 10
        return f"{self.digits[:6]}{'*' * hidden}{self.digits[-4:]}"


def read_card_number(text: str) -> CardNumber:
    """The number that a person typed; spaces and hyphens do not count.

    It has 13 to 19 digits, of which the last checks the others (ISO/IEC 7812, Luhn).

    :raises NotACardNumber: without the text, which may be somebody's number all the same
    """
    digits = re.sub(r"[ \-]", "", text)
    if not _DIGITS.fullmatch(digits):
        raise NotACardNumber("that is not a card number: it has 13 to 19 digits")
    if luhn(digits) % 10:
        raise NotACardNumber("that is not a card number: a digit is wrong, or two are swapped")
    return CardNumber(digits)


def numbered_from(digits: str) -> CardNumber:
    """The number that begins with these digits and ends with the one that checks them."""
    return CardNumber(f"{digits}{-luhn(f'{digits}0') % 10}")


def luhn(digits: str) -> int:
    """A sum that is a multiple of ten if the last digit checks the others (ISO/IEC 7812).

    Every second digit from the right is doubled, and counts with its own digits added.
    """
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return sum(map(int, digits[-1::-2])) + sum(number // 10 + number % 10 for number in doubled)
