"""Receipts that are nobody's go back to the account they came from, when somebody of the house decides so.

A receipt on its way back can be claimed by nobody: who is first, the claim or the return, is decided at the
desk. Its money stays in suspense until the bank says that it has sent it; what the bank refuses waits there
as before, and can be sent again, as another order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, assert_never

from milletpay.ledger import Book, CreateTransferStatus, Transfer
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import Prefix
from milletpay.plumbing.jobs import NewJob, OutsideKind, add_jobs
from milletpay.plumbing.statements import load_statements
from milletpay.rails import Banks, Direction, Hear, Order, Outcome, OutcomeStatus
from milletpay.treasury import BankLink, Treasury
from milletpay.wallets.asking import Asking
from milletpay.wallets.bank_errands import AskBank, Errand, HearBank, Submit
from milletpay.wallets.deposits import (
    RECEIPT_RETURN_ID,
    RETURN_TRANSITIONS,
    Receipt,
    ReceiptId,
    ReceiptRefusal,
    ReceiptRefused,
    ReceiptReturn,
    ReceiptReturnId,
    ReceiptStatus,
)
from milletpay.wallets.model import Step
from milletpay.wallets.postings import receipt_came_back, receipt_returned
from milletpay.wallets.receipts import Receipts
from milletpay.wallets.rows import columns, return_of, row_of_return

SQL: Final = load_statements("milletpay.wallets")

RETURN_JOB: Final = "wallets.receipt_return"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReceipt:
    """Send a receipt that waits back to where it came from. Again, while it is on its way, it is the same."""

    id: ReceiptReturnId
    receipt: ReceiptId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForReturn:
    """Get ready to ask the bank: from now on the money may have left."""

    id: ReceiptReturnId


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveReturn:
    """Take in what the bank said. What it said before, said again, changes nothing."""

    id: ReceiptReturnId
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReturn:
    """Take in that the bank has again what it had sent back."""

    id: ReceiptReturnId


Command: TypeAlias = ReturnReceipt | AskForReturn | ResolveReturn | UndoReturn


class ReceiptReturns:
    """The part of a desk that sends receipts back, with those who take them in below it."""

    commands: tuple[type, ...] = (ReturnReceipt, AskForReturn, ResolveReturn, UndoReturn)

    def __init__(self, *, book: Book, receipts: Receipts, treasury: Treasury) -> None:
        self._book = book
        self._receipts = receipts
        self._treasury = treasury
        self._ids: set[ReceiptReturnId] = set()
        self._of: set[ReceiptId] = set()
        self._returns: dict[ReceiptReturnId, ReceiptReturn] = {}
        self._changed: dict[ReceiptReturnId, ReceiptReturn] = {}
        self._jobs: list[NewJob] = []

    def begin(self) -> None:
        """A new batch: nothing is remembered."""
        for known in (self._ids, self._of, self._returns, self._changed, self._jobs):
            known.clear()

    def forget(self) -> None:
        """There is nothing to forget."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        if isinstance(command, ReturnReceipt):
            self._of.add(command.receipt)
            self._receipts.want_receipt(command.receipt)
        else:
            self._ids.add(command.id)

    async def load(self, connection: Connection) -> None:
        """Bring the returns, and have their receipts brought."""
        if not self._ids and not self._of:
            return
        for row in await connection.fetch(SQL["receipt_returns"], self._ids, self._of):
            found = return_of(row)
            self._returns[found.id] = found
            self._receipts.want_receipt(found.receipt)

    def decide(self, command: Command, /) -> ReceiptReturn | Asking | ReceiptRefused:
        """Decide one command."""
        if isinstance(command, ReturnReceipt):
            return self._start(command)
        found = self._returns.get(command.id)
        if found is None:
            return _refused(ReceiptRefusal.NOT_FOUND, "nothing is sent back under this id")
        receipt = self._receipts.receipt(found.receipt)
        assert receipt is not None, f"no receipt of {found}"
        match command:
            case AskForReturn():
                return self._ask(found, receipt)
            case ResolveReturn():
                return self._resolve(found, receipt, command.outcome)
            case UndoReturn():
                return self._undo(found, receipt)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write what was decided, and the jobs that ask banks."""
        if self._changed:
            rows = map(row_of_return, self._changed.values())
            await connection.execute(SQL["write_receipt_returns"], *columns(rows))
        if self._jobs:
            await add_jobs(connection, jobs=self._jobs, now=self._book.now)

    def _start(self, command: ReturnReceipt) -> ReceiptReturn | ReceiptRefused:
        receipt = self._receipts.receipt(command.receipt)
        if receipt is None:
            return _refused(ReceiptRefusal.NOT_FOUND, "there is no such receipt")
        if receipt.status is ReceiptStatus.CREDITED:
            return _refused(ReceiptRefusal.WRONG_STATE, "the money is a customer's already")
        tries = [it for it in self._returns.values() if it.receipt == receipt.id]
        if receipt.status is not ReceiptStatus.UNCLAIMED:
            return max(tries, key=lambda it: it.id)
        made = ReceiptReturn(id=command.id, receipt=receipt.id, why=command.why, created_at=self._book.now)
        self._receipts.move(receipt, to=ReceiptStatus.RETURNING)
        name = RECEIPT_RETURN_ID.write(made.id)
        self._jobs.append(
            NewJob(id=self._book.new_id(), kind=RETURN_JOB, key=name, argument=name, run_at=self._book.now)
        )
        return self._keep(made)

    def _ask(self, it: ReceiptReturn, receipt: Receipt) -> Asking | ReceiptReturn:
        if it.is_decided:
            return it
        first = it.may(Step.SEND)
        if first:
            it = self._step(it, Step.SEND, sent_at=self._book.now)
        return Asking(
            bank=receipt.bank,
            direction=Direction.PAY,
            order=Order(reference=RECEIPT_RETURN_ID.write(it.id), token=receipt.token, amount=receipt.amount),
            asked_before=not first,
            overdue=False,
        )

    def _resolve(self, it: ReceiptReturn, receipt: Receipt, outcome: Outcome) -> ReceiptReturn:
        said = {"bank_reference": outcome.bank_reference, "decided_at": self._book.now}
        match outcome.status:
            case OutcomeStatus.SUCCEEDED if it.may(Step.SUCCEED):
                recipe = receipt_returned
                self._post(recipe(receipt, link=self._link(receipt), ids=self._book.new_id, date=self._date))
                self._receipts.move(receipt, to=ReceiptStatus.RETURNED)
                return self._step(it, Step.SUCCEED, **said)
            case OutcomeStatus.REFUSED if it.may(Step.FAIL):
                self._receipts.move(receipt, to=ReceiptStatus.UNCLAIMED)
                return self._step(it, Step.FAIL, reason=outcome.reason, **said)
            case OutcomeStatus.UNKNOWN if it.may(Step.LOSE_SIGHT):
                return self._step(it, Step.LOSE_SIGHT)
        return it

    def _undo(self, it: ReceiptReturn, receipt: Receipt) -> ReceiptReturn | ReceiptRefused:
        if it.may(Step.SUCCEED):
            # The bank has again what it never told us to have sent.
            it = self._resolve(it, receipt, Outcome(status=OutcomeStatus.SUCCEEDED))
            sent = self._receipts.receipt(receipt.id)
            assert sent is not None
            receipt = sent
        if not it.may(Step.COME_BACK):
            return it
        recipe = receipt_came_back
        self._post(recipe(receipt, link=self._link(receipt), ids=self._book.new_id, date=self._date))
        self._receipts.move(receipt, to=ReceiptStatus.UNCLAIMED)
        return self._step(it, Step.COME_BACK)

    @property
    def _date(self) -> int:
        return self._book.accounting_date

    def _link(self, receipt: Receipt) -> BankLink:
        link = self._treasury.link(receipt.bank, currency=receipt.amount.currency)
        assert link is not None, f"no link for {receipt}"
        return link

    def _post(self, transfers: list[Transfer]) -> None:
        statuses = self._book.post(transfers)
        assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {transfers}"

    def _step(self, it: ReceiptReturn, step: Step, **changes: Any) -> ReceiptReturn:  # noqa: ANN401 - fields
        status = RETURN_TRANSITIONS[it.status, step]
        return self._keep(replace(it, status=status, **changes))

    def _keep(self, it: ReceiptReturn) -> ReceiptReturn:
        self._returns[it.id] = it
        self._changed[it.id] = it
        return it


_RETURN: Final = Errand[ReceiptReturnId](
    job=RETURN_JOB,
    read=RECEIPT_RETURN_ID.read,
    ask=lambda id: AskForReturn(id=id),
    resolve=lambda id, outcome: ResolveReturn(id=id, outcome=outcome),
    undo=lambda id, _notice: UndoReturn(id=id),
)


def return_jobs(*, banks: Banks, submit: Submit) -> Sequence[OutsideKind]:
    """The kind of jobs that ask banks to send receipts back."""
    return [AskBank(_RETURN, banks=banks, submit=submit).kind()]


def return_ears(*, submit: Submit) -> dict[str, Hear]:
    """Who hears what banks tell of receipts that go back, for the `Mailbox`."""
    return {Prefix.RECEIPT_RETURN: HearBank(_RETURN, submit=submit)}


async def returns_of(connection: Connection, *, receipt: ReceiptId) -> Sequence[ReceiptReturn]:
    """The tries to send a receipt back, the oldest first."""
    found = [return_of(row) for row in await connection.fetch(SQL["receipt_returns"], [], [receipt])]
    return sorted(found, key=lambda it: it.id)


def _refused(refusal: ReceiptRefusal, detail: str) -> ReceiptRefused:
    return ReceiptRefused(refusal=refusal, detail=detail)
