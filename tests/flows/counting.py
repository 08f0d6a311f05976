"""Parts for tests: one only counts, takes under limits and gives back; one gives customers money."""

from dataclasses import dataclass

from milletpay.ledger import Account, CreateTransferStatus, Transfer
from milletpay.ledger.chart import AccountKind, Mode, Pool, TransferCode, ledger_of, new_account
from milletpay.ledger.store import Book
from milletpay.limits import Limit, LimitExceeded, Limits, Measure
from milletpay.money import Money
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day


@dataclass(frozen=True, kw_only=True)
class Take:
    """Count this for the subject today."""

    subject: int
    amount: Money
    limits: tuple[Limit, ...]
    measure: Measure = Measure.PAYMENTS


@dataclass(frozen=True, kw_only=True)
class GiveBack:
    """Count this no longer on that day."""

    subject: int
    amount: Money
    day: Day
    count: int = 1
    measure: Measure = Measure.PAYMENTS


@dataclass(frozen=True, kw_only=True)
class Taken:
    day: Day


@dataclass(frozen=True, kw_only=True)
class Give:
    """Let money come to a customer from a bank."""

    customer: int
    amount: Money
    mode: Mode = Mode.LIVE


class Giving:
    """Tops customers up, without a bank and without a limit."""

    commands: tuple[type, ...] = (Give,)

    def __init__(self, *, book: Book) -> None:
        self._book = book

    def begin(self) -> None: ...

    def forget(self) -> None: ...

    def want(self, command: Give, /) -> None:
        self._book.want(*[account.id for account in self._accounts(command)])

    async def load(self, connection: Connection, /) -> None: ...

    def decide(self, command: Give, /) -> CreateTransferStatus:
        clearing, customer = self._accounts(command)
        self._book.open_accounts([clearing])
        transfer = Transfer(
            id=self._book.new_id(),
            debit_account_id=clearing.id,
            credit_account_id=customer.id,
            amount=command.amount.minor,
            ledger=clearing.ledger,
            code=TransferCode.TOP_UP.code,
        )
        return self._book.post([transfer])[0]

    async def save(self, connection: Connection, /) -> None: ...

    @staticmethod
    def _accounts(command: Give) -> tuple[Account, Account]:
        ledger = ledger_of(Pool.CLIENT, currency=command.amount.currency, mode=command.mode)
        clearing = new_account(AccountKind.CLEARING, ledger=ledger, owner=1)
        return clearing, new_account(AccountKind.CUST, ledger=ledger, owner=command.customer)


class Counting:
    """Answers a take with its day, or with the limit that it would pass."""

    commands: tuple[type, ...] = (Take, GiveBack)

    def __init__(self, *, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits

    def begin(self) -> None: ...

    def forget(self) -> None: ...

    def want(self, command: Take | GiveBack, /) -> None:
        day = command.day if isinstance(command, GiveBack) else Day(self._book.accounting_date)
        self._limits.want_used(
            command.subject, measure=command.measure, currency=command.amount.currency, day=day
        )

    async def load(self, connection: Connection, /) -> None: ...

    def decide(self, command: Take | GiveBack, /) -> Taken | LimitExceeded | None:
        if isinstance(command, GiveBack):
            self._limits.give_back(
                command.subject,
                measure=command.measure,
                amount=command.amount,
                day=command.day,
                count=command.count,
            )
            return None
        day = Day(self._book.accounting_date)
        exceeded = self._limits.take(
            command.subject, measure=command.measure, limits=command.limits, amount=command.amount, day=day
        )
        return exceeded or Taken(day=day)

    async def save(self, connection: Connection, /) -> None: ...
