"""The API as an ASGI application: its surfaces and their routes, put on one kernel."""

from typing import Final

from milletpay.apps.api.health import Health, health_routes
from milletpay.apps.api.problems import PROBLEMS
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.routes import Surface, Table
from milletpay.apps.http.who import nobody
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.ids import IdSource

NO_STORE: Final = ((b"cache-control", b"no-store"),)


def make_application(*, health: Health, ids: IdSource, clock: Clock) -> Kernel:
    """Put all routes together."""
    plain = Surface(prefix="/", headers=NO_STORE, authenticate=nobody, ignores_queries=True)
    tables = [Table(surface=plain, routes=health_routes(health))]
    return Kernel(tables=tables, problems=PROBLEMS, ids=ids, clock=clock)
