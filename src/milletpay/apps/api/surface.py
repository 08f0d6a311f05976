"""All calls below `/v1`, over what stands behind them."""

from milletpay.apps.api.agreements import AgreementsApi, agreement_routes
from milletpay.apps.api.backing import Api
from milletpay.apps.api.balance import balance_routes
from milletpay.apps.api.cashiers import cashier_routes
from milletpay.apps.api.counters import counter_routes
from milletpay.apps.api.devices import device_routes
from milletpay.apps.api.events import EventsApi, event_routes
from milletpay.apps.api.notices import notice_routes
from milletpay.apps.api.offers import offer_routes
from milletpay.apps.api.offline import offline_routes
from milletpay.apps.api.payments import PaymentsApi, payment_routes
from milletpay.apps.api.plates import plate_routes
from milletpay.apps.api.refunds import RefundsApi, refund_routes
from milletpay.apps.api.sign_in import sign_in_routes
from milletpay.apps.api.subscriptions import subscription_routes
from milletpay.apps.api.terminals import terminal_routes
from milletpay.apps.api.till_feed import till_feed_routes
from milletpay.apps.api.wallet import wallet_routes
from milletpay.apps.api.wallet_codes import wallet_code_routes
from milletpay.apps.api.wallet_deposits import deposit_routes
from milletpay.apps.api.wallet_devices import wallet_device_routes
from milletpay.apps.api.wallet_money import money_routes
from milletpay.apps.api.wallet_payments import wallet_payment_routes
from milletpay.apps.api.watching import watching_routes
from milletpay.apps.api.webhook_endpoints import WebhookEndpointsApi, webhook_endpoint_routes
from milletpay.apps.http.routes import Route


def api_routes(api: Api) -> tuple[Route, ...]:
    """Every call, in the order of the documents."""
    payments = PaymentsApi(desk=api.desk, database=api.database, shown=api.shown)
    refunds = RefundsApi(desk=api.desk, database=api.database, shown=api.shown)
    agreements = AgreementsApi(desk=api.desk, database=api.database, shown=api.shown)
    events = EventsApi(events=api.events, database=api.database, clock=api.clock)
    endpoints = WebhookEndpointsApi(endpoints=api.endpoints, database=api.database, clock=api.clock)
    return (
        *payment_routes(payments),
        *watching_routes(api),
        *refund_routes(refunds),
        *agreement_routes(agreements),
        *balance_routes(api),
        *terminal_routes(api),
        *plate_routes(api),
        *cashier_routes(api),
        *counter_routes(api),
        *till_feed_routes(api),
        *notice_routes(api),
        *offline_routes(api),
        *event_routes(events),
        *webhook_endpoint_routes(endpoints),
        *sign_in_routes(api),
        *wallet_routes(api),
        *money_routes(api),
        *deposit_routes(api),
        *wallet_payment_routes(api),
        *wallet_device_routes(api),
        *wallet_code_routes(api),
        *offer_routes(api),
        *subscription_routes(api),
        *device_routes(api),
    )
