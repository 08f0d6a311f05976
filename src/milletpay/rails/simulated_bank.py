"""A bank that keeps its books in tables of its own, and does what it is told to do wrong.

It survives our restarts as a real bank does: its books are written in transactions of its own. What it
decides follows from its seed, the order, the faults that were injected and the clock; a decision that
lies ahead is not told before its moment.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from milletpay.ledger.chart import Mode
from milletpay.money import Currency, Money
from milletpay.plumbing.clock import SECOND, Clock
from milletpay.plumbing.database import Connection, Database, Row
from milletpay.plumbing.dates import Day, day_of, previous_day
from milletpay.plumbing.statements import load_statements
from milletpay.rails.card_number import CardNumber
from milletpay.rails.faults import AnyOf, Direction, Fault, NextOrders
from milletpay.rails.model import (
    REFERENCE_MAX,
    BankKey,
    Binding,
    BoundCard,
    Line,
    LineKind,
    NotBound,
    Notice,
    NoticeKind,
    Order,
    OurAccount,
    Outcome,
    OutcomeStatus,
    Received,
    RefusalReason,
)

SQL: Final = load_statements("milletpay.rails")

PATIENCE_NS: Final = 2 * SECOND
"""How long whoever asks waits for an answer that does not come."""

NEW_CARD_BALANCE: Final = 100_000_000
"""What is on a card that the bank issues: a million yuan."""

NO_ANSWER: Final = Outcome(status=OutcomeStatus.UNKNOWN)


class SimulatedBank:
    """One bank in one mode: see `Bank`. Cards whose numbers begin with `issues_from` are its own."""

    def __init__(
        self,
        *,
        key: BankKey,
        issues_from: str,
        database: Database,
        clock: Clock,
        seed: int,
        patience_ns: int = PATIENCE_NS,
    ) -> None:
        self.key = key
        self._place = (key.code, key.mode is Mode.LIVE)
        self._issues_from = issues_from
        self._database = database
        self._clock = clock
        self._seed = seed
        self._patience_ns = patience_ns

    def account(self, currency: Currency) -> OurAccount:
        """An account of play money; its number follows from the bank and the currency."""
        drawn = int.from_bytes(self._draw("account", currency.code)[:6]) % 10**12
        number = f"{self._issues_from[:6]:0<6}{drawn:012}"
        return OurAccount(bank=self.key.code.capitalize(), holder="MilletPay Client Money", number=number)

    def issues(self, number: CardNumber) -> bool:
        """Whether a card of this number is one of its own."""
        return number.digits.startswith(self._issues_from)

    async def bind(self, binding: Binding) -> BoundCard | NotBound:
        """Any card of its own, with anybody's name; it is issued when it is first seen."""
        if not self.issues(binding.number):
            return NotBound(reason=RefusalReason.CARD_CLOSED)
        token = f"sim_{self._draw('card', binding.number.digits).hex()[:28]}"
        masked = binding.number.masked
        async with self._database.transaction() as connection:
            await connection.execute(SQL["sim_add_card"], *self._place, token, masked, NEW_CARD_BALANCE)
        return BoundCard(token=token, masked=masked)

    async def collect(self, order: Order) -> Outcome:
        """Draw money from a card."""
        return await self._take_in(order, Direction.COLLECT)

    async def pay(self, order: Order) -> Outcome:
        """Pay money to a card."""
        return await self._take_in(order, Direction.PAY)

    async def refund(self, order: Order) -> Outcome:
        """Give money that was drawn back to its card."""
        return await self._take_in(order, Direction.REFUND)

    async def query(self, reference: str) -> Outcome:
        """Ask how far an order is."""
        async with self._database.transaction() as connection:
            outcome = await self._answer(connection, reference)
        return await self._say(outcome)

    async def notices(self, *, most: int, skip: int = 0) -> Sequence[Notice]:
        """What is to be told by now."""
        now = self._clock.now_ns()
        async with self._database.connection() as connection:
            rows = await connection.fetch(SQL["sim_notices"], *self._place, now, most, skip)
        return [self._notice(row) for row in rows]

    async def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Tell these no more."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["sim_acknowledge"], *self._place, [notice.id for notice in notices])

    async def statement(self, day: Day, *, currency: Currency) -> Sequence[Line]:
        """What was booked on our account on a day."""
        place = (*self._place, currency.number)
        async with self._database.connection() as connection:
            settled = await connection.fetchval(SQL["sim_settled"], *place, previous_day(day))
            rows = await connection.fetch(SQL["sim_payments"], *place, day)
        lines = [
            Line(
                kind=LineKind(row["kind"]),
                bank_reference=self._line_reference(row),
                reference="" if row["kind"] == LineKind.RECEIPT else row["reference"],
                amount=Money(row["amount"], currency),
            )
            for row in rows
        ]
        if settled:
            reference = f"s{day}{currency.code}"
            amount = Money(settled, currency)
            lines.insert(
                0, Line(kind=LineKind.SETTLEMENT, bank_reference=reference, reference="", amount=amount)
            )
        return lines

    async def inject(self, fault: Fault, *, into: Direction, orders: NextOrders | AnyOf) -> None:
        """Let orders go wrong. Of several faults that fit an order, the oldest is taken."""
        count, share = (orders.count, 10_000) if isinstance(orders, NextOrders) else (None, orders.per_10_000)
        async with self._database.transaction() as connection:
            await connection.execute(
                SQL["sim_add_fault"],
                *self._place,
                into.value,
                count,
                share,
                fault.lost,
                fault.reason,
                fault.unanswered,
                fault.decided_after_ns,
                fault.notices,
                fault.comes_back_after_ns,
            )

    async def heal(self) -> None:
        """Let nothing go wrong from now on."""
        async with self._database.transaction() as connection:
            await connection.execute(SQL["sim_clear_faults"], *self._place)

    async def receive(self, received: Received, *, told: int = 1) -> None:
        """Let money arrive from outside; of `told` notices the last may come long after it was booked."""
        now = self._clock.now_ns()
        async with self._database.transaction() as connection:
            await connection.execute(
                SQL["sim_add_receipt"],
                *self._place,
                received.bank_reference,
                received.token,
                received.payer,
                received.remark,
                received.amount.currency.number,
                received.amount.minor,
                day_of(now),
            )
            for _ in range(told):
                await connection.execute(
                    SQL["sim_add_notice"], *self._place, NoticeKind.RECEIVED, received.bank_reference, now
                )

    async def take_back(self, reference: str, *, amount: Money | None = None, told: int = 1) -> None:
        """Move back now what an order moved: what was not given back of it, or an amount, rightly or not."""
        now = self._clock.now_ns()
        async with self._database.transaction() as connection:
            await connection.execute(SQL["sim_lock"], f"{self._place}")
            moved = None if amount is None else amount.minor
            place = (*self._place, reference)
            found = await connection.fetchrow(SQL["sim_take_back"], *place, now, day_of(now), moved)
            assert found is not None, f"{reference} has moved nothing that could be moved back"
            for _ in range(told):
                await connection.execute(
                    SQL["sim_add_notice"], *self._place, NoticeKind.COME_BACK, reference, now
                )

    async def balance(self, token: str) -> int:
        """What is on a card, in minor units."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(SQL["sim_find_card"], *self._place, token)
        assert row is not None, "there is no such card"
        balance: int = row["balance"]
        return balance

    async def _take_in(self, order: Order, direction: Direction) -> Outcome:
        assert 0 < len(order.reference) <= REFERENCE_MAX, order.reference
        assert order.amount.is_positive, order.amount
        async with self._database.transaction() as connection:
            await connection.execute(SQL["sim_lock"], f"{self._place}")
            known = await connection.fetchrow(SQL["sim_find_order"], *self._place, order.reference)
            if known is None:
                fault = await self._fault(connection, order, direction)
                if not fault.lost:
                    await self._keep(connection, order, direction, fault)
            elif tuple(known[name] for name in ("direction", "token", "currency", "amount", "original")) != (
                direction.value,
                order.token,
                order.amount.currency.number,
                order.amount.minor,
                order.original,
            ):
                return Outcome(status=OutcomeStatus.REFUSED, reason=RefusalReason.REFERENCE_REUSED)
            outcome = await self._answer(connection, order.reference)
        return await self._say(NO_ANSWER if outcome.status is OutcomeStatus.NOT_FOUND else outcome)

    async def _fault(self, connection: Connection, order: Order, direction: Direction) -> Fault:
        drawn = int.from_bytes(self._draw("fault", order.reference)[:8]) % 10_000
        row = await connection.fetchrow(SQL["sim_take_fault"], *self._place, direction.value, drawn)
        if row is None:
            return Fault()
        reason = None if row["reason"] is None else RefusalReason(row["reason"])
        return Fault(**{**dict(row), "reason": reason})

    async def _keep(self, connection: Connection, order: Order, direction: Direction, fault: Fault) -> None:
        decided_at = self._clock.now_ns() + fault.decided_after_ns
        reason = fault.reason or await self._move(connection, order, direction)
        back = fault.comes_back_after_ns if reason is None else None
        back_at = None if back is None else decided_at + back
        await connection.execute(
            SQL["sim_add_order"],
            *self._place,
            order.reference,
            direction.value,
            order.token,
            order.amount.currency.number,
            order.amount.minor,
            order.original,
            reason,
            fault.unanswered,
            decided_at,
            day_of(decided_at),
            back_at,
            None if back_at is None else day_of(back_at),
        )
        told = [(NoticeKind.DECIDED, decided_at)] * fault.notices
        if back_at is not None:
            told.append((NoticeKind.COME_BACK, back_at))
        for kind, at in told:
            await connection.execute(SQL["sim_add_notice"], *self._place, kind, order.reference, at)

    async def _move(self, connection: Connection, order: Order, direction: Direction) -> RefusalReason | None:
        """Move the money on the card; why not, if it cannot be."""
        if order.original:
            left = await connection.fetchval(
                SQL["sim_left_of"], *self._place, order.original, self._clock.now_ns()
            )
            if left is None or order.amount.minor > left:
                return RefusalReason.NOT_ALLOWED
        if await connection.fetchrow(SQL["sim_find_card"], *self._place, order.token) is None:
            sends = direction is Direction.PAY
            known = sends and await connection.fetchval(SQL["sim_has_sent"], *self._place, order.token)
            return None if known else RefusalReason.CARD_CLOSED
        by = -order.amount.minor if direction is Direction.COLLECT else order.amount.minor
        moved = await connection.fetchrow(SQL["sim_move_on_card"], *self._place, order.token, by)
        return RefusalReason.INSUFFICIENT_FUNDS if moved is None else None

    async def _answer(self, connection: Connection, reference: str) -> Outcome:
        if await connection.fetchrow(SQL["sim_stay_silent"], *self._place, reference) is not None:
            return NO_ANSWER
        row = await connection.fetchrow(SQL["sim_find_order"], *self._place, reference)
        return Outcome(status=OutcomeStatus.NOT_FOUND) if row is None else self._outcome(row)

    async def _say(self, outcome: Outcome) -> Outcome:
        if outcome.status is OutcomeStatus.UNKNOWN:
            await self._clock.sleep(duration_ns=self._patience_ns)
        return outcome

    def _notice(self, row: Row) -> Notice:
        kind = NoticeKind(row["kind"])
        if kind is not NoticeKind.RECEIVED:
            came_back = kind is NoticeKind.COME_BACK
            return Notice(
                id=row["id"],
                kind=kind,
                reference=row["reference"],
                outcome=self._outcome(row),
                moved_back=Money(row["back"], Currency.numbered(row["back_currency"])) if came_back else None,
            )
        received = Received(
            bank_reference=row["reference"],
            amount=Money(row["amount"], Currency.numbered(row["currency"])),
            token=row["token"],
            payer=row["payer"],
            remark=row["remark"],
        )
        outcome = Outcome(status=OutcomeStatus.SUCCEEDED, bank_reference=received.bank_reference)
        return Notice(id=row["id"], kind=kind, reference=row["reference"], outcome=outcome, received=received)

    def _line_reference(self, row: Row) -> str:
        """How a line of the statement is called: of what was received, as its notice calls it."""
        if row["kind"] == LineKind.RECEIPT:
            reference: str = row["reference"]
            return reference
        return f"{row['kind'][0]}{self._reference(row['reference'])}"

    def _outcome(self, row: Row) -> Outcome:
        """How far an order is at this moment."""
        ours = self._reference(row["reference"])
        if row["decided_at"] > self._clock.now_ns():
            return Outcome(status=OutcomeStatus.PENDING, bank_reference=ours)
        if row["reason"] is not None:
            reason = RefusalReason(row["reason"])
            return Outcome(status=OutcomeStatus.REFUSED, bank_reference=ours, reason=reason)
        return Outcome(status=OutcomeStatus.SUCCEEDED, bank_reference=ours)

    def _reference(self, reference: str) -> str:
        return self._draw("order", reference).hex()[:20]

    def _draw(self, what: str, name: str) -> bytes:
        """Chance that follows from the seed."""
        return sha256(f"{self._seed}\0{self._place}\0{what}\0{name}".encode()).digest()
