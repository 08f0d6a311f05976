"""The part of the desk that knows whose payment code it is.

A code that is **recognized** is right, new, its phone in use and its customer active; everything else is
unknown, in one and the same way. A code is used once: what was recognized is written in the batch that
recognizes it, whatever becomes of the payment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from milletpay.codes import NUMBER_MAX, CodeKeys, Reading, Sighting, read_code
from milletpay.customers import CustomerId, Customers, DeviceId, DeviceKind, Devices
from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits, Measure
from milletpay.payments.guessing import FORGOTTEN_AFTER, MINUTE, Bound, Guesses, alias_subject, bounds_of
from milletpay.payments.model import PaymentId
from milletpay.payments.postings import accounts_of
from milletpay.payments.presenting import (
    CodeRefusal,
    CodeRefused,
    CodeRule,
    Command,
    EnrollPresenter,
    Presenter,
    RuleCodes,
    Scanned,
    columns_of_presenters,
    presenter_of,
    rule_of,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.payments", name="presenters.sql")

REMEMBERED_MAX: Final = 200_000
"""How many presenters, rules or counters of guesses memory holds before it begins anew."""


@dataclass(slots=True, kw_only=True)
class Recognized:
    """A right code, and who showed it."""

    presenter: Presenter
    step: int
    lane: int


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was found out about a scanned code while the batch loaded."""

    reading: Reading
    sightings: tuple[Sighting, ...]
    shown: Recognized | None = None
    """Who has shown it, if its word is right."""
    alias: int = 0
    """The subject of its alias, if its word is right."""


_Scan: TypeAlias = tuple[str, int]
"""What was scanned, and when; 0 for now."""

_Use: TypeAlias = tuple[int, int, int]
"""Step, number, lane."""


class Presenters:
    """The part of a desk that knows the phones. The part above it says `want_code`, then `recognize`."""

    commands: tuple[type, ...] = (EnrollPresenter, RuleCodes)

    def __init__(
        self, *, book: Book, devices: Devices, customers: Customers, limits: Limits, keys: CodeKeys | None
    ) -> None:
        self._book = book
        self._devices = devices
        self._customers = customers
        self._limits = limits
        self._keys = keys  # None at a desk that takes no codes
        self._known: dict[int, Presenter | None] = {}
        self._by_device: dict[DeviceId, Presenter] = {}
        self._rules: dict[CustomerId, CodeRule | None] = {}
        self._guesses: dict[int, Guesses] = {}
        self._all_guesses = False
        self._scanned: list[Scanned] = []
        self._enrolled: set[DeviceId] = set()
        self._seen: dict[_Scan, Seen] = {}
        self._used: set[_Use] = set()
        self._numbers = 0
        self._new_uses: dict[_Use, PaymentId] = {}
        self._changed: dict[int, Presenter] = {}
        self._changed_rules: dict[CustomerId, CodeRule] = {}
        self._changed_guesses: dict[int, Guesses] = {}
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch."""
        for wanted in (self._scanned, self._enrolled, self._seen, self._used, self._by_device):
            wanted.clear()
        self._drop_changes()
        for known in (self._known, self._rules):
            if len(known) > REMEMBERED_MAX:
                known.clear()
        if len(self._guesses) > REMEMBERED_MAX:
            self._all_guesses = False

    def forget(self) -> None:
        """What is remembered may have changed."""
        for known in (self._known, self._rules, self._by_device):
            known.clear()
        self._all_guesses = False
        self._drop_changes()

    def _drop_changes(self) -> None:
        for changed in (self._new_uses, self._changed, self._changed_rules, self._changed_guesses):
            changed.clear()
        self._events.clear()

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        if isinstance(command, EnrollPresenter):
            self._enrolled.add(command.device)
            self._devices.want_device(command.device)

    def want_code(self, command: Scanned) -> None:
        """Note that a command brings a code."""
        self._scanned.append(command)

    async def load(self, connection: Connection) -> None:
        """Find out whose codes were scanned, and say what the parts below must bring for them."""
        if self._enrolled:
            rows = await connection.fetch(SQL["presenters_of"], self._enrolled)
            self._by_device.update({DeviceId(row["device"]): presenter_of(row) for row in rows})
            self._numbers = await connection.fetchval(SQL["greatest_number"])
        if not self._scanned:
            return
        assert self._keys is not None, "a desk without the secret takes no codes"
        now = self._book.now
        read = {}
        for command in self._scanned:
            reading = read_code(command.payment_code)
            at = command.scanned_at or now
            read[_scan(command)] = reading, self._keys.sightings(reading, now=at)
        await self._load_presenters(connection, [s for _, sightings in read.values() for s in sightings])
        for scan, (reading, sightings) in read.items():
            self._seen[scan] = self._look(reading, sightings, keys=self._keys)
        await self._load_uses(connection)
        if not self._all_guesses:
            await self._load_guesses(connection)
        for command in self._scanned:
            self._want_below(command)

    def decide(self, command: Command, /) -> "Presenter | CodeRule | CodeRefused":
        """Decide one command: the presenter or rule as it then is, or why not."""
        match command:
            case EnrollPresenter():
                return self._enroll(command)
            case RuleCodes():
                self._rules[command.rule.customer] = command.rule
                self._changed_rules[command.rule.customer] = command.rule
                self._book.note()
                return command.rule
            case _:
                assert_never(command)

    def recognize(self, command: Scanned) -> Recognized | None:
        """Who showed the code; None, and counted, whatever was wrong."""
        seen = self._seen[_scan(command)]
        bounds = bounds_of(command.merchant, place=command.terminal or command.store)
        if any(map(self._is_closed, bounds)):
            return None
        if seen.shown is None or not self._is_right(seen, seen.shown, mode=command.mode):
            self._count_wrong(seen, bounds)
            return None
        for subject, bound in bounds.items():
            place = self._guesses.get(subject)
            if place is not None and place.right(now=self._book.now, word=seen.reading.word, bound=bound):
                self._keep_guesses(place)
        return seen.shown

    def use(self, recognized: Recognized, *, payment: PaymentId) -> None:
        """The code is used: it is never right again."""
        use = recognized.step, recognized.presenter.number, recognized.lane
        self._used.add(use)
        self._new_uses[use] = payment

    def rule_of(self, customer: CustomerId) -> CodeRule | None:
        """What the customer of a recognized code has set; None for what the house sets."""
        return self._rules[customer]

    async def save(self, connection: Connection) -> None:
        """Write what has changed, and the news of it."""
        if self._changed:
            changed = list(self._changed.values())
            await connection.execute(SQL["write_presenters"], *columns_of_presenters(changed))
        if self._changed_rules:
            rules = self._changed_rules.values()
            await connection.execute(
                SQL["write_code_rules"],
                [r.customer for r in rules],
                [r.each for r in rules],
                [r.per_day for r in rules],
            )
        if self._new_uses:
            uses = list(self._new_uses)
            await connection.execute(
                SQL["add_code_uses"],
                [step for step, _, _ in uses],
                [number for _, number, _ in uses],
                [lane for _, _, lane in uses],
                list(self._new_uses.values()),
            )
        if self._changed_guesses:
            guesses = [self._changed_guesses[subject] for subject in sorted(self._changed_guesses)]
            await connection.execute(
                SQL["write_guesses"],
                [g.subject for g in guesses],
                [g.since for g in guesses],
                [g.wrong for g in guesses],
                [g.owed_until for g in guesses],
                [g.closings for g in guesses],
                [g.closed_until for g in guesses],
            )
        if self._events:
            await append(connection, events=self._events)

    async def _load_presenters(self, connection: Connection, sightings: Sequence[Sighting]) -> None:
        """Bring the presenters that codes may be of, and what their customers have set."""
        numbers = {sighting.slot.number for sighting in sightings}
        # One by one: to subtract the keys of a mapping is to go through all of them.
        unknown = {number for number in numbers if number not in self._known}
        if unknown:
            self._known.update(dict.fromkeys(unknown))
            for row in await connection.fetch(SQL["presenters"], unknown):
                self._known[row["number"]] = presenter_of(row)
        customers = {known.customer for known in map(self._known.get, numbers) if known is not None}
        unruled = {customer for customer in customers if customer not in self._rules}
        if unruled:
            self._rules.update(dict.fromkeys(unruled))
            for row in await connection.fetch(SQL["code_rules"], unruled):
                rule = rule_of(row)
                self._rules[rule.customer] = rule

    def _look(self, reading: Reading, sightings: tuple[Sighting, ...], *, keys: CodeKeys) -> Seen:
        """Compare the words. Who has no presenter is compared with nobody's, which takes as long."""
        shown, alias = None, 0
        for sighting in sightings:
            presenter = self._known[sighting.slot.number]
            device, version = (presenter.device, presenter.version) if presenter else (0, 0)
            step = keys.step_shown(reading, sighting=sighting, device=device, version=version)
            if step is not None and presenter is not None:
                shown = Recognized(presenter=presenter, step=step, lane=sighting.slot.lane)
                alias = _alias(sighting)
        return Seen(reading=reading, sightings=sightings, shown=shown, alias=alias)

    async def _load_uses(self, connection: Connection) -> None:
        """Bring which of the codes were used."""
        shown = [seen.shown for seen in self._seen.values() if seen.shown is not None]
        rows = await connection.fetch(
            SQL["code_uses"],
            [one.step for one in shown],
            [one.presenter.number for one in shown],
            [one.lane for one in shown],
        )
        self._used.update((row["step"], row["number"], row["lane"]) for row in rows)

    async def _load_guesses(self, connection: Connection) -> None:
        """Bring all that counts of what was guessed: whatever is not among it was not guessed at."""
        now = self._book.now
        rows = await connection.fetch(SQL["guesses"], now, now - MINUTE, now - FORGOTTEN_AFTER)
        self._guesses = {row["subject"]: Guesses(**dict(row)) for row in rows}
        self._all_guesses = True

    def _want_below(self, command: Scanned) -> None:
        shown = self._seen[_scan(command)].shown
        if shown is None:
            return
        presenter = shown.presenter
        currency = command.amount.currency
        self._devices.want_device(presenter.device)
        self._customers.want_customer(presenter.customer)
        self._book.want(
            *accounts_of(presenter.customer, merchant=command.merchant, currency=currency, mode=command.mode)
        )
        day = Day(self._book.accounting_date)
        for measure in (Measure.PAYMENTS, Measure.WITHOUT_PIN):
            self._limits.want_used(presenter.customer, measure=measure, currency=currency, day=day)

    def _is_right(self, seen: Seen, shown: Recognized, *, mode: Mode) -> bool:
        presenter = shown.presenter
        device = self._devices.device(presenter.device)
        customer = self._customers.customer(presenter.customer)
        return (
            seen.reading.is_ours
            and presenter.mode is mode
            and self._known[presenter.number] == presenter
            and (shown.step, presenter.number, shown.lane) not in self._used
            and not self._is_closed(seen.alias)
            and device is not None
            and device.is_active
            and customer is not None
            and customer.is_active
        )

    def _is_closed(self, subject: int) -> bool:
        guesses = self._guesses.get(subject)
        return guesses is not None and guesses.is_closed(now=self._book.now)

    def _guesses_of(self, subject: int) -> Guesses:
        """What was counted of a subject; kept in memory once there is something."""
        return self._guesses.get(subject) or Guesses(subject=subject)

    def _count_wrong(self, seen: Seen, bounds: Mapping[int, Bound]) -> None:
        now, might_be_right = self._book.now, seen.reading.is_ours and seen.shown is None
        for subject, bound in bounds.items():
            place = self._guesses_of(subject)
            if (place.guess if might_be_right else place.err)(now=now, bound=bound):
                self._events.append(
                    Event(kind="codes.guessing", object=place.subject, sequence=place.closings, at=now)
                )
            self._keep_guesses(place)
        if seen.shown is not None:
            return
        for sighting in seen.sightings:
            if self._known[sighting.slot.number] is not None:
                alias = self._guesses_of(_alias(sighting))
                alias.miss(until=sighting.ends_at)
                self._keep_guesses(alias)

    def _keep_guesses(self, guesses: Guesses) -> None:
        self._guesses[guesses.subject] = self._changed_guesses[guesses.subject] = guesses
        self._book.note()

    def _enroll(self, command: EnrollPresenter) -> Presenter | CodeRefused:
        device = self._devices.device(command.device)
        if (
            device is None
            or (device.customer, device.mode) != (command.customer, command.mode)
            or device.kind is not DeviceKind.PHONE
            or not device.is_active
        ):
            return CodeRefused(refusal=CodeRefusal.DEVICE_NOT_FOUND, detail="There is no such phone in use.")
        known = self._by_device.get(command.device)
        if known is None and self._numbers >= NUMBER_MAX:
            detail = "No more phones can show codes."
            return CodeRefused(refusal=CodeRefusal.NO_NUMBER_LEFT, detail=detail)
        # From here it must succeed.
        if known is None:
            self._numbers += 1
        presenter = Presenter(
            number=self._numbers if known is None else known.number,
            device=command.device,
            customer=command.customer,
            mode=command.mode,
            version=1 if known is None else known.version + 1,
            enrolled_at=self._book.now,
        )
        self._by_device[command.device] = presenter
        self._known[presenter.number] = self._changed[presenter.number] = presenter
        self._events.append(
            Event(
                kind="device.enrolled",
                object=presenter.device,
                sequence=presenter.version,
                at=self._book.now,
            )
        )
        self._book.note()
        return presenter


def _alias(sighting: Sighting) -> int:
    slot = sighting.slot
    return alias_subject(number=slot.number, lane=slot.lane, epoch=sighting.epoch)


def _scan(command: Scanned) -> _Scan:
    return command.payment_code, command.scanned_at
