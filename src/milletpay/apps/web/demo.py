"""The town of a demo: who may be tried, and which businesses there are, as `demo.json` tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from milletpay.merchants import MERCHANT_ID, MerchantId


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a visitor may be."""

    name: str
    phone: str
    pin: str


class _Merchant(msgspec.Struct, frozen=True, kw_only=True):
    id: str


class Cashier(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as whom a visitor may work at a till."""

    number: str
    pin: str


class Till(msgspec.Struct, frozen=True, kw_only=True):
    """A till that a visitor may stand at."""

    id: str
    merchant: str
    cashier: Cashier


class _File(msgspec.Struct, frozen=True, kw_only=True):
    merchants: list[_Merchant]
    customers: list[Person]
    tills: list[Till] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Who is there."""

    people: Sequence[Person] = ()
    merchants: Sequence[MerchantId] = ()
    """The house's own shop first."""
    tills: Sequence[Till] = ()

    @property
    def shop(self) -> MerchantId | None:
        """The house's own shop, if it has one."""
        return self.merchants[0] if self.merchants else None


NOBODY: Final = Town()


class TownFile:
    """Reads the file when it is there, and again when it has changed: it is seeded while we already serve."""

    def __init__(self, path: Path | None) -> None:
        """`path` is None where there is no demo."""
        self._path = path
        self._read = 0
        self._town = NOBODY

    def read(self) -> Town:
        """Who is there now."""
        if self._path is None:
            return NOBODY
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read:
                self._town = town_of(self._path.read_bytes())
                self._read = changed
        except FileNotFoundError:
            return NOBODY
        return self._town


def town_of(written: bytes) -> Town:
    """The town that a `demo.json` tells of."""
    told = msgspec.json.decode(written, type=_File)
    return Town(
        people=told.customers,
        merchants=[MERCHANT_ID.read(one.id) for one in told.merchants],
        tills=told.tills,
    )
