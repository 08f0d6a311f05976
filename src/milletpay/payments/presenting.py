"""The values of presenters: the phones that show payment codes, and what their customers allow.

A **presenter** is a device that was enrolled: it has a number, and a key that only it and the secret of the
house can make. Each enrolment anew is a new version with a new key, and the codes of the old one are dead.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, Protocol, TypeAlias

from milletpay.codes import step_of
from milletpay.customers import Customer, CustomerId, DeviceId
from milletpay.ledger.chart import Mode
from milletpay.limits import Measure, Span, limits_on
from milletpay.merchants import MerchantId, StoreId, TerminalId
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection, Row
from milletpay.plumbing.dates import Day
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.payments", name="presenters.sql")

KEPT_NS: Final = 2 * 24 * 3600 * 10**9
"""How long it is kept that a code was used: longer than the day within which tills bring what they took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """A phone that shows payment codes."""

    number: int
    device: DeviceId
    customer: CustomerId
    mode: Mode
    version: int
    """How often it was enrolled: each time with a new key."""
    enrolled_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRule:
    """What a customer has set lower than the house: how much goes without asking, and how often a day."""

    customer: CustomerId
    each: int
    """Minor units of each currency; 0 to be asked every time."""
    per_day: int


class CodeRefusal(StrEnum):
    """Why a phone or a rule was refused, in order of precedence."""

    DEVICE_NOT_FOUND = auto()
    """The customer has no such phone in use."""
    NO_NUMBER_LEFT = auto()
    """As many phones are enrolled as codes of one prefix can tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRefused:
    """A refusal, in words too."""

    refusal: CodeRefusal
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollPresenter:
    """Let a phone show codes, with a new key; that it is the customer who asks was proved with the PIN."""

    device: DeviceId
    customer: CustomerId
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCodes:
    """Set how much goes without asking; more than the house allows is no more than that."""

    rule: CodeRule


Command: TypeAlias = EnrollPresenter | RuleCodes


class Scanned(Protocol):
    """A command that brings a code."""

    @property
    def payment_code(self) -> str:
        """What was scanned."""

    @property
    def scanned_at(self) -> int:
        """When, nanoseconds; 0 for now."""

    @property
    def merchant(self) -> MerchantId:
        """Who is to be paid."""

    @property
    def mode(self) -> Mode:
        """With real money, or not."""

    @property
    def amount(self) -> Money:
        """How much."""

    @property
    def store(self) -> StoreId | None:
        """Where."""

    @property
    def terminal(self) -> TerminalId | None:
        """At which till."""


def rule_in_force(rule: CodeRule | None, *, customer: Customer, currency: Currency, day: Day) -> CodeRule:
    """How much goes without asking on a day: what the house allows, or less where the customer says so."""
    house = limits_on(day, measure=Measure.WITHOUT_PIN, verification=customer.verification, currency=currency)
    each = min(limit.amount.minor for limit in house if limit.span is Span.EACH and limit.amount)
    per_day = min(limit.count for limit in house if limit.count is not None)
    return CodeRule(
        customer=customer.id,
        each=each if rule is None else min(each, rule.each),
        per_day=per_day if rule is None else min(per_day, rule.per_day),
    )


def presenter_of(row: Row) -> Presenter:
    """The presenter of a row."""
    return Presenter(
        number=row["number"],
        device=DeviceId(row["device"]),
        customer=CustomerId(row["customer"]),
        mode=Mode.LIVE if row["live"] else Mode.TEST,
        version=row["version"],
        enrolled_at=row["enrolled_at"],
    )


def rule_of(row: Row) -> CodeRule:
    """What a customer has set."""
    return CodeRule(customer=CustomerId(row["customer"]), each=row["each_limit"], per_day=row["per_day"])


def columns_of_presenters(presenters: list[Presenter]) -> "tuple[list[object], ...]":
    """The columns of `write_presenters`."""
    return (
        [p.number for p in presenters],
        [p.device for p in presenters],
        [p.customer for p in presenters],
        [p.mode is Mode.LIVE for p in presenters],
        [p.version for p in presenters],
        [p.enrolled_at for p in presenters],
    )


async def forget_old_codes(connection: Connection, *, now: int) -> int:
    """Forget codes that were used and what was guessed, once they are no use even as evidence; how many."""
    uses: int = await connection.fetchval(SQL["delete_code_uses"], step_of(now - KEPT_NS))
    guesses: int = await connection.fetchval(SQL["delete_guesses"], now - KEPT_NS)
    return uses + guesses
