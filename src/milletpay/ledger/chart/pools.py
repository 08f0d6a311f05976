"""Pools: money or units of one kind that balance alone, and the ledger number of each.

The book refuses a transfer between two ledger numbers, so client money and own money cannot be mixed even by
a defect. The number says both which money it is and whose: the currency's ISO 4217 number, plus the pool's
thousand. Money of test mode stands in pools of its own, a million further on, so that it never meets the
other.
"""

from dataclasses import dataclass
from enum import Enum, unique

from milletpay.money import Currency

UNITS_MAX = 989_999
"""The number of the last unit: its ledger is the last one before those of test mode."""


class NotALedger(ValueError):
    """A number that is the ledger of no pool."""


@unique
class Pool(Enum):
    """Whose money it is, and apart from whose. The columns: what is added to the currency's number; names."""

    CLIENT = 0, "客户备付金", "client money: safeguarded, never ours to use"
    OWN = 1000, "自有资金", "own money: the company's"
    FUND = 2000, "基金资金", "fund money: kept apart by rule since 2021"
    CREDIT = 3000, "信贷资金", "credit: the lender's money, another legal entity"
    UNITS = 10000, "非货币单位", "units that are not money: fund units, coupons, points, partner coins"

    def __init__(self, base: int, chinese: str, meaning: str) -> None:
        self.base: int = base
        """The ledger number less the currency's number or, for units, less the number of the unit."""
        self.chinese: str = chinese
        self.meaning: str = meaning


@unique
class Mode(Enum):
    """Whether money is meant. The columns: what is added to the ledger number; names."""

    LIVE = 0, "正式", "real money"
    TEST = 1_000_000, "测试", "play money, for those who build; it never meets real money"

    def __init__(self, base: int, chinese: str, meaning: str) -> None:
        self.base: int = base
        """What is added to the number that the pool has in live mode."""
        self.chinese: str = chinese
        self.meaning: str = meaning


@dataclass(frozen=True, slots=True)
class LedgerName:
    """What a ledger number stands for: a mode, a pool, and either its currency or the number of its unit."""

    mode: Mode
    pool: Pool
    currency: Currency | None
    unit: int | None

    def __str__(self) -> str:
        """Such as `client money in CNY`, `test client money in CNY` or `units 7`."""
        of = f"money in {self.currency}" if self.currency else f"{self.unit}"
        test = "test " if self.mode is Mode.TEST else ""
        return f"{test}{self.pool.name.lower()} {of}"


def ledger_of(pool: Pool, *, currency: Currency, mode: Mode) -> int:
    """The ledger number of a pool of money: 156 for client money in CNY, 1000156 for the same in test mode.

    :raises ValueError: for the pool of units, which has no currency: use `units_ledger`
    """
    if pool is Pool.UNITS:
        raise ValueError("units are not money and have no currency; use units_ledger(number)")
    return mode.base + pool.base + currency.number


def units_ledger(number: int, *, mode: Mode) -> int:
    """The ledger number of a unit that is not money: 10000 for unit 0, 1010000 for the same in test mode.

    :raises NotALedger: below zero, or beyond `UNITS_MAX`
    """
    if not 0 <= number <= UNITS_MAX:
        raise NotALedger(f"there is no unit {number}; units run from 0 to {UNITS_MAX}")
    return mode.base + Pool.UNITS.base + number


def name_ledger(ledger: int) -> LedgerName:
    """The mode, and the pool and currency, or the unit, of a ledger number.

    :raises NotALedger: with the number
    """
    mode = Mode.LIVE if ledger < Mode.TEST.base else Mode.TEST
    place = ledger - mode.base
    if 0 <= place - Pool.UNITS.base <= UNITS_MAX:
        return LedgerName(mode=mode, pool=Pool.UNITS, currency=None, unit=place - Pool.UNITS.base)
    thousands, number = divmod(place, 1000)
    pool = _MONEY_POOLS.get(thousands)
    currency = _CURRENCIES.get(number)
    if pool is None or currency is None:
        raise NotALedger(
            f"{ledger} is the ledger of no pool; client money in CNY is 156, own money in CNY is 1156"
        )
    return LedgerName(mode=mode, pool=pool, currency=currency, unit=None)


_MONEY_POOLS = {pool.base // 1000: pool for pool in Pool if pool is not Pool.UNITS}
_CURRENCIES = {currency.number: currency for currency in Currency}
