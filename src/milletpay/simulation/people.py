"""Who lives in the town: fifty people with wallets."""

from dataclasses import dataclass
from typing import Final

from milletpay.customers import CustomerId, Phone
from milletpay.identity import pin_refusal
from milletpay.simulation.chance import digits_of, id_of

FAMILIES: Final = "王李张刘陈杨黄赵吴周"
GIVEN: Final = ("小满", "立秋", "春生", "雨晴", "明远")
"""Names that are made up: the ten most frequent family names, and five given ones."""

CARDS: Final = "62999900000000"
"""What the numbers of their cards begin with: digits that no bank was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the town."""

    number: int
    name: str

    @property
    def id(self) -> CustomerId:
        """The id of the wallet."""
        return CustomerId(id_of("customer", self.number))

    @property
    def phone(self) -> Phone:
        """The phone number."""
        return Phone(f"+86139{self.number:08d}")

    @property
    def pin(self) -> str:
        """The payment PIN."""
        return digits_of("pin", self.number, fits=lambda pin: pin_refusal(pin) is None)

    @property
    def card_number(self) -> str:
        """The number of the bank card, with its check digit."""
        digits = f"{CARDS}{self.number:04d}"
        doubled = "".join(str(int(digit) * (2 - at % 2)) for at, digit in enumerate(reversed(digits)))
        return digits + str(-sum(map(int, doubled)) % 10)


PEOPLE: Final = tuple(Person(number=at + 1, name=f"{FAMILIES[at % 10]}{GIVEN[at // 10]}") for at in range(50))
