"""What a till takes without a network and forwards afterwards, pure.

A till takes payment codes alone only within what the merchant allowed when it was last told: so much each, so
much and so many within 24 hours. Each sale is numbered and sealed, and written down, before goods change
hands. When the line is back the sales are brought in order, as often as needed: the server decides each
once, by its number, and says the same again to whoever asks again. A code that the till has taken or sent
before is not taken again, for it would be declined.

Times are whole milliseconds of the till's clock.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, auto, unique
from typing import Any, Final

from milletpay.codes import read_code
from milletpay.terminals.offline_model import UPLOADED_WITHIN, Sealed

RECORDS_MAX: Final = 100
"""How many are brought at once."""

WINDOW: Final = UPLOADED_WITHIN // 10**6
"""Over which the total and the count are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the merchant's tills may take alone, as this one was last told."""

    each: int = 0
    total: int = 0
    count: int = 0


@unique
class Outcome(StrEnum):
    """What became of a sale that was brought."""

    ACCEPTED = auto()
    """The money is the merchant's."""
    DECLINED = auto()
    """It is the merchant's loss."""
    REFUSED = auto()
    """It was not even looked at: somebody has to see why."""


@unique
class Hindrance(StrEnum):
    """Why a till does not take a code alone, in order of precedence. Nothing is written down."""

    NOT_A_CODE = auto()
    """No code of ours was scanned, or no amount is asked for."""
    NOT_ALLOWED = auto()
    """The merchant allows no sales without a network, as far as the till was told."""
    CODE_USED = auto()
    """The till has taken or sent this code before: the phone has to show another."""
    EXCEEDS_EACH = auto()
    """More than one sale may be."""
    EXCEEDS_TOTAL = auto()
    """More than the till may take within 24 hours."""
    EXCEEDS_COUNT = auto()
    """More sales than the till may make within 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A sale as the till has it in its journal."""

    payment_code: str = field(repr=False)
    amount: int
    currency: str
    taken_at: str
    taken: int
    """The same moment."""
    pairing: int
    sequence: int
    seal: str
    outcome: Outcome | None = None
    """None until it was brought."""
    why: str | None = None
    """The reason of a decline, the fault of a refusal."""
    payment: str | None = None

    def record(self) -> dict[str, object]:
        """As it is brought."""
        names = ("payment_code", "amount", "currency", "taken_at", "pairing", "sequence", "seal")
        return {name: getattr(self, name) for name in names}


def plain(code: str) -> str:
    """A code as it is written down: spaces do not count."""
    return code.replace(" ", "")


def why_not(
    *, allowed: Allowed, kept: Sequence[Kept], sent: Collection[str], code: str, amount: int, now: int
) -> Hindrance | None:
    """Why the till does not take this; None if it may. `sent` are the codes that it has sent."""
    # What was declined is no risk any longer. The server counts what it has accepted: never more than this.
    counted = [one for one in kept if one.outcome in {None, Outcome.ACCEPTED}]
    late = [one.amount for one in counted if abs(one.taken - now) < WINDOW]
    used = code in sent or any(one.payment_code == code for one in kept)
    checks = (
        (not read_code(code).is_ours or amount <= 0, Hindrance.NOT_A_CODE),
        (not allowed.each, Hindrance.NOT_ALLOWED),
        (used, Hindrance.CODE_USED),
        (amount > allowed.each, Hindrance.EXCEEDS_EACH),
        (sum(late) + amount > allowed.total, Hindrance.EXCEEDS_TOTAL),
        (len(late) >= allowed.count, Hindrance.EXCEEDS_COUNT),
    )
    return next((hindrance for applies, hindrance in checks if applies), None)


def seal(
    *,
    kept: Sequence[Kept],
    code: str,
    amount: int,
    currency: str,
    now: int,
    taken_at: str,
    pairing: int,
    key: bytes,
) -> Kept:
    """Number and seal a sale of `now`, which is `taken_at` in RFC 3339. It counts once it is written down."""
    sealed = Sealed(
        payment_code=code,
        amount=amount,
        currency=currency,
        taken_at=taken_at,
        pairing=pairing,
        sequence=max((one.sequence for one in kept if one.pairing == pairing), default=0) + 1,
    )
    return Kept(
        payment_code=code,
        amount=amount,
        currency=currency,
        taken_at=sealed.taken_at,
        taken=now,
        pairing=pairing,
        sequence=sealed.sequence,
        seal=sealed.seal(key),
    )


def waiting(kept: Sequence[Kept], *, most: int = RECORDS_MAX) -> list[Kept]:
    """What is to be brought next, the first first."""
    found = sorted((one for one in kept if one.outcome is None), key=lambda one: (one.pairing, one.sequence))
    return found[:most]


def decided(brought: Sequence[Kept], results: Sequence[Mapping[str, Any]]) -> list[Kept]:
    """What was brought, as the server has decided it; what it does not tell of still waits."""
    told = {(result["pairing"], result["sequence"]): result for result in results}
    return [
        _as_told(one, told[one.pairing, one.sequence])
        for one in brought
        if (one.pairing, one.sequence) in told
    ]


def refused(one: Kept, why: str) -> Kept:
    """A sale that cannot be brought, also by itself."""
    return replace(one, outcome=Outcome.REFUSED, why=why)


def _as_told(one: Kept, result: Mapping[str, Any]) -> Kept:
    why = result["reason"] or result["fault"]
    return replace(one, outcome=Outcome(result["outcome"]), why=why, payment=result["payment"])
