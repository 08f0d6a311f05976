"""What goes with the figures of a whole house: the conditions of the run, and that the books are in order."""

from typing import Any

from milletpay.benches.ledger import BookBroken
from milletpay.benches.place import Place, refuse_careless, server_settings
from milletpay.benches.surroundings import machine, versions
from milletpay.bootstrap import business_proofs
from milletpay.ledger import prove_books
from milletpay.ledger.chart import Mode
from milletpay.payments import PaymentStatus, count_payments
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database

PROVED = "the book and the business, by all proofs of `millet check`"


async def conditions_of(database: Database, *, place: Place) -> dict[str, Any]:
    """Programs, machine and server. Refuses a server that does not keep what it commits."""
    server = await server_settings(database)
    refuse_careless(server)
    return {
        **versions(),
        "postgresql": server.pop("server_version"),
        "machine": machine(),
        "file_system": place.file_system or "the server's own",
        "server": server,
    }


async def prove_figures(app_url: str, *, made: int, clock: Clock) -> None:
    """Refuse the figures of a house that does not prove, or that has not each of the payments once."""
    database = await Database.open(app_url, connections=4)
    try:
        report = await prove_books(database=database, clock=clock, further=business_proofs())
        async with database.connection() as connection:
            kept = await count_payments(connection, mode=Mode.TEST, status=PaymentStatus.SUCCEEDED)
    finally:
        await database.close()
    findings = [str(finding) for proof in report.proofs for finding in proof.findings]
    if findings:
        raise BookBroken(f"The book of the bench is not in order, and its figures are void: {findings}")
    if kept != made:
        raise BookBroken(f"{made} payments were answered, and {kept} are there.")
