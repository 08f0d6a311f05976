"""The one place where things are wired: from settings to a database that is ready for work."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from milletpay.codes import CodeKeys, Links, key_for
from milletpay.customers import Customers, Devices
from milletpay.fees import fee_proof
from milletpay.funding import Funding, funding_proofs
from milletpay.identity import (
    Authenticator,
    Hasher,
    Knowledge,
    OneTimeCodes,
    Operators,
    Pairings,
    Pepper,
    Pins,
)
from milletpay.ledger import Book, Bookkeeper, Part, Proof, Trade, Upkeep, open_bookkeeper
from milletpay.ledger.chart import Mode
from milletpay.limits import Limits
from milletpay.merchants import Merchants, Plates
from milletpay.notifications import Caller, Deliverer, Endpoints, Events, Queue, Reach, painters
from milletpay.payments import Payments, Presenters, Shown, fees_of_payments, payment_proofs
from milletpay.plumbing.answers import KeptAnswers
from milletpay.plumbing.clock import Clock, SystemClock
from milletpay.plumbing.database import Database
from milletpay.plumbing.dates import day_of
from milletpay.plumbing.desk import Desk, DeskRow
from milletpay.plumbing.embedded import EmbeddedServer, Say, open_server
from milletpay.plumbing.envelopes import Envelope
from milletpay.plumbing.ids import IdSource, system_entropy
from milletpay.plumbing.migration import migrate
from milletpay.plumbing.settings import Settings
from milletpay.rails import BankKey, Banks, SimulatedBank
from milletpay.terminals import Exchanges, Offline, Shifts, Terminals, TerminalSecrets, terminal_proofs
from milletpay.treasury import Treasury, treasury_proofs
from milletpay.wallets import (
    Binder,
    ReceiptReturns,
    Receipts,
    Wallets,
    WithdrawalFee,
    fees_of_withdrawals,
    wallet_proofs,
)

DEMO_BANK: Final = BankKey(Mode.TEST, "granary")
"""The bank of play money. Its cards are nobody's: their numbers begin with digits that no bank was given."""

DEMO_CARDS: Final = "629999"

TradeDesk: TypeAlias = Desk[object, Trade, Any]
"""The one desk of a process: for all commands that move money, or change what decisions rest on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhooks:
    """All that tells merchants what happens."""

    events: Events
    """Read by merchants; `announce` takes the outbox."""
    endpoints: Endpoints
    deliverer: Deliverer
    """`kinds` are the jobs of a worker."""


def make_parts(book: Book, *, secret: bytes | None) -> list[Part]:
    """The parts of the desk's business, in layer order, the top first; without `secret` none reads codes."""
    limits = Limits(book=book)
    customers = Customers(book=book)
    merchants = Merchants(book=book)
    treasury = Treasury(book=book)
    wallets = Wallets(
        book=book, customers=customers, limits=limits, treasury=treasury, withdrawal_fee=WithdrawalFee()
    )
    plates = Plates(book=book, merchants=merchants)
    devices = Devices(book=book)
    receipts = Receipts(book=book, customers=customers, limits=limits, treasury=treasury)
    receipt_returns = ReceiptReturns(book=book, receipts=receipts, treasury=treasury)
    terminals = Terminals(book=book, merchants=merchants)
    presenters = Presenters(
        book=book,
        devices=devices,
        customers=customers,
        limits=limits,
        keys=None if secret is None else make_code_keys(secret=secret),
    )
    funding = Funding(book=book, customers=customers, wallets=wallets, treasury=treasury)
    payments = Payments(
        book=book,
        limits=limits,
        customers=customers,
        devices=devices,
        merchants=merchants,
        plates=plates,
        presenters=presenters,
        funding=funding,
    )
    shifts = Shifts(book=book, merchants=merchants, payments=payments)
    offline = Offline(book=book, payments=payments)
    exchanges = Exchanges(book=book, payments=payments, terminals=terminals)
    parts: list[Part] = [
        offline,
        shifts,
        exchanges,
        terminals,
        payments,
        presenters,
        funding,
        wallets,
        receipt_returns,
        receipts,
        treasury,
        plates,
        merchants,
        devices,
        customers,
        limits,
        Upkeep(book=book),
    ]
    return [KeptAnswers(parts=parts, now=lambda: book.now), *parts]


@asynccontextmanager
async def open_desk(
    database: Database, *, secret: bytes | None, clock: Clock, ids: IdSource
) -> AsyncIterator[TradeDesk]:
    """Open a desk over all packages; at the end, what was taken in is finished.

    :param secret: of the house, with which payment codes are read; a desk that takes none needs none
    """
    book = Book(clock=clock, accounting_date=day_of)
    desk: TradeDesk = Desk(
        database=database,
        business=Trade(book=book, parts=make_parts(book, secret=secret)),
        proof=DeskRow(desk_id=ids.next(), clock=clock),
        clock=clock,
    )
    async with desk:
        yield desk


@dataclass(frozen=True, kw_only=True, slots=True)
class House:
    """What a program works with that serves people: over HTTP, or by seeding a town."""

    database: Database
    desk: TradeDesk
    clock: Clock
    ids: IdSource
    banks: Banks
    binder: Binder
    links: Links
    secret: bytes = field(repr=False)
    """From which links, forms, ways back and kept answers have their keys; the same in every process."""
    authenticator: Authenticator
    one_time_codes: OneTimeCodes
    pairings: Pairings
    pins: Pins
    cashier_pins: Pins
    operators: Operators


@asynccontextmanager
async def open_house(
    app_url: str, *, pepper: Pepper, base_url: str, connections: int, clock: Clock
) -> AsyncIterator[House]:
    """Open the database as the application, a desk, and all that stands on them."""
    ids = IdSource(clock=clock, entropy=system_entropy)
    database = await Database.open(app_url, connections=connections)
    hasher = Hasher(pepper)
    secret = house_secret(pepper)
    banks = make_banks(database, clock=clock)
    try:
        async with open_desk(database, secret=secret, clock=clock, ids=ids) as desk:
            yield House(
                database=database,
                desk=desk,
                clock=clock,
                ids=ids,
                banks=banks,
                binder=Binder(banks=banks, database=database),
                links=make_links(base_url, secret=secret),
                secret=secret,
                authenticator=Authenticator(database=database, clock=clock),
                one_time_codes=OneTimeCodes(database=database, pepper=pepper, entropy=system_entropy),
                pairings=Pairings(database=database, pepper=pepper, entropy=system_entropy),
                pins=Pins(database=database, hasher=hasher),
                cashier_pins=Pins(
                    database=database,
                    hasher=hasher,
                    knowledge=Knowledge.CASHIER_PIN,
                    purpose="cashier pin",
                ),
                operators=Operators(database=database, hasher=hasher),
            )
    finally:
        hasher.close()
        await database.close()


def house_secret(pepper: Pepper) -> bytes:
    """The secret from which links, forms and ways back have their keys."""
    return pepper.mac("house", purpose="links, forms, ways back", owner="")


def make_code_keys(*, secret: bytes) -> CodeKeys:
    """What payment codes are made and read with."""
    return CodeKeys(key_for("payment codes", secret=secret))


def make_links(base_url: str, *, secret: bytes) -> Links:
    """What writes our links and reads what was scanned; `base_url` has no slash at its end."""
    return Links(base_url=base_url, key=key_for("links", secret=secret))


def make_terminal_secrets(*, secret: bytes) -> TerminalSecrets:
    """What derives the secrets of tills and card terminals."""
    return TerminalSecrets(key=key_for("terminals", secret=secret))


def make_banks(database: Database, *, clock: Clock) -> Banks:
    """The banks that we have agreements with: as yet one, of play money."""
    return Banks(
        [SimulatedBank(key=DEMO_BANK, issues_from=DEMO_CARDS, database=database, clock=clock, seed=1)]
    )


def make_webhooks(*, links: Links, secret: bytes, reach: Reach, clock: Clock, ids: IdSource) -> Webhooks:
    """Wire what tells merchants what happens; objects are shown with our `links`.

    :param secret: of the house, under which the secrets of endpoints are kept
    """
    shown = Shown(links=links)
    envelope = Envelope(key_for("webhook secrets", secret=secret))
    queue = Queue(ids=ids, entropy=system_entropy)
    events = Events(
        painters=painters(payment=shown.payment, refund=shown.refund, agreement=shown.agreement),
        queue=queue,
        clock=clock,
    )
    caller = Caller(reach=reach, clock=clock)
    return Webhooks(
        events=events,
        endpoints=Endpoints(
            queue=queue, envelope=envelope, reach=reach, clock=clock, ids=ids, entropy=system_entropy
        ),
        deliverer=Deliverer(
            events=events, queue=queue, caller=caller, envelope=envelope, clock=clock, ids=ids
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Served:
    """A database that this program serves to others."""

    owner_url: str = field(repr=False)
    app_url: str = field(repr=False)
    place: str
    """Where it is, for people; without its password."""
    keep_running: Callable[[], Coroutine[Any, Any, None]] | None
    """Watches the server and starts it again until cancelled; None when the server is not ours."""


@asynccontextmanager
async def serve_database(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[Served]:
    """Run the database that the settings name, its schema brought to this version, until the block ends.

    A data directory is made where there is none. Its server is ours alone: it stops though tools use it.
    """
    if settings.database_url is not None:
        owner_url = settings.database_url
        app_url = await migrate(owner_url=owner_url, app_url=settings.app_database_url)
        place = "the server of --database-url"
        yield Served(owner_url=owner_url, app_url=app_url, place=place, keep_running=None)
        return
    server = await EmbeddedServer.start(settings.data, purpose=purpose, say=say)
    try:
        app_url = await migrate(owner_url=server.url)
        place = f"PostgreSQL {server.binaries.version} in {server.places.directory}"
        yield Served(owner_url=server.url, app_url=app_url, place=place, keep_running=server.keep_running)
    finally:
        await server.stop()


@asynccontextmanager
async def open_owner(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[str]:
    """Give the owner's URL of the books that the settings name, for as long as the block runs.

    A data directory must exist; its server is used if it runs, else started and stopped again.
    `purpose` names the command to whoever finds the directory in use; `say` is told what takes long.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    async with open_server(settings.data, purpose=purpose, say=say) as url:
        yield url


@asynccontextmanager
async def open_application(settings: Settings, *, purpose: str, say: Say) -> AsyncIterator[str]:
    """As `open_owner`, with the schema brought to this version; gives the URL of the application's login."""
    async with open_owner(settings, purpose=purpose, say=say) as owner_url:
        yield await migrate(owner_url=owner_url, app_url=settings.app_database_url)


@asynccontextmanager
async def open_database(
    settings: Settings, *, purpose: str, say: Say, connections: int = 8
) -> AsyncIterator[Database]:
    """As `open_application`; gives the database opened as the application."""
    async with open_application(settings, purpose=purpose, say=say) as app_url:
        database = await Database.open(app_url, connections=connections)
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def open_book(database: Database) -> AsyncIterator[Bookkeeper]:
    """Open a desk of this process's own for the book."""
    clock = SystemClock()
    ids = IdSource(clock=clock, entropy=system_entropy)
    async with open_bookkeeper(database=database, clock=clock, desk_id=ids.next()) as bookkeeper:
        yield bookkeeper


def business_proofs() -> list[Proof]:
    """What `millet check` proves beside the book itself: each package's own money, the top package first."""
    return [
        *terminal_proofs(),
        *payment_proofs(),
        *funding_proofs(),
        *wallet_proofs(),
        *treasury_proofs(),
        fee_proof([fees_of_payments, fees_of_withdrawals]),
    ]
