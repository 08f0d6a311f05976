"""Pools: money or units of one kind that balance alone, and the ledger number of each.

The book refuses a transfer between two ledger numbers, so client money and own money cannot be mixed even by
a defect. The number says both which money it is and whose: the currency's ISO 4217 number, plus the pool's
thousand.
"""

from dataclasses import dataclass
from enum import Enum, unique

from milletpay.money import Currency

LEDGER_MAX = 2**32 - 1
"""The greatest ledger number that the book can write."""


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


@dataclass(frozen=True, slots=True)
class LedgerName:
    """What a ledger number stands for: a pool, and either its currency or the number of its unit."""

    pool: Pool
    currency: Currency | None
    unit: int | None

    def __str__(self) -> str:
        """Such as `client money in CNY` or `units 7`."""
        of = f"money in {self.currency}" if self.currency else f"{self.unit}"
        return f"{self.pool.name.lower()} {of}"


def ledger_of(pool: Pool, *, currency: Currency) -> int:
    """The ledger number of a pool of money: 156 for client money in CNY, 1156 for own money in CNY.

    :raises ValueError: for the pool of units, which has no currency: use `units_ledger`
    """
    if pool is Pool.UNITS:
        raise ValueError("units are not money and have no currency; use units_ledger(number)")
    return pool.base + currency.number


def units_ledger(number: int) -> int:
    """The ledger number of a unit that is not money: 10000 for unit 0.

    :raises NotALedger: below zero, or beyond what the book can write
    """
    ledger = Pool.UNITS.base + number
    if not Pool.UNITS.base <= ledger <= LEDGER_MAX:
        raise NotALedger(f"there is no unit {number}; units run from 0 to {LEDGER_MAX - Pool.UNITS.base}")
    return ledger


def name_ledger(ledger: int) -> LedgerName:
    """The pool and currency, or the unit, of a ledger number.

    :raises NotALedger: with the number
    """
    if Pool.UNITS.base <= ledger <= LEDGER_MAX:
        return LedgerName(pool=Pool.UNITS, currency=None, unit=ledger - Pool.UNITS.base)
    thousands, number = divmod(ledger, 1000)
    pool = _MONEY_POOLS.get(thousands)
    currency = _CURRENCIES.get(number)
    if pool is None or currency is None:
        raise NotALedger(
            f"{ledger} is the ledger of no pool; client money in CNY is 156, own money in CNY is 1156"
        )
    return LedgerName(pool=pool, currency=currency, unit=None)


_MONEY_POOLS = {pool.base // 1000: pool for pool in Pool if pool is not Pool.UNITS}
_CURRENCIES = {currency.number: currency for currency in Currency}
