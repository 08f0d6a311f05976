"""Errands to the bank: what jobs do for top-ups and withdrawals, and what is done when a bank tells.

A job commits that the bank is going to be asked, asks, and gives what came of it to the desk. Whoever died in
between is followed by one who queries first. While the bank gives no answer the job fails and comes back,
later and later, until it does; one that has come too often is dead, and somebody has to look at it: the
money stays unknown.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar, runtime_checkable

from milletpay.plumbing.clock import SECOND
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import Prefix
from milletpay.plumbing.jobs import Job, OutsideKind, Retry
from milletpay.rails import BankKey, Banks, Direction, Hear, Notice, NoticeKind, Outcome, OutcomeStatus
from milletpay.wallets.asking import Asking
from milletpay.wallets.facts import TOP_UP_JOB, WITHDRAWAL_JOB
from milletpay.wallets.model import TOP_UP_ID, WITHDRAWAL_ID, TopUpId, WithdrawalId
from milletpay.wallets.top_ups import AskForTopUp, ClawBackTopUp, ResolveTopUp
from milletpay.wallets.withdrawals import AskForWithdrawal, ResolveWithdrawal, ReturnWithdrawal

Submit: TypeAlias = Callable[[Any], Awaitable[Any]]
"""Gives a command to the desk, and its answer."""

Id = TypeVar("Id", bound=int)

LEASE_NS: Final = 30 * SECOND
"""How long a bank may take."""

RETRY: Final = Retry(attempts=200, first_ns=2 * SECOND, longest_ns=3600 * SECOND)
"""For a week, soon and then every hour."""


class StillUnknown(Exception):
    """The bank has not decided, or has not answered."""


class NoticeRefused(Exception):
    """What the bank told cannot be taken in now; it stays with the bank."""


@runtime_checkable
class Known(Protocol):
    """What an errand comes to, unless it is refused: an object that the bank has decided on, or not."""

    @property
    def is_decided(self) -> bool:
        """Whether the bank need not be asked any more."""


@dataclass(frozen=True)  # slots and a parameter do not go together
class Errand(Generic[Id]):
    """How money on its way in one direction is asked for, resolved, and undone; its job."""

    job: str

    read: Callable[[str], Id]
    ask: Callable[[Id], object]
    resolve: Callable[[Id, Outcome], object]
    undo: Callable[[Id, Notice], object] | None = None
    """None where nothing can be done about it: then the notice stays with the bank."""


_TOP_UP: Final = Errand[TopUpId](
    job=TOP_UP_JOB,
    read=TOP_UP_ID.read,
    ask=lambda id: AskForTopUp(id=id),
    resolve=lambda id, outcome: ResolveTopUp(id=id, outcome=outcome),
    undo=lambda id, _notice: ClawBackTopUp(id=id),
)
_WITHDRAWAL: Final = Errand[WithdrawalId](
    job=WITHDRAWAL_JOB,
    read=WITHDRAWAL_ID.read,
    ask=lambda id: AskForWithdrawal(id=id),
    resolve=lambda id, outcome: ResolveWithdrawal(id=id, outcome=outcome),
    undo=lambda id, _notice: ReturnWithdrawal(id=id),
)


class AskBank(Generic[Id]):
    """What a job does for one object, named by its argument: an `OutsideCall`."""

    def __init__(self, errand: Errand[Id], *, banks: Banks, submit: Submit) -> None:
        self._errand = errand
        self._banks = banks
        self._submit = submit

    def kind(self) -> OutsideKind:
        """The kind of its jobs."""
        return OutsideKind(name=self._errand.job, does=self, lease_ns=LEASE_NS, retry=RETRY)

    async def intent(self, _connection: Connection, /, *, job: Job) -> Asking | None:
        """Have the desk commit that the bank is asked; None when there is nothing to ask any more."""
        answer = await self._submit(self._errand.ask(self._errand.read(job.argument)))
        assert isinstance(answer, Asking) or answer.is_decided, f"{answer} for {job}"
        return answer if isinstance(answer, Asking) else None

    async def call(self, asking: Asking | None, /) -> Outcome | None:
        """Ask the bank, in such a way that it never does twice what it may have done already."""
        if asking is None:
            return None
        bank = self._banks.at(asking.bank)
        if asking.asked_before:
            outcome = await bank.query(asking.order.reference)
            if outcome.status is not OutcomeStatus.NOT_FOUND or asking.overdue:
                return outcome
        match asking.direction:
            case Direction.COLLECT:
                return await bank.collect(asking.order)
            case Direction.PAY:
                return await bank.pay(asking.order)
            case Direction.REFUND:
                return await bank.refund(asking.order)

    async def result(self, _connection: Connection, /, *, job: Job, result: Outcome | None) -> None:
        """Give it to the desk. It commits by itself, and takes the same again for what it is.

        :raises StillUnknown: and so the job comes back
        """
        if result is None:
            return
        answer = await self._submit(self._errand.resolve(self._errand.read(job.argument), result))
        if not answer.is_decided:
            raise StillUnknown(f"{job.argument} is {answer.status}; the bank said {result.status}")


class HearBank(Generic[Id]):
    """What is done when a bank tells by itself about one direction."""

    def __init__(self, errand: Errand[Id], *, submit: Submit) -> None:
        self._errand = errand
        self._submit = submit

    async def __call__(self, bank: BankKey, notice: Notice, /) -> None:
        """Take it in, however often it is told.

        :raises NoticeRefused: when it cannot be taken in now
        """
        id = self._errand.read(notice.reference)
        command = self._errand.resolve(id, notice.outcome)
        if notice.kind is NoticeKind.COME_BACK:
            if self._errand.undo is None:
                raise NoticeRefused(f"{notice} of {bank}: somebody has to look at it")
            command = self._errand.undo(id, notice)
        answer = await self._submit(command)
        if not isinstance(answer, Known):
            raise NoticeRefused(f"{notice} of {bank}: {answer.detail}")


def bank_jobs(*, banks: Banks, submit: Submit) -> Sequence[OutsideKind]:
    """The kinds of jobs that wallets add."""
    return [
        AskBank(_TOP_UP, banks=banks, submit=submit).kind(),
        AskBank(_WITHDRAWAL, banks=banks, submit=submit).kind(),
    ]


def bank_ears(*, submit: Submit) -> dict[str, Hear]:
    """Who hears notices about which references, for the `Mailbox`."""
    return {
        Prefix.TOP_UP: HearBank(_TOP_UP, submit=submit),
        Prefix.WITHDRAWAL: HearBank(_WITHDRAWAL, submit=submit),
    }
