"""What stands behind the pages: what they ask and tell, named, so that it is wired in one place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from milletpay.checkout import CheckoutKeys, Watch
from milletpay.codes import Links
from milletpay.identity import Authenticator, OneTimeCodes, Pins
from milletpay.ledger.chart import Mode
from milletpay.merchants import Merchant, MerchantId
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Desk
from milletpay.plumbing.ids import Entropy, IdSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody whom a visitor of the demo may be."""

    name: str
    phone: str
    pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What is told to people who try a demo; one-time codes are shown to them too."""

    people: Sequence[DemoPerson]


class Town(Protocol):
    """What the front page and the shop need to know of who is there."""

    async def partners(self) -> Sequence[Merchant]:
        """The businesses that take our payment, the house's own shop first."""

    @property
    def shop(self) -> MerchantId | None:
        """The house's own shop, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """All that the pages stand on."""

    mode: Mode
    """In which mode people sign in here: test in a demo."""
    form_key: bytes = field(repr=False)
    """The key of the tokens in forms, the same in every process."""
    database: Database
    desk: "Desk[Any, Any, Any]"
    clock: Clock
    ids: IdSource
    entropy: Entropy
    links: Links
    """They also know what our addresses begin with."""
    returns: CheckoutKeys
    watch: Watch
    authenticator: Authenticator
    one_time_codes: OneTimeCodes
    pins: Pins
    town: Town
    demo: Demo | None = None
