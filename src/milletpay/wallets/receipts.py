"""Receipts: money that somebody transferred to our safeguarded account, from a banking app or a counter.

Whoever tops up so writes a **deposit number** as the remark: ten digits that belong to one customer for ever,
the last of which checks the others (ISO/IEC 7812, Luhn), so that a digit mistyped names nobody instead of
somebody else. The money is there when the bank tells, and is client money whosever it is: what names no
customer who may have it waits in `suspense` until somebody of the house has found out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, assert_never

from milletpay.customers import CustomerId, Customers
from milletpay.ledger import Book, CreateTransferStatus
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits, Measure, NoPolicy, limits_on
from milletpay.money import Currency, Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.statements import load_statements
from milletpay.rails import RECEIVED, BankKey, Hear, Notice, Received
from milletpay.treasury import Treasury
from milletpay.wallets.bank_errands import NoticeRefused, Submit
from milletpay.wallets.debts import recover_debt
from milletpay.wallets.deposit_numbers import GiveDepositNumber, read_remark
from milletpay.wallets.deposits import (
    DepositNumber,
    Deposits,
    Receipt,
    ReceiptId,
    ReceiptRefusal,
    ReceiptRefused,
    ReceiptStatus,
    Unclaimed,
)
from milletpay.wallets.postings import FROM_RECEIPT, accounts_of, receipt_accounts, receipt_claimed, received
from milletpay.wallets.rows import receipt_of, row_of_receipt

SQL: Final = load_statements("milletpay.wallets")


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReceipt:
    """Book what a bank told. Told again under its reference, it is the same receipt."""

    id: ReceiptId
    bank: BankKey
    received: Received


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReceipt:
    """Give a receipt that waits to the customer whose it is, as somebody of the house found out."""

    id: ReceiptId
    customer: CustomerId


Command: TypeAlias = GiveDepositNumber | BookReceipt | ClaimReceipt
_Named = tuple[BankKey, str]


class Receipts:
    """The part of a desk that takes in transfers from banks."""

    commands: tuple[type, ...] = (GiveDepositNumber, BookReceipt, ClaimReceipt)

    def __init__(self, *, book: Book, customers: Customers, limits: Limits, treasury: Treasury) -> None:
        self._book = book
        self._customers = customers
        self._limits = limits
        self._treasury = treasury
        self._commands: list[Command] = []
        self._wanted: set[ReceiptId] = set()
        self._receipts: dict[ReceiptId, Receipt] = {}
        self._by_name: dict[_Named, Receipt] = {}
        self._numbers: dict[DepositNumber, CustomerId] = {}
        self._number_of: dict[CustomerId, DepositNumber] = {}
        self._changed: dict[ReceiptId, Receipt] = {}
        self._given: list[Deposits] = []
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch: nothing is remembered."""
        for known in (
            self._commands,
            self._wanted,
            self._receipts,
            self._by_name,
            self._numbers,
            self._number_of,
            self._changed,
            self._given,
            self._events,
        ):
            known.clear()

    def forget(self) -> None:
        """There is nothing to forget."""

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        self._commands.append(command)
        if not isinstance(command, BookReceipt):
            self._customers.want_customer(command.customer)

    def want_receipt(self, id: ReceiptId) -> None:
        """Note that a part above asks for a receipt, and may move it."""
        self._wanted.add(id)

    def receipt(self, id: ReceiptId) -> Receipt | None:
        """A receipt that was wanted, as the batch has it now; None where there is none."""
        return self._receipts.get(id)

    def move(self, receipt: Receipt, *, to: ReceiptStatus) -> None:
        """Have a receipt that is nobody's stand elsewhere, and tell."""
        assert receipt.customer is None, f"{receipt.id} is somebody's"
        moved = replace(receipt, status=to, version=receipt.version + 1)
        self._keep(moved, kind=f"receipt.{to}")

    async def load(self, connection: Connection) -> None:
        """Bring numbers and receipts, and say what the parts below must bring."""
        if not self._commands and not self._wanted:
            return
        await self._load_numbers(connection)
        booked = [command for command in self._commands if isinstance(command, BookReceipt)]
        claims = [command for command in self._commands if isinstance(command, ClaimReceipt)]
        rows = await connection.fetch(
            SQL["receipts"],
            [*self._wanted, *(command.id for command in claims)],
            [command.bank.code for command in booked],
            [command.bank.mode is Mode.LIVE for command in booked],
            [command.received.bank_reference for command in booked],
        )
        for found in map(receipt_of, rows):
            self._know(found)
            self._treasury.want_bank(found.bank, currency=found.amount.currency)
            self._book.want(*receipt_accounts(mode=found.bank.mode, currency=found.amount.currency))
        if booked or claims:
            self._treasury.want_links()
        for command in booked:
            self._treasury.want_bank(command.bank, currency=command.received.amount.currency)
            named = self._named(command.received)
            if named is not None:
                self._customers.want_customer(named)
            self._want(named, mode=command.bank.mode, currency=command.received.amount.currency)
        places = {(command.bank.mode, command.received.amount.currency) for command in booked}
        for claim in claims:
            # One that this very batch books is not known yet.
            receipt = self._receipts.get(claim.id)
            known = places if receipt is None else {(receipt.bank.mode, receipt.amount.currency)}
            for mode, currency in known:
                self._want(claim.customer, mode=mode, currency=currency)

    def decide(self, command: Command, /) -> Deposits | Receipt | ReceiptRefused:
        """Decide one command."""
        match command:
            case GiveDepositNumber():
                return self._give(command)
            case BookReceipt():
                return self._take_in(command)
            case ClaimReceipt():
                return self._claim(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write what is new and what has changed, and the news of it."""
        if self._given:
            await connection.execute(
                SQL["give_deposit_numbers"],
                [given.number for given in self._given],
                [given.customer for given in self._given],
            )
        if self._changed:
            rows = [row_of_receipt(self._changed[id]) for id in sorted(self._changed)]
            await connection.execute(
                SQL["write_receipts"], *[list(column) for column in zip(*rows, strict=True)]
            )
        if self._events:
            await append(connection, events=self._events)

    async def _load_numbers(self, connection: Connection) -> None:
        gives = [command for command in self._commands if isinstance(command, GiveDepositNumber)]
        numbers = {command.drawn for command in gives}
        for command in self._commands:
            if isinstance(command, BookReceipt) and (named := read_remark(command.received.remark)):
                numbers.add(named)
        rows = await connection.fetch(
            SQL["deposit_numbers"], numbers, [command.customer for command in gives]
        )
        for row in rows:
            self._number_of[CustomerId(row["customer"])] = DepositNumber(row["number"])
            self._numbers[DepositNumber(row["number"])] = CustomerId(row["customer"])

    def _want(self, customer: CustomerId | None, *, mode: Mode, currency: Currency) -> None:
        self._book.want(*receipt_accounts(mode=mode, currency=currency))
        if customer is not None:
            self._book.want(*accounts_of(customer, mode=mode, currency=currency))
            self._limits.want_used(
                customer, measure=Measure.TOP_UPS, currency=currency, day=Day(self._book.accounting_date)
            )

    def _named(self, received: Received) -> CustomerId | None:
        number = read_remark(received.remark)
        return None if number is None else self._numbers.get(number)

    def _give(self, command: GiveDepositNumber) -> Deposits | ReceiptRefused:
        customer = self._customers.customer(command.customer)
        if customer is None or customer.mode is not command.mode:
            return _refused(ReceiptRefusal.CUSTOMER_NOT_FOUND, "there is no such customer in this mode")
        known = self._number_of.get(customer.id)
        if known is not None:
            return Deposits(customer=customer.id, number=known)
        if command.drawn in self._numbers:
            return _refused(ReceiptRefusal.NUMBER_TAKEN, "this number is another customer's")
        # From here it must succeed.
        given = Deposits(customer=customer.id, number=command.drawn)
        self._number_of[customer.id] = command.drawn
        self._numbers[command.drawn] = customer.id
        self._given.append(given)
        return given

    def _take_in(self, command: BookReceipt) -> Receipt | ReceiptRefused:
        told = command.received
        known = self._by_name.get((command.bank, told.bank_reference))
        if known is not None:
            if (known.amount, known.token) == (told.amount, told.token):
                return known
            detail = f"{told.bank_reference} names a receipt of {known.amount}"
            return _refused(ReceiptRefusal.REFERENCE_USED, detail)
        link = self._treasury.link(command.bank, currency=told.amount.currency)
        if link is None:
            detail = f"we do not work with {command.bank.code} in {told.amount.currency}"
            return _refused(ReceiptRefusal.CURRENCY_NOT_SUPPORTED, detail)
        customer = self._named(told)
        unclaimed = self._why_not(customer, mode=command.bank.mode, amount=told.amount)
        receipt = Receipt(
            id=command.id,
            bank=command.bank,
            bank_reference=told.bank_reference,
            amount=told.amount,
            token=told.token,
            payer=told.payer,
            remark=told.remark,
            status=ReceiptStatus.CREDITED if unclaimed is None else ReceiptStatus.UNCLAIMED,
            customer=customer if unclaimed is None else None,
            unclaimed=unclaimed,
            received_at=self._book.now,
        )
        # From here it must succeed: the money is there.
        statuses = self._book.post(
            received(receipt, link=link, ids=self._book.new_id, date=self._book.accounting_date)
        )
        assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {command}"
        self._recover(receipt)
        return self._keep(receipt, kind=f"receipt.{receipt.status}")

    def _why_not(self, customer: CustomerId | None, *, mode: Mode, amount: Money) -> Unclaimed | None:
        """Why a customer cannot have it at once; else it counts towards the limits of today."""
        found = None if customer is None else self._customers.customer(customer)
        if found is None or found.mode is not mode:
            return Unclaimed.NAMES_NOBODY
        if not found.is_active:
            return Unclaimed.CUSTOMER_NOT_ACTIVE
        day = Day(self._book.accounting_date)
        try:
            limits = limits_on(
                day, measure=Measure.TOP_UPS, verification=found.verification, currency=amount.currency
            )
        except NoPolicy:
            return Unclaimed.EXCEEDS_LIMIT
        exceeded = self._limits.take(found.id, measure=Measure.TOP_UPS, limits=limits, amount=amount, day=day)
        return None if exceeded is None else Unclaimed.EXCEEDS_LIMIT

    def _claim(self, command: ClaimReceipt) -> Receipt | ReceiptRefused:
        receipt = self._receipts.get(command.id)
        if receipt is None:
            return _refused(ReceiptRefusal.NOT_FOUND, "there is no such receipt")
        customer = self._customers.customer(command.customer)
        if customer is None or customer.mode is not receipt.bank.mode or not customer.is_active:
            return _refused(
                ReceiptRefusal.CUSTOMER_NOT_FOUND, "there is no such customer who may have money in this mode"
            )
        if receipt.customer == customer.id:
            return receipt
        if receipt.customer is not None:
            return _refused(ReceiptRefusal.WRONG_STATE, "the money is another customer's already")
        if receipt.status is not ReceiptStatus.UNCLAIMED:
            return _refused(
                ReceiptRefusal.WRONG_STATE, f"the money is {receipt.status} to where it came from"
            )
        # From here it must succeed: it is in suspense.
        claimed = replace(
            receipt,
            customer=customer.id,
            status=ReceiptStatus.CREDITED,
            claimed_at=self._book.now,
            version=receipt.version + 1,
        )
        statuses = self._book.post(
            receipt_claimed(claimed, ids=self._book.new_id, date=self._book.accounting_date)
        )
        assert set(statuses) == {CreateTransferStatus.created}, f"{statuses} for {command}"
        self._recover(claimed)
        return self._keep(claimed, kind="receipt.credited")

    def _recover(self, receipt: Receipt) -> None:
        """Take out of it what the customer owes us."""
        if receipt.customer is not None:
            recover_debt(
                self._book,
                customer=receipt.customer,
                mode=receipt.bank.mode,
                came=receipt.amount,
                about=receipt.id,
                codes=FROM_RECEIPT,
            )

    def _know(self, receipt: Receipt) -> None:
        self._receipts[receipt.id] = receipt
        self._by_name[receipt.bank, receipt.bank_reference] = receipt

    def _keep(self, receipt: Receipt, *, kind: str) -> Receipt:
        self._know(receipt)
        self._changed[receipt.id] = receipt
        self._events.append(Event(kind=kind, object=receipt.id, sequence=receipt.version, at=self._book.now))
        return receipt


class _HearReceipts:
    """What is done when a bank tells that money has come."""

    def __init__(self, *, submit: Submit, new_id: Callable[[], int]) -> None:
        self._submit = submit
        self._new_id = new_id

    async def __call__(self, bank: BankKey, notice: Notice, /) -> None:
        """Book it, however often it is told.

        :raises NoticeRefused: when it cannot be booked; it stays with the bank
        """
        assert notice.received is not None, notice
        command = BookReceipt(id=ReceiptId(self._new_id()), bank=bank, received=notice.received)
        answer = await self._submit(command)
        if isinstance(answer, ReceiptRefused):
            raise NoticeRefused(f"{notice.reference} of {bank}: {answer.detail}")


def receipt_ears(*, submit: Submit, new_id: Callable[[], int]) -> dict[str, Hear]:
    """Who hears of money that came unasked, for the `Mailbox`."""
    return {RECEIVED: _HearReceipts(submit=submit, new_id=new_id)}


async def find_receipt(connection: Connection, *, id: ReceiptId) -> Receipt | None:
    """The receipt of an id, as committed."""
    row = await connection.fetchrow(SQL["receipts"], [id], [], [], [])
    return None if row is None else receipt_of(row)


async def unclaimed_receipts(connection: Connection, *, most: int) -> Sequence[Receipt]:
    """What is in suspense, also what is on its way back, the oldest first."""
    return [receipt_of(row) for row in await connection.fetch(SQL["unclaimed_receipts"], most)]


def _refused(refusal: ReceiptRefusal, detail: str) -> ReceiptRefused:
    return ReceiptRefused(refusal=refusal, detail=detail)
