"""What the calls below `/v1` stand on."""

from dataclasses import dataclass
from typing import Any

from milletpay.checkout import CheckoutKeys, Watch
from milletpay.codes import CodeKeys, Links
from milletpay.customers import CustomerId
from milletpay.identity import OneTimeCodes, Pairings, Pins
from milletpay.ledger.chart import Mode
from milletpay.notifications import Endpoints, Events
from milletpay.payments import PaymentId, Shown
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Desk
from milletpay.plumbing.ids import Entropy, IdSource
from milletpay.rails import Banks
from milletpay.terminals import TerminalSecrets
from milletpay.wallets import Binder


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the calls stand on."""

    database: Database
    desk: "Desk[Any, Any, Any]"
    clock: Clock
    ids: IdSource
    entropy: Entropy
    shown: Shown
    links: Links
    banks: Banks
    binder: Binder
    one_time_codes: OneTimeCodes
    pairings: Pairings
    pins: Pins
    cashier_pins: Pins
    terminal_secrets: TerminalSecrets
    events: Events
    endpoints: Endpoints
    watch: "Watch[PaymentId]"
    """Tells of payments that change; its owner closes it."""
    presented: "Watch[CustomerId]"
    """Tells customers what becomes of the codes that they show; as `watch`."""
    told: "Watch[CustomerId]"
    """The same, and what their televisions and boxes ask for; as `watch`."""
    code_keys: CodeKeys
    returns: CheckoutKeys
    mode: Mode
    """In which mode customers sign in: test in a demo."""
    shows_codes: bool
    """Whether one-time codes are answered instead of sent, as in a demo."""
