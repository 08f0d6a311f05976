"""The values of customers: who they are, how well they are known, and what may become of them."""

import re
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto, unique
from typing import Final, NewType

from milletpay.ledger.chart import Mode
from milletpay.limits.model import Verification
from milletpay.plumbing.ids import IdForm, Prefix

CustomerId = NewType("CustomerId", int)
CUSTOMER_ID: Final = IdForm(Prefix.CUSTOMER, CustomerId)

PersonId = NewType("PersonId", int)
"""A human being, who may have several accounts; named as the first of them, until two turn out to be one."""

DeviceId = NewType("DeviceId", int)

Phone = NewType("Phone", str)
"""A phone number as ITU-T E.164 writes it: +8613800138000."""

_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_MAINLAND: Final = re.compile(r"1[3-9][0-9]{9}", re.ASCII)


class NotAPhone(ValueError):
    """A text that is no phone number."""


def read_phone(text: str) -> Phone:
    """The phone number of what a person typed; spaces and hyphens do not count.

    Eleven digits are a mobile number of mainland China; any other begins with + and its country.

    :raises NotAPhone: without the text, which may be somebody's number all the same
    """
    typed = re.sub(r"[ \-]", "", text)
    if _MAINLAND.fullmatch(typed):
        typed = f"+86{typed}"
    if not _E164.fullmatch(typed) or (
        typed.startswith("+86") and not _MAINLAND.fullmatch(typed.removeprefix("+86"))
    ):
        raise NotAPhone("that is not a phone number; write 13800138000, or +85291234567 with its country")
    return Phone(typed)


@unique
class CustomerStatus(Enum):
    """What a customer may do. The number is how it is kept."""

    ACTIVE = 1
    """Everything."""
    FROZEN = 2
    """Nothing that moves money, until the house lets it go."""
    CLOSED = 3
    """Gone, without a balance, for ever."""


TRANSITIONS: Final = frozenset(
    {
        (CustomerStatus.ACTIVE, CustomerStatus.FROZEN),
        (CustomerStatus.FROZEN, CustomerStatus.ACTIVE),
        (CustomerStatus.ACTIVE, CustomerStatus.CLOSED),
        (CustomerStatus.FROZEN, CustomerStatus.CLOSED),
    }
)
"""What may follow what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An account of a person with a wallet, in one mode."""

    id: CustomerId
    mode: Mode
    phone: Phone = field(repr=False)
    """No two customers of one mode have the same."""
    name: str = field(repr=False)
    verification: Verification
    person: PersonId
    """Who it is: what a rule allows a person is counted over all accounts with the same."""
    status: CustomerStatus = CustomerStatus.ACTIVE
    created_at: int
    version: int = 1
    """How many events it has had."""

    @property
    def is_active(self) -> bool:
        """Whether money may move."""
        return self.status is CustomerStatus.ACTIVE


class CustomerRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ID_TAKEN = auto()
    """The id names another customer."""
    PHONE_TAKEN = auto()
    """Another customer of the mode has this phone number."""
    NOT_FOUND = auto()
    """There is no such customer."""
    WRONG_STATUS = auto()
    """What it is now does not allow it."""
    BALANCE_LEFT = auto()
    """There is money left, or held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRefused:
    """A refusal, in words too, and the customer that stands in the way, if one does."""

    refusal: CustomerRefusal
    detail: str
    customer: CustomerId | None = None
