"""`millet trace`: what the book knows of an id."""

import re
from collections.abc import Iterator
from uuid import UUID

import click

from milletpay.apps.cli.options import database_options, say
from milletpay.bootstrap import open_database
from milletpay.ledger import ID_MAX, Account, AccountFlags, Trace, TracedTransfer, TransferFlags, trace
from milletpay.ledger.chart import AccountKind, NotALedger, TransferCode, name_ledger
from milletpay.plumbing.dates import rfc3339_exact
from milletpay.plumbing.ids import IdForm, NotAnId, Prefix
from milletpay.plumbing.loop import run
from milletpay.plumbing.settings import Settings

TRANSFERS_SHOWN = 10


class IdParameter(click.ParamType[int]):
    """An id in any of its forms."""

    name = "ID"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Read it, or refuse it with what is wrong."""
        try:
            number = read_id(str(value))
        except NotAnId as refusal:
            self.fail(str(refusal), param, ctx)
        if not 0 < number < ID_MAX:
            self.fail(f"{value} is not an id: ids run from 1 to 2**128 - 2", param, ctx)
        return number


def read_id(text: str) -> int:
    """Read `pay_01kdz9...`, a UUID with or without its hyphens, `0x` and hexadecimal, or decimal digits."""
    prefix, underscore, _ = text.partition("_")
    if underscore:
        known = next((kind for kind in Prefix if kind == prefix), Prefix.PAYMENT)
        return IdForm(known, int).read(text)
    if re.fullmatch("[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return UUID(text).int
    if re.fullmatch("0x[0-9a-fA-F]{1,32}", text):
        return int(text, 16)
    if re.fullmatch("[0-9]{1,39}", text):
        return int(text)
    raise NotAnId(
        f"{text[:60]!r} is not an id; write pay_..., a UUID, 0x and hexadecimal digits, or decimal digits"
    )


@click.command("trace")
@database_options
@click.argument("id", type=IdParameter())
def trace_command(*, settings: Settings, id: int) -> None:
    """Print what the book knows of an account, a transfer, or a business object.

    An account's or an object's transfers are looked for in the whole book, which takes a moment in a big one.
    """
    found = run(_trace(settings, id=id))
    lines = list(_lines(found))
    if not lines:
        raise click.ClickException(f"The book knows nothing of {UUID(int=id)}.")
    for line in lines:
        click.echo(line)


async def _trace(settings: Settings, *, id: int) -> Trace:
    async with open_database(settings, purpose="millet trace", say=say, connections=1) as database:
        return await trace(database=database, id=id, most=TRANSFERS_SHOWN)


def _lines(found: Trace) -> Iterator[str]:
    if found.transfer is not None:
        yield from _transfer(found.transfer)
    if found.burnt:
        yield "Burnt: a transfer of this id was refused for a passing reason; the id is used up."
    for account in found.accounts:
        yield from _account(account)
    if found.transfers:
        yield f"Its last transfers, the newest first (at most {TRANSFERS_SHOWN})"
        for traced in found.transfers:
            t = traced.transfer
            yield (
                f"  {rfc3339_exact(t.timestamp)}  batch {traced.batch}  {_reason(t.code)}  {t.amount}"
                f"  {UUID(int=t.id)}{_flags(t.flags)}"
            )


def _transfer(traced: TracedTransfer) -> Iterator[str]:
    t = traced.transfer
    yield f"Transfer {UUID(int=t.id)}{_flags(t.flags)}"
    yield f"  amount  {t.amount} in {_ledger(t.ledger)}, for {_reason(t.code)}"
    yield f"  debit   {UUID(int=t.debit_account_id)}"
    yield f"  credit  {UUID(int=t.credit_account_id)}"
    yield f"  time    {rfc3339_exact(t.timestamp)}, batch {traced.batch} of {traced.accounting_date}"
    yield f"  object  {UUID(int=t.user_data_128)}, {t.user_data_64}, {t.user_data_32}"
    if t.pending_id:
        yield f"  ends    pending transfer {UUID(int=t.pending_id)}"
    if int(t.flags) & TransferFlags.PENDING:
        timeout = f"expires {t.timeout} s after it" if t.timeout else "never expires"
        if (ending := traced.ending) is None:
            yield f"  pending still; {timeout}"
        else:
            by = "" if ending.by is None else f", by transfer {UUID(int=ending.by)}"
            yield f"  ended   {ending.status} at {rfc3339_exact(ending.timestamp)}{by}"


def _account(account: Account) -> Iterator[str]:
    yield f"Account {UUID(int=account.id)}{_flags(account.flags, of=AccountFlags)}"
    yield f"  {_kind(account.code)} in {_ledger(account.ledger)}, since {rfc3339_exact(account.timestamp)}"
    yield f"  debits  {account.debits_posted} posted, {account.debits_pending} pending"
    yield f"  credits {account.credits_posted} posted, {account.credits_pending} pending"


def _flags(flags: int, *, of: type[TransferFlags | AccountFlags] = TransferFlags) -> str:
    names = ", ".join((flag.name or "").lower() for flag in of if flag & flags)
    return f" ({names})" if names else ""


def _reason(code: int) -> str:
    try:
        return TransferCode.coded(code).name.lower()
    except ValueError:
        return f"code {code}"


def _kind(code: int) -> str:
    try:
        return AccountKind.coded(code).name.lower()
    except ValueError:
        return f"code {code}"


def _ledger(ledger: int) -> str:
    try:
        return f"{ledger} ({name_ledger(ledger)})"
    except NotALedger:
        return f"{ledger}"
