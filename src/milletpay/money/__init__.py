"""Money: amounts, currencies, rounding, sharing a remainder. Pure: no clock, no database, no settings.

Words: an amount is a whole number of **minor units** (fen for CNY, yen for JPY) of one **currency** of ISO
4217. A **rate** is an exact fraction. A **share** is one part of an amount divided among several by
**weights**; the **remainder** is what is left when every exact share has been cut to whole minor units.

What holds:

* There is no float: none is accepted, none is made, and a bool is not a number.
* Two currencies never meet: adding or comparing them is refused with both named.
* Nothing is rounded in silence: whoever multiplies by a rate names a `Rounding`, whoever shares names a
  `Remainder`.
* Shares add up to what was shared, exactly.
* No amount is beyond `AMOUNT_MAX` in magnitude, which is what the book can hold.
* What `format_money` writes with a symbol or a code, `parse_money` reads back as the same amount.
"""

from milletpay.money.amount import AMOUNT_MAX, AmountTooLarge, MixedCurrencies, Money, total
from milletpay.money.currency import Currency, UnknownCurrency
from milletpay.money.formatting import Language, Style, format_money, symbol_of
from milletpay.money.parsing import AmountRefusal, NotAnAmount, parse_money, read_minor_units
from milletpay.money.rounding import NotARate, Rounding, basis_points, divide, rate
from milletpay.money.sharing import NotShareable, Remainder, share

__all__ = [
    "AMOUNT_MAX",
    "AmountRefusal",
    "AmountTooLarge",
    "Currency",
    "Language",
    "MixedCurrencies",
    "Money",
    "NotARate",
    "NotAnAmount",
    "NotShareable",
    "Remainder",
    "Rounding",
    "Style",
    "UnknownCurrency",
    "basis_points",
    "divide",
    "format_money",
    "parse_money",
    "rate",
    "read_minor_units",
    "share",
    "symbol_of",
    "total",
]
