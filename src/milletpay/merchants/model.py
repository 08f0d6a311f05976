"""The values of merchants: who they are, their stores, and what may become of them."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto, unique
from typing import Final, NewType

from milletpay.ledger.chart import Mode
from milletpay.money import Money
from milletpay.plumbing.ids import IdForm, Prefix

MerchantId = NewType("MerchantId", int)
MERCHANT_ID: Final = IdForm(Prefix.MERCHANT, MerchantId)

StoreId = NewType("StoreId", int)
STORE_ID: Final = IdForm(Prefix.STORE, StoreId)

TerminalId = NewType("TerminalId", int)
"""A till or a card terminal in a store; the name stands here, for what is sold there bears it."""
TERMINAL_ID: Final = IdForm(Prefix.TERMINAL, TerminalId)


PlateId = NewType("PlateId", int)
PLATE_ID: Final = IdForm(Prefix.PLATE, PlateId)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What something is called, in both languages of our pages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Where a merchant or a store is, as codes and receipts name it."""

    country: str
    """ISO 3166-1, two capital letters."""
    names: Names


BEIJING: Final = City(country="CN", names=Names(en="Beijing", zh="北京"))
"""Where a merchant is said to be that says nothing else."""


@unique
class MerchantStatus(Enum):
    """What a merchant may do. The number is how it is kept."""

    ACTIVE = 1
    """Everything."""
    SUSPENDED = 2
    """Take no new payments; what was taken may be captured and refunded."""
    CLOSED = 3
    """As suspended, for ever."""


TRANSITIONS: Final = frozenset(
    {
        (MerchantStatus.ACTIVE, MerchantStatus.SUSPENDED),
        (MerchantStatus.SUSPENDED, MerchantStatus.ACTIVE),
        (MerchantStatus.ACTIVE, MerchantStatus.CLOSED),
        (MerchantStatus.SUSPENDED, MerchantStatus.CLOSED),
    }
)
"""What may follow what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A business that takes payments, in one mode."""

    id: MerchantId
    mode: Mode
    names: Names
    category: int
    """Merchant category code of ISO 18245, 0 to 9999: 5815 for digital media, 5816 for games."""
    city: City = BEIJING
    status: MerchantStatus = MerchantStatus.ACTIVE
    created_at: int
    version: int = 1
    """How many events it has had."""

    @property
    def is_active(self) -> bool:
        """Whether it may take new payments."""
        return self.status is MerchantStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A place where a merchant sells."""

    id: StoreId
    merchant: MerchantId
    names: Names
    city: City
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A printed code of a store, at which payers type the amount."""

    id: PlateId
    merchant: MerchantId
    mode: Mode
    store: StoreId
    terminal: TerminalId | None
    """The till that it stands at; None when it is the whole store's."""
    serial: int
    """Counted from 1 for each merchant, printed on it, so that people can name it."""
    created_at: int
    revoked_at: int = 0
    """Nanoseconds; 0 while it can be paid."""

    @property
    def is_active(self) -> bool:
        """Whether it can be paid."""
        return not self.revoked_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What we owe a merchant."""

    pending: Money
    """Not settled yet."""
    available: Money
    """Settled, and not paid out."""


class MerchantRefusal(StrEnum):
    """Why nothing was done, in order of precedence."""

    ID_TAKEN = auto()
    """The id names another merchant, store or contract."""
    NOT_FOUND = auto()
    """There is no such merchant."""
    WRONG_STATUS = auto()
    """What it is now does not allow it."""
    CONTRACT_IN_THE_PAST = auto()
    """A contract begins today at the earliest, but for a merchant's first."""
    CONTRACT_EXISTS = auto()
    """Another contract in the currency begins on that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantRefused:
    """A refusal, in words too."""

    refusal: MerchantRefusal
    detail: str
