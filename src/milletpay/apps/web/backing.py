"""What stands behind the pages, wired in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from milletpay.apps.web.demo import TownFile
from milletpay.apps.web.telling import versions_told
from milletpay.bootstrap import House, TradeDesk, make_code_keys, make_terminal_secrets
from milletpay.checkout import PRESENTED_NS, CheckoutKeys, Watch
from milletpay.codes import CodeKeys, Links, key_for
from milletpay.customers import CustomerId
from milletpay.identity import Authenticator, OneTimeCodes, Pairings, Pins
from milletpay.ledger.chart import Mode
from milletpay.payments import PaymentId, versions_of, versions_presented
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Connection, Database
from milletpay.plumbing.ids import Entropy, IdSource, system_entropy
from milletpay.rails import Banks
from milletpay.terminals import TerminalSecrets
from milletpay.wallets import Binder


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """All that the pages stand on."""

    mode: Mode
    """In which mode people sign in here: test in a demo."""
    is_demo: bool
    """Whether one-time codes and PINs are shown."""
    town: TownFile
    database: Database
    desk: TradeDesk
    clock: Clock
    ids: IdSource
    entropy: Entropy
    links: Links
    """They also know what our addresses begin with."""
    returns: CheckoutKeys
    form_key: bytes = field(repr=False)
    watch: Watch[PaymentId]
    presented: Watch[CustomerId]
    """Tells customers what becomes of the codes that they show."""
    told: Watch[CustomerId]
    """The same for wallets that lie open here, and what televisions ask for."""
    code_keys: CodeKeys
    authenticator: Authenticator
    one_time_codes: OneTimeCodes
    pairings: Pairings
    pins: Pins
    banks: Banks
    binder: Binder
    terminal_secrets: TerminalSecrets

    async def close(self) -> None:
        """Look no more."""
        await self.watch.close()
        await self.presented.close()
        await self.told.close()


def make_backing(house: House, *, demo_file: Path | None) -> Backing:
    """Put it together; `demo_file` tells of the town of a demo, and is None where there is none.

    It is the caller's to close.
    """

    async def versions(
        connection: Connection, /, *, watched: Sequence[CustomerId]
    ) -> Mapping[CustomerId, int]:
        since = house.clock.now_ns() - PRESENTED_NS
        return await versions_presented(connection, watched=watched, since=since)

    async def news(connection: Connection, /, *, watched: Sequence[CustomerId]) -> Mapping[CustomerId, int]:
        return await versions_told(connection, watched=watched, now=house.clock.now_ns())

    return Backing(
        mode=Mode.TEST if demo_file else Mode.LIVE,
        is_demo=demo_file is not None,
        town=TownFile(demo_file),
        database=house.database,
        desk=house.desk,
        clock=house.clock,
        ids=house.ids,
        entropy=system_entropy,
        links=house.links,
        returns=CheckoutKeys(secret=key_for("ways back", secret=house.secret)),
        form_key=key_for("forms", secret=house.secret),
        watch=Watch(versions=versions_of, database=house.database, clock=house.clock),
        presented=Watch(versions=versions, database=house.database, clock=house.clock),
        told=Watch(versions=news, database=house.database, clock=house.clock),
        code_keys=make_code_keys(secret=house.secret),
        authenticator=house.authenticator,
        one_time_codes=house.one_time_codes,
        pairings=house.pairings,
        pins=house.pins,
        banks=house.banks,
        binder=house.binder,
        terminal_secrets=make_terminal_secrets(secret=house.secret),
    )
