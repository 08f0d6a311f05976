"""The report of a bench as people read it: a table, the peers, and under which conditions."""

from collections.abc import Mapping
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from milletpay.benches import CodeReport, PaymentReport, Report, TerminalReport

DISTURBING_CORES: Final = 0.2
"""When other programs use more than this, it is said."""

WIDTH: Final = 120
"""Columns where nobody looks at it on a terminal, as in a file."""


def print_report(report: Report) -> None:
    """Print it on standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    console.print(_table_of_rows(report))
    for line in _refusals(report) + _disturbance(report):
        console.print(line, highlight=False)
    if report.peers:
        console.print(_table_of_peers(report))
    for line in _conditions(report.settings):
        console.print(line, highlight=False, soft_wrap=True)


def _table_of_rows(report: Report) -> Table:
    table = _new_table("The book")
    table.add_column("row", no_wrap=True)
    for name in ("transfers/s", "required", "", "batch", "accounts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("work")
    for name in ("p50 / p99 ms", "Python + server"):
        table.add_column(name, justify="right")
    table.caption = (
        "p50, p99: from a batch's submission to its answer."
        " Python, server: processor time for one transfer, in microseconds."
    )
    table.caption_justify = "left"
    for figure in report.figures:
        required = report.required_of(figure)
        reached = figure.transfers_per_s >= required
        server = "?" if figure.postgresql_us is None else f"{figure.postgresql_us:.2f}"
        table.add_row(
            figure.work.name,
            f"{figure.transfers_per_s:,}",
            f"{required:,}",
            "[green]reached[/]" if reached else "[red]missed[/]",
            f"{figure.work.batch:,}",
            f"{figure.work.accounts:,}",
            figure.work.does,
            f"{figure.p50_ms:.1f} / {figure.p99_ms:.1f}",
            f"{figure.python_us:.2f} + {server}",
        )
    return table


def _refusals(report: Report) -> list[str]:
    """What was refused for want of money: checked and answered, and not counted as a transfer."""
    return [
        f"{figure.work.name}: {figure.refused:,} of {figure.created + figure.refused:,} were refused"
        " for want of money, and are not counted."
        for figure in report.figures
        if figure.refused
    ]


def _disturbance(report: Report) -> list[str]:
    """Whether the machine was busy with something else."""
    elsewhere, cores = report.cores_elsewhere, report.settings["machine"]["cores"]
    if elsewhere is None or elsewhere < DISTURBING_CORES:
        return []
    warning = (
        f"Other programs used up to {elsewhere:.1f} of {cores} cores meanwhile: a quiet machine does more."
    )
    return [f"[yellow]{warning}[/]"]


def _table_of_peers(report: Report) -> Table:
    table = _new_table("Peers, in the same run")
    table.add_column("peer")
    table.add_column("version")
    table.add_column("work")
    table.add_column("transfers/s", justify="right")
    for peer in report.peers:
        table.add_row(peer.name, peer.version, peer.workload, f"{peer.transfers_per_s:,}")
    return table


def _new_table(title: str) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left", title_style="bold")


def _conditions(settings: Mapping[str, Any]) -> list[str]:
    """One line for each, those of a group on one line."""
    lines = []
    for name, value in settings.items():
        shown = value
        if isinstance(value, Mapping):
            shown = ", ".join(f"{part} {of}" for part, of in value.items())
        lines.append(f"[dim]{name.replace('_', ' '):>18}[/]  {shown}")
    return lines


def print_terminals(report: TerminalReport) -> None:
    """Print the terminals' bench on standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = _new_table("Card terminals, over TCP")
    table.add_column("row")
    for name in (
        "terminals",
        "purchases/s",
        "p50 ms",
        "p99 ms",
        "",
        "gateway",
        "server",
        "load",
        "elsewhere",
    ):
        table.add_column(name, justify="right")
    table.caption = (
        "Gateway, server, load: processor time, µs a purchase. Elsewhere: cores used by other programs."
    )
    table.caption_justify = "left"
    for figure in report.figures:
        table.add_row(
            figure.work.name,
            f"{figure.terminals:,}",
            f"{figure.purchases_per_s:,}",
            f"{figure.p50_ms:.2f}",
            f"{figure.p99_ms:.2f}",
            "[green]reached[/]" if figure.reached else "[red]missed[/]",
            f"{figure.gateway_us:.0f}",
            "" if figure.postgresql_us is None else f"{figure.postgresql_us:.0f}",
            f"{figure.load_us:.0f}",
            "" if figure.cores_elsewhere is None else f"{figure.cores_elsewhere:.1f}",
        )
    console.print(table)
    for line in _conditions(report.settings):
        console.print(line, highlight=False, soft_wrap=True)


def print_payments(report: PaymentReport) -> None:
    """Print the payments' bench on standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = _new_table("Payments, over HTTP")
    table.add_column("row")
    for name in ("connections", "payments/s", "p50 ms", "p99 ms", "", "API", "server", "load", "elsewhere"):
        table.add_column(name, justify="right")
    table.caption = (
        "API, server, load: processor time, µs a payment. Elsewhere: cores used by other programs."
    )
    table.caption_justify = "left"
    for figure in report.figures:
        table.add_row(
            figure.work.name,
            f"{figure.work.connections}",
            f"{figure.payments_per_s:,}",
            f"{figure.p50_ms:.2f}",
            f"{figure.p99_ms:.2f}",
            "[green]reached[/]" if figure.reached else "[red]missed[/]",
            f"{figure.api_us:.0f}",
            "" if figure.postgresql_us is None else f"{figure.postgresql_us:.0f}",
            f"{figure.load_us:.0f}",
            "" if figure.cores_elsewhere is None else f"{figure.cores_elsewhere:.1f}",
        )
    console.print(table)
    for line in _conditions(report.settings):
        console.print(line, highlight=False, soft_wrap=True)


def print_codes(report: CodeReport) -> None:
    """Print the bench of payment codes on standard output."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    table = _new_table(f"Payment codes, among {report.settings['phones']:,} phones")
    table.add_column("row")
    for name in ("codes", "API", "server", ""):
        table.add_column(name, justify="right")
    table.caption = "API, server: processor time, µs a code; both together are to be below 200."
    table.caption_justify = "left"
    for figure in report.figures:
        table.add_row(
            figure.name,
            f"{figure.codes:,}",
            f"{figure.python_us:.0f}",
            "" if figure.postgresql_us is None else f"{figure.postgresql_us:.0f}",
            "[green]reached[/]" if figure.reached else "[red]missed[/]",
        )
    console.print(table)
    for line in _conditions(report.settings):
        console.print(line, highlight=False, soft_wrap=True)
