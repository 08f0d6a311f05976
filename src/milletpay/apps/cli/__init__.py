"""The command `millet`. Each module holds one command or one group; `COMMANDS` lists them."""

import sys
from typing import Final

import click

from milletpay import __version__
from milletpay.apps.cli.admin import admin
from milletpay.apps.cli.bench import bench
from milletpay.apps.cli.bench_codes import codes
from milletpay.apps.cli.bench_payments import payments
from milletpay.apps.cli.bench_terminals import terminals
from milletpay.apps.cli.check import check
from milletpay.apps.cli.day_end import day_end
from milletpay.apps.cli.iso8583 import iso8583
from milletpay.apps.cli.qr import qr
from milletpay.apps.cli.trace import trace_command
from milletpay.apps.cli.up import up
from milletpay.benches import BenchRefused, BookBroken, NotPaid
from milletpay.ledger import DayNotBegun
from milletpay.plumbing.database import DatabaseUnavailable
from milletpay.plumbing.desk import DeskRefusal, Unknown
from milletpay.plumbing.embedded import ServerRefused
from milletpay.plumbing.loop import Interrupted
from milletpay.plumbing.migration import MigrationRefused
from milletpay.plumbing.roles import RoleRefused

COMMANDS: Final = (up, check, day_end, trace_command, qr, admin, iso8583, bench)

REFUSALS: Final = (
    BenchRefused,
    BookBroken,
    DatabaseUnavailable,
    DayNotBegun,
    DeskRefusal,
    MigrationRefused,
    NotPaid,
    RoleRefused,
    ServerRefused,
    Unknown,
)
"""What is told to the person who typed the command, without a traceback: it is nobody's defect."""

INTERRUPTED_STATUS: Final = 130


class Millet(click.Group):
    """A group of commands whose refusals are sentences."""

    def invoke(self, context: click.Context) -> object:
        """Run a command; a refusal ends it with status 1, a signal with 130."""
        try:
            return super().invoke(context)
        except REFUSALS as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except Interrupted:
            click.echo("Interrupted; everything that was opened is closed.", err=True)
            sys.exit(INTERRUPTED_STATUS)


@click.group(cls=Millet, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="millet")
def main() -> None:
    """Run MilletPay: start it, prove its books, measure it."""


bench.add_command(payments)
bench.add_command(terminals)
bench.add_command(codes)

for command in COMMANDS:
    main.add_command(command)
