"""The town as it stands: who sells, who buys, and by which credentials they are tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from milletpay.customers import DeviceId
from milletpay.payments import Agreement
from milletpay.simulation.partners import Partner
from milletpay.simulation.people import Person
from milletpay.simulation.town_counter import Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """A partner with its keys."""

    partner: Partner
    secret_key: str = field(repr=False)
    publishable_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A person who is signed in, with the agreements that he has signed."""

    person: Person
    token: str = field(repr=False)
    agreements: Sequence[Agreement]
    boxes: "Sequence[Box]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box that is somebody's, with its credential."""

    id: DeviceId
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Who runs the house."""

    login: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The town as it stands."""

    base_url: str
    operator: Console
    sellers: Sequence[Seller]
    buyers: Sequence[Buyer]
    counter: Counter


class TownBroken(Exception):
    """The town cannot be what it should be: something was refused that cannot be."""
