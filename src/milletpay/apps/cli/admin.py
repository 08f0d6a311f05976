"""`millet admin`: what somebody of the house does by hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from milletpay.apps.cli.options import database_options, say
from milletpay.bootstrap import TradeDesk, open_database, open_desk
from milletpay.customers import CUSTOMER_ID, Customer, CustomerId, CustomerRefused, LinkCustomer
from milletpay.plumbing.clock import SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import rfc3339
from milletpay.plumbing.ids import IdForm, IdSource, NotAnId, system_entropy
from milletpay.plumbing.loop import run
from milletpay.plumbing.settings import Settings
from milletpay.wallets import (
    RECEIPT_ID,
    WHY_MAX,
    ClaimReceipt,
    Receipt,
    ReceiptId,
    ReceiptRefused,
    ReceiptReturn,
    ReceiptReturnId,
    ReceiptStatus,
    ReturnReceipt,
    unclaimed_receipts,
)

SHOWN_MAX = 1000

Id = TypeVar("Id", bound=int)


class IdParameter(click.ParamType[Id]):
    """An id as it is written in public."""

    def __init__(self, form: IdForm[Id], *, name: str) -> None:
        self.name = name
        self._form = form

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Id:
        """Read it, or refuse it with what is wrong."""
        try:
            return self._form.read(str(value))
        except NotAnId as refusal:
            self.fail(str(refusal), param, ctx)


@click.group("admin")
def admin() -> None:
    """Do by hand what the house has to decide."""


@admin.command("receipts")
@database_options
def receipts(*, settings: Settings) -> None:
    """List bank transfers that wait in suspense: they name no customer who may have them."""
    waiting = run(_waiting(settings))
    if not waiting:
        click.echo("Nothing waits in suspense.")
        return
    table = Table("receipt", "received", "amount", "from", "remark", "why it waits", box=None)
    for receipt in waiting:
        assert receipt.unclaimed is not None
        table.add_row(
            RECEIPT_ID.write(receipt.id),
            rfc3339(receipt.received_at),
            str(receipt.amount),
            receipt.payer,
            receipt.remark,
            "is on its way back"
            if receipt.status is ReceiptStatus.RETURNING
            else receipt.unclaimed.replace("_", " "),
        )
    Console(width=160, highlight=False).print(table)


@admin.command("claim-receipt")
@database_options
@click.argument("receipt", type=IdParameter(RECEIPT_ID, name="rcp_..."))
@click.argument("customer", type=IdParameter(CUSTOMER_ID, name="cus_..."))
def claim_receipt(*, settings: Settings, receipt: ReceiptId, customer: CustomerId) -> None:
    """Give a transfer that waits to the customer whose it is. Again is without harm."""
    answer = run(_claim(settings, receipt=receipt, customer=customer))
    if isinstance(answer, ReceiptRefused):
        raise click.ClickException(f"Nothing was done: {answer.detail}.")
    click.echo(f"{answer.amount} of {answer.bank_reference} is {CUSTOMER_ID.write(customer)}'s.")


@admin.command("return-receipt")
@database_options
@click.argument("receipt", type=IdParameter(RECEIPT_ID, name="rcp_..."))
@click.option("--reason", required=True, help="Why, in a few words; it is kept with the return.")
def return_receipt(*, settings: Settings, receipt: ReceiptId, reason: str) -> None:
    """Send a transfer that waits back to the account it came from. Again is without harm.

    Nobody can claim it from now on. The worker asks the bank; what that refuses waits as before.
    """
    why = reason.strip()
    if not why or len(why) > WHY_MAX:
        raise click.BadParameter(f"A reason has 1 to {WHY_MAX} characters.", param_hint="--reason")
    answer = run(_return(settings, receipt=receipt, why=why))
    if isinstance(answer, ReceiptRefused):
        raise click.ClickException(f"Nothing was done: {answer.detail}.")
    click.echo(f"{RECEIPT_ID.write(receipt)} goes back: {answer.status}. Reason: {answer.why}")


@admin.command("link-customers")
@database_options
@click.argument("customer", type=IdParameter(CUSTOMER_ID, name="cus_..."))
@click.argument("same_as", type=IdParameter(CUSTOMER_ID, name="cus_..."), metavar="PERSON_CUS")
def link_customers(*, settings: Settings, customer: CustomerId, same_as: CustomerId) -> None:
    """Note that two accounts are one person's, as their identity documents say. Again is without harm.

    What the law limits for a person is counted over both from now on. It cannot be undone.
    """
    answer = run(_link(settings, customer=customer, same_as=same_as))
    if isinstance(answer, CustomerRefused):
        raise click.ClickException(f"Nothing was done: {answer.detail}.")
    click.echo(f"{CUSTOMER_ID.write(customer)} and {CUSTOMER_ID.write(same_as)} are one person's.")


async def _waiting(settings: Settings) -> Sequence[Receipt]:
    async with (
        open_database(settings, purpose="millet admin", say=say, connections=2) as database,
        database.connection() as connection,
    ):
        return await unclaimed_receipts(connection, most=SHOWN_MAX)


async def _claim(settings: Settings, *, receipt: ReceiptId, customer: CustomerId) -> Receipt | ReceiptRefused:
    async with (
        open_database(settings, purpose="millet admin", say=say, connections=3) as database,
        _desk(database) as desk,
    ):
        answer: Receipt | ReceiptRefused = await desk.submit(ClaimReceipt(id=receipt, customer=customer))
        return answer


async def _return(settings: Settings, *, receipt: ReceiptId, why: str) -> ReceiptReturn | ReceiptRefused:
    async with (
        open_database(settings, purpose="millet admin", say=say, connections=3) as database,
        _desk(database) as desk,
    ):
        new_id = IdSource(clock=SystemClock(), entropy=system_entropy).next
        command = ReturnReceipt(id=ReceiptReturnId(new_id()), receipt=receipt, why=why)
        answer: ReceiptReturn | ReceiptRefused = await desk.submit(command)
        return answer


async def _link(
    settings: Settings, *, customer: CustomerId, same_as: CustomerId
) -> Customer | CustomerRefused:
    async with (
        open_database(settings, purpose="millet admin", say=say, connections=3) as database,
        _desk(database) as desk,
    ):
        answer: Customer | CustomerRefused = await desk.submit(LinkCustomer(id=customer, same_as=same_as))
        return answer


@asynccontextmanager
async def _desk(database: Database) -> AsyncIterator[TradeDesk]:
    """A desk of this command's own, beside those of a running server."""
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    async with open_desk(database, secret=None, clock=clock, ids=ids) as desk:
        yield desk
