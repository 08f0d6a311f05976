"""The part of the desk that keeps the counters: who is signed in, what was sold, and what is on the receipts.

Receipts are written with the money that they are for, whoever moved it: the till, a customer who scans, or
a server of ours. They are numbered under the book's lock, so that none is missing and none is there twice.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from milletpay.ledger import Book
from milletpay.ledger.chart import Mode
from milletpay.merchants import Merchants, TerminalId
from milletpay.payments import Marked, Move, MoveKind, Payment, Payments, Refunded, Refused, ReversePayment
from milletpay.plumbing.database import Connection
from milletpay.plumbing.statements import load_statements
from milletpay.terminals.counter_commands import (
    AddCashier,
    Answer,
    CloseShift,
    Command,
    NoteCash,
    OpenShift,
    RefundAtTill,
    RetireCashier,
    VoidSale,
)
from milletpay.terminals.counter_model import (
    Cashier,
    CashierId,
    CounterRefusal,
    CounterRefused,
    Receipt,
    ReceiptKind,
    Shift,
    Tender,
)
from milletpay.terminals.counters import (
    cashier_of,
    columns_of_receipts,
    columns_of_shifts,
    receipt_of,
    shift_of,
)
from milletpay.terminals.model import Terminal
from milletpay.terminals.queries import terminal_of

SQL: Final = load_statements("milletpay.terminals")


class Shifts:
    """Cashiers, shifts and receipts. Nothing of them is remembered from batch to batch."""

    commands: tuple[type, ...] = (
        AddCashier,
        RetireCashier,
        OpenShift,
        CloseShift,
        NoteCash,
        VoidSale,
        RefundAtTill,
    )

    def __init__(self, *, book: Book, merchants: Merchants, payments: Payments) -> None:
        self._book = book
        self._merchants = merchants
        self._payments = payments
        self._wanted: list[Command] = []
        self._terminals: dict[TerminalId, Terminal] = {}
        self._shifts: dict[TerminalId, Shift] = {}
        """The last one of each terminal."""
        self._cashiers: dict[CashierId, Cashier] = {}
        self._receipts: dict[tuple[TerminalId, int], Receipt] = {}
        self._last_sales: dict[TerminalId, int] = {}
        self._last_numbers: dict[TerminalId, int] = {}
        """The last receipt before the batch, of each terminal where a shift is closed."""
        self._cash: dict[tuple[TerminalId, str], Receipt] = {}
        self._changed: dict[tuple[TerminalId, int], Shift] = {}
        self._new_cashiers: list[Cashier] = []
        self._new_cash: list[Receipt] = []

    def begin(self) -> None:
        """A new batch."""
        for collected in (
            self._wanted,
            self._terminals,
            self._shifts,
            self._cashiers,
            self._receipts,
            self._last_sales,
            self._last_numbers,
            self._cash,
            self._changed,
            self._new_cashiers,
            self._new_cash,
        ):
            collected.clear()

    def forget(self) -> None:
        """Nothing is remembered."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        self._wanted.append(command)
        if isinstance(command, AddCashier):
            self._merchants.want_merchant(command.merchant)
            self._merchants.want_store(command.store)
        elif isinstance(command, RefundAtTill):
            self._payments.want(command.refund)

    async def load(self, connection: Connection) -> None:
        """Bring the terminals, shifts, cashiers and receipts that the commands name."""
        if not self._wanted:
            return
        terminals = {c.terminal for c in self._wanted if not isinstance(c, AddCashier | RetireCashier)}
        for row in await connection.fetch(SQL["terminals"], terminals, []):
            self._terminals[TerminalId(row["id"])] = terminal_of(row)
        for row in await connection.fetch(SQL["last_shifts"], terminals):
            self._shifts[TerminalId(row["terminal"])] = shift_of(row)
        ids = {c.id for c in self._wanted if isinstance(c, AddCashier | RetireCashier)}
        ids |= {c.cashier for c in self._wanted if isinstance(c, OpenShift)}
        named = [c for c in self._wanted if isinstance(c, AddCashier)]
        numbers = [c.store for c in named], [c.number for c in named]
        for row in await connection.fetch(SQL["cashiers"], ids, *numbers):
            self._cashiers[CashierId(row["id"])] = cashier_of(row)
        closing = {c.terminal for c in self._wanted if isinstance(c, CloseShift)}
        self._last_numbers = await self._last_receipts(connection, closing)
        await self._load_receipts(connection)

    async def _load_receipts(self, connection: Connection) -> None:
        voids = [command for command in self._wanted if isinstance(command, VoidSale)]
        cash = [command for command in self._wanted if isinstance(command, NoteCash)]
        if voids:
            names = [v.terminal for v in voids], [v.receipt for v in voids]
            for row in await connection.fetch(SQL["receipts"], *names):
                receipt = receipt_of(row)
                self._receipts[receipt.terminal, receipt.number] = receipt
            for row in await connection.fetch(SQL["last_sales"], [v.terminal for v in voids]):
                self._last_sales[TerminalId(row["terminal"])] = row["number"]
            for void in voids:
                if (found := self._receipts.get((void.terminal, void.receipt))) is not None:
                    self._payments.want(_reversal(void, found))
        if cash:
            references = [c.terminal for c in cash], [c.reference for c in cash]
            for row in await connection.fetch(SQL["cash"], *references):
                receipt = receipt_of(row)
                self._cash[receipt.terminal, receipt.reference] = receipt

    def decide(self, command: Command, /) -> Answer:
        """Decide one command."""
        return _STORIES[type(command)](self, command)

    async def save(self, connection: Connection) -> None:
        """Write what has changed, and a receipt for whatever moved at a terminal."""
        if self._new_cashiers:
            cashiers = self._new_cashiers
            await connection.execute(
                SQL["write_cashiers"],
                [c.id for c in cashiers],
                [c.merchant for c in cashiers],
                [c.mode is Mode.LIVE for c in cashiers],
                [c.store for c in cashiers],
                [c.number for c in cashiers],
                [c.name for c in cashiers],
                [c.created_at for c in cashiers],
                [c.retired_at for c in cashiers],
            )
        last = await self._write_receipts(connection)
        if self._changed:
            shifts = [self._changed[name] for name in sorted(self._changed)]
            # A shift begins and ends between batches: what moved in this one is before its edge.
            edges = await self._edges(connection, last)
            await connection.execute(
                SQL["write_shifts"], *columns_of_shifts([self._at_edge(shift, edges) for shift in shifts])
            )

    async def _write_receipts(self, connection: Connection) -> dict[TerminalId, int]:
        """Number and write the receipts of the batch; the last numbers of their terminals."""
        receipts = [self._receipt_of(move) for move in self._payments.moves] + self._new_cash
        if not receipts:
            return {}
        last = await self._last_receipts(connection, {receipt.terminal for receipt in receipts})
        numbered = []
        for receipt in receipts:
            last[receipt.terminal] += 1
            numbered.append(replace(receipt, number=last[receipt.terminal]))
        await connection.execute(SQL["add_receipts"], *columns_of_receipts(numbered))
        return last

    async def _edges(self, connection: Connection, known: dict[TerminalId, int]) -> dict[TerminalId, int]:
        missing = {terminal for terminal, _ in self._changed} - set(known)
        return {**known, **await self._last_receipts(connection, missing)}

    async def _last_receipts(
        self, connection: Connection, terminals: set[TerminalId]
    ) -> dict[TerminalId, int]:
        if not terminals:
            return {}
        rows = await connection.fetch(SQL["last_receipts"], terminals)
        return {TerminalId(row["terminal"]): row["number"] for row in rows}

    def _at_edge(self, shift: Shift, edges: dict[TerminalId, int]) -> Shift:
        """A shift as it is kept: what moved in the batch is of the one that was open when it began."""
        edge = edges[shift.terminal]
        if (shift.terminal, shift.number - 1) in self._changed:
            shift = replace(shift, after_receipt=edge)
        return replace(shift, last_receipt=edge) if shift.closed_at else shift

    def _receipt_of(self, move: Move) -> Receipt:
        return Receipt(
            terminal=move.terminal,
            number=0,
            at=self._book.now,
            kind=_KINDS[move.kind],
            tender=_tender_of(move.payment),
            amount=move.amount,
            currency=move.payment.amount.currency.code,
            payment=move.payment.id,
            refund=move.refund,
        )

    def add_cashier(self, command: AddCashier) -> Cashier | CounterRefused:
        """Add a cashier; added before, it is the same one."""
        known = self._cashiers.get(command.id)
        if known is not None:
            return known
        store = self._merchants.store(command.store)
        if store is None or store.merchant != command.merchant:
            return _refused(CounterRefusal.STORE_NOT_FOUND, "There is no such store.")
        name = command.store, command.number
        if any((c.store, c.number) == name and not c.retired_at for c in self._cashiers.values()):
            detail = f"Another cashier of the store signs in with {command.number}."
            return _refused(CounterRefusal.CASHIER_NUMBER_TAKEN, detail)
        return self._keep_cashier(
            Cashier(
                id=command.id,
                merchant=command.merchant,
                mode=command.mode,
                store=command.store,
                number=command.number,
                name=command.name,
                created_at=self._book.now,
            )
        )

    def retire_cashier(self, command: RetireCashier) -> Cashier | CounterRefused:
        """Let a cashier go."""
        known = self._cashiers.get(command.id)
        if known is None or (known.merchant, known.mode) != (command.merchant, command.mode):
            return _refused(CounterRefusal.CASHIER_NOT_FOUND, "There is no such cashier.")
        return known if known.retired_at else self._keep_cashier(replace(known, retired_at=self._book.now))

    def open(self, command: OpenShift) -> Shift | CounterRefused:
        """Begin a shift, or go on with the cashier's own."""
        terminal, cashier = self._terminals.get(command.terminal), self._cashiers.get(command.cashier)
        if terminal is None or terminal.retired_at:
            return _refused(CounterRefusal.TERMINAL_NOT_ACTIVE, "The terminal is out of use.")
        if cashier is None or cashier.retired_at or cashier.store != terminal.store:
            return _refused(CounterRefusal.CASHIER_NOT_FOUND, "There is no such cashier.")
        last = self._shifts.get(command.terminal)
        if last is not None and not last.closed_at:
            if last.cashier == command.cashier:
                return last
            return _refused(CounterRefusal.SHIFT_OPEN, "Another cashier's shift has to be closed first.")
        shift = Shift(
            terminal=command.terminal,
            number=1 if last is None else last.number + 1,
            cashier=command.cashier,
            opened_at=self._book.now,
            opening_float=command.opening_float,
            after_receipt=0 if last is None else last.last_receipt,
        )
        return self._keep_shift(shift)

    def close(self, command: CloseShift) -> Shift | CounterRefused:
        """End a shift."""
        shift = self._shift_at(command.terminal)
        if isinstance(shift, CounterRefused):
            return shift
        # What was there before the batch is in it; what moves in the batch is added when that is numbered.
        ended = replace(
            shift,
            closed_at=self._book.now,
            last_receipt=self._last_numbers[command.terminal],
            counted_cash=command.counted_cash,
        )
        return self._keep_shift(ended)

    def note_cash(self, command: NoteCash) -> Receipt | CounterRefused:
        """Note cash, once for its reference."""
        name = command.terminal, command.reference
        known = self._cash.get(name)
        if known is not None:
            same = (known.kind, known.amount, known.currency)
            if same == (command.kind, command.amount, command.currency):
                return known
            return _refused(CounterRefusal.REFERENCE_USED, "The reference names other cash.")
        shift = self._shift_at(command.terminal)
        if isinstance(shift, CounterRefused):
            return shift
        receipt = Receipt(
            terminal=command.terminal,
            number=0,
            at=self._book.now,
            kind=command.kind,
            tender=Tender.CASH,
            amount=command.amount,
            currency=command.currency,
            payment=None,
            reference=command.reference,
        )
        self._cash[name] = receipt
        self._new_cash.append(receipt)
        return receipt

    def void(self, command: VoidSale) -> Payment | Marked | Refused | CounterRefused:
        """Reverse the last sale of the shift."""
        shift = self._shift_at(command.terminal)
        if isinstance(shift, CounterRefused):
            return shift
        receipt = self._receipts.get((command.terminal, command.receipt))
        if receipt is None:
            return _refused(CounterRefusal.RECEIPT_NOT_FOUND, "The till has no such receipt.")
        sold_now = any(
            move.kind is MoveKind.SALE and move.terminal == command.terminal for move in self._payments.moves
        )
        is_last = self._last_sales.get(command.terminal) == command.receipt and not sold_now
        if not is_last or command.receipt <= shift.after_receipt or receipt.payment is None:
            detail = "Only the last sale of the shift can be voided: refund others."
            return _refused(CounterRefusal.NOT_THE_LAST_SALE, detail)
        answer = self._payments.decide(_reversal(command, receipt))
        assert isinstance(answer, Payment | Marked | Refused)
        return answer

    def refund(self, command: RefundAtTill) -> Refunded | Refused | CounterRefused:
        """Give back within what the till may."""
        shift = self._shift_at(command.terminal)
        if isinstance(shift, CounterRefused):
            return shift
        terminal = self._terminals[command.terminal]
        if command.refund.amount > terminal.refund_max:
            detail = f"The till gives back at most {terminal.refund_max} at once."
            return _refused(CounterRefusal.EXCEEDS_TILL_LIMIT, detail)
        answer = self._payments.decide(command.refund)
        assert isinstance(answer, Refunded | Refused)
        return answer

    def _shift_at(self, terminal: TerminalId) -> Shift | CounterRefused:
        shift = self._shifts.get(terminal)
        if shift is None or shift.closed_at:
            return _refused(CounterRefusal.NO_SHIFT, "Nobody is signed in at the till.")
        return shift

    def _keep_shift(self, shift: Shift) -> Shift:
        self._shifts[shift.terminal] = self._changed[shift.terminal, shift.number] = shift
        return shift

    def _keep_cashier(self, cashier: Cashier) -> Cashier:
        self._cashiers[cashier.id] = cashier
        self._new_cashiers = [c for c in self._new_cashiers if c.id != cashier.id] + [cashier]
        return cashier


_STORIES: Final[dict[type, Callable[..., Answer]]] = {
    AddCashier: Shifts.add_cashier,
    RetireCashier: Shifts.retire_cashier,
    OpenShift: Shifts.open,
    CloseShift: Shifts.close,
    NoteCash: Shifts.note_cash,
    VoidSale: Shifts.void,
    RefundAtTill: Shifts.refund,
}

_KINDS: Final = {
    MoveKind.SALE: ReceiptKind.SALE,
    MoveKind.REFUND: ReceiptKind.REFUND,
    MoveKind.REVERSAL: ReceiptKind.REVERSAL,
}


def _tender_of(payment: Payment) -> Tender:
    if payment.card is not None:
        return Tender.CARD
    if payment.plate is not None:
        return Tender.PLATE
    if payment.agreement is not None:
        return Tender.AGREEMENT
    return Tender.MERCHANT_CODE if payment.device is None else Tender.PAYMENT_CODE


def _reversal(void: VoidSale, receipt: Receipt) -> ReversePayment:
    return ReversePayment(
        merchant=void.merchant, mode=void.mode, payment=receipt.payment, terminal=void.terminal
    )


def _refused(refusal: CounterRefusal, detail: str) -> CounterRefused:
    return CounterRefused(refusal=refusal, detail=detail)
