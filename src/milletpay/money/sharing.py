"""Sharing an amount among several by weights, to the last minor unit.

The exact share of one part is `amount * weight / sum of weights`, which is seldom whole. Each part first gets
that share cut to whole minor units. What is left over is fewer units than there are parts whose share was
cut; each unit goes to one of those parts, and the rule named at the call says to which. So in every case:

* the shares add up to the amount exactly;
* each share is its exact share or one of the two whole numbers around it;
* a part of weight zero, and a part whose exact share is whole, gets exactly that;
* a negative amount gives the negatives of the shares of the positive one;
* the same call gives the same shares.
"""

from collections.abc import Sequence
from enum import Enum

from milletpay.money.amount import Money


class Remainder(Enum):
    """Who gets the minor units that are left when every exact share has been cut to a whole one."""

    LARGEST_REMAINDER = "largest_remainder"
    """Those who lost most by the cut, one unit each; among equals, whoever comes first. The fairest of the
    two.
    """
    FIRST_IN_ORDER = "first_in_order"
    """Those who lost anything by the cut, one unit each, in the order given: the order says who is
    preferred.
    """


class NotShareable(ValueError):
    """Weights that share nothing out: none, a negative one, or all of them zero."""


def share(amount: Money, *, weights: Sequence[int], remainder: Remainder) -> list[Money]:
    """Share an amount in proportion to whole weights: one share for each weight, in the same order.

    `share(Money(100, CNY), weights=[1, 1, 1], remainder=Remainder.FIRST_IN_ORDER)` gives 34, 33 and 33 fen.

    :param weights: whole numbers, zero or more, at least one above zero; amounts in minor units do well
    :raises TypeError: when a weight is not exactly an `int`
    :raises NotShareable: with the weights that cannot be used
    """
    whole = _checked_total(weights)
    size = abs(amount.minor)
    shares = [size * weight // whole for weight in weights]
    cuts = [size * weight % whole for weight in weights]
    left = size - sum(shares)
    for place in _preferred(cuts, remainder)[:left]:
        shares[place] += 1
    sign = -1 if amount.is_negative else 1
    return [Money(sign * part, amount.currency) for part in shares]


def _preferred(cuts: list[int], remainder: Remainder) -> list[int]:
    """The places of the parts that were cut, who is served first coming first."""
    cut_places = [place for place, cut in enumerate(cuts) if cut]
    match remainder:
        case Remainder.LARGEST_REMAINDER:
            return sorted(cut_places, key=lambda place: (-cuts[place], place))
        case Remainder.FIRST_IN_ORDER:
            return cut_places


def _checked_total(weights: Sequence[int]) -> int:
    for place, weight in enumerate(weights):
        if type(weight) is not int:
            raise TypeError(
                f"weight {place} is {weight!r}, of type {type(weight).__name__}; a weight is a whole number"
            )
        if weight < 0:
            raise NotShareable(f"weight {place} is {weight}; a weight is zero or more")
    whole = sum(weights)
    if whole == 0:
        raise NotShareable("there is nobody to share with: at least one weight must be above zero")
    return whole
