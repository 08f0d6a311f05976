"""`millet check`: prove the books, say what was proved, and give the head to keep."""

import json
import sys

import click

from milletpay.apps.cli.options import database_options, say
from milletpay.bootstrap import business_proofs, open_database
from milletpay.ledger import Finding, NotAHead, ProofReport, Proven, PublishedHead, prove_books
from milletpay.plumbing.clock import MILLISECOND, SystemClock
from milletpay.plumbing.loop import run
from milletpay.plumbing.settings import Settings


class HeadParameter(click.ParamType[PublishedHead]):
    """`N:HEX`: the number and digest of a batch."""

    name = "N:HEX"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> PublishedHead:
        """Read it, or refuse it with what is wrong."""
        if isinstance(value, PublishedHead):
            return value
        try:
            return PublishedHead.parse(str(value))
        except NotAHead as refusal:
            self.fail(str(refusal), param, ctx)


@click.command()
@database_options
@click.option(
    "--head",
    "heads",
    type=HeadParameter(),
    multiple=True,
    help="A head that was printed earlier: prove that the book has not been rewritten since. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def check(*, settings: Settings, heads: tuple[PublishedHead, ...], as_json: bool) -> None:
    """Prove the books, beside running trade; exit 0 only when all is proved.

    Reads the whole book at one moment: every digest is computed anew, every balance is summed up from its
    transfers. Keep the head that it prints where the owner of the database cannot change it.
    """
    report = run(_prove(settings, heads=heads))
    if as_json:
        click.echo(json.dumps(_document(report), indent=2))
    else:
        _print(report)
    sys.exit(0 if report.clean else 1)


async def _prove(settings: Settings, *, heads: tuple[PublishedHead, ...]) -> ProofReport:
    async with open_database(settings, purpose="millet check", say=say, connections=2) as database:
        return await prove_books(
            database=database, clock=SystemClock(), published=heads, further=business_proofs()
        )


def _print(report: ProofReport) -> None:
    for proof in report.proofs:
        verdict = "proved" if not proof.findings else "WRONG "
        click.echo(f"{verdict}  {proof.name}: {proof.claim}")
        click.echo(f"        {_counted(proof)}{_seconds(proof.duration_ns)}")
        for remark in proof.remarks:
            click.echo(f"        {remark}")
        for finding in proof.findings:
            click.echo(f"     !  {finding}")
        if proof.unnamed:
            click.echo(f"     !  and {proof.unnamed:,} more")
    found = sum(len(proof.findings) + proof.unnamed for proof in report.proofs)
    seconds = _seconds(report.duration_ns)
    if report.clean:
        click.echo(f"All is proved, in {seconds}. Head of the book, to keep:")
    else:
        click.echo(f"NOT proved: {found:,} findings, in {seconds}. Head of the book, as it stands:")
    click.echo(report.head)


def _counted(proof: Proven) -> str:
    return "".join(f"{kind} {number:,}, " for kind, number in proof.rows.items())


def _seconds(duration_ns: int) -> str:
    seconds, rest = divmod(duration_ns // (10 * MILLISECOND), 100)
    return f"{seconds}.{rest:02} s"


def _document(report: ProofReport) -> dict[str, object]:
    return {
        "proved": report.clean,
        "head": str(report.head),
        "milliseconds": report.duration_ns // MILLISECOND,
        "proofs": [
            {
                "name": proof.name,
                "claim": proof.claim,
                "rows": dict(proof.rows),
                "milliseconds": proof.duration_ns // MILLISECOND,
                "remarks": list(proof.remarks),
                "findings": [_finding(finding) for finding in proof.findings],
                "findings_not_named": proof.unnamed,
            }
            for proof in report.proofs
        ],
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "where": finding.where,
        "what": finding.what,
        "expected": finding.expected,
        "found": finding.found,
    }
