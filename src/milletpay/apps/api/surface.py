"""All calls below `/v1`, over what stands behind them."""

from dataclasses import dataclass
from typing import Any

from milletpay.apps.api.agreements import AgreementsApi, agreement_routes
from milletpay.apps.api.payments import PaymentsApi, payment_routes
from milletpay.apps.api.refunds import RefundsApi, refund_routes
from milletpay.apps.http.routes import Route
from milletpay.codes import Links
from milletpay.identity import OneTimeCodes, Pins
from milletpay.payments.shapes import Shown
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.database import Database
from milletpay.plumbing.desk import Desk
from milletpay.plumbing.ids import Entropy, IdSource
from milletpay.rails import Banks


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
    one_time_codes: OneTimeCodes
    pins: Pins
    shows_codes: bool
    """Whether one-time codes are answered instead of sent, as in a demo."""


def api_routes(api: Api) -> tuple[Route, ...]:
    """Every call, in the order of the documents."""
    payments = PaymentsApi(desk=api.desk, database=api.database, shown=api.shown, clock=api.clock)
    refunds = RefundsApi(desk=api.desk, database=api.database, shown=api.shown)
    agreements = AgreementsApi(desk=api.desk, database=api.database, shown=api.shown)
    return (*payment_routes(payments), *refund_routes(refunds), *agreement_routes(agreements))
