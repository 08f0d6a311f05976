"""The API as an ASGI application: its surfaces and their routes, put on one kernel."""

from collections.abc import Sequence
from typing import Final

from milletpay.apps.api.documents import document_table
from milletpay.apps.api.events import WEBHOOKS
from milletpay.apps.api.health import Health, health_routes
from milletpay.apps.api.problems import PROBLEMS
from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.openapi import About
from milletpay.apps.http.routes import PageKeys, Route, Surface, Table
from milletpay.apps.http.who import Authenticator, Rate, nobody
from milletpay.plumbing.clock import Clock
from milletpay.plumbing.ids import IdSource

VERSIONS: Final = ("2026-12-01",)
"""The versions of the API that are served, the one for requests that name none first."""

NO_STORE: Final = ((b"cache-control", b"no-store"),)

RATE_OF_ANYONE: Final = Rate(per_second=50, at_once=500)
"""What one address may ask of the API without a credential, such as to sign in."""

PAGE_KEYS: Final = PageKeys(kind="publishable_key", begins=b"pk_")

ABOUT: Final = About(
    title="MilletPay API",
    version=VERSIONS[0],
    description="""\
Requests and answers are JSON in UTF-8. Amounts are whole numbers of minor units, such as fen, beside a
`currency`; times are RFC 3339 in UTC; ids say by their prefix what they name.

Say who asks with `Authorization: Bearer ...`. Keys with `test` in them move play money that never meets real
money; a key of one mode finds nothing of the other.

Send an `Idempotency-Key` with every POST. When the outcome of a request is not known, for whatever reason,
send it again with the same key and the same body: it is done once, and the first answer comes again.

A request that is refused is answered with a problem (RFC 9457) and leaves nothing behind; fields that are not
known are refused. A payment that is declined is answered with 402: it is kept, and that is its answer.

Lists are read in parts: send `next_cursor` as `cursor` until `has_more` is false. Every answer has a
`Request-Id`. `X-Api-Version` pins a version of the API.

A stream of events goes on until what it tells of is over. Of one credential 100 are open at a time: when
one more begins, the oldest ends and asks its reader to stay away for a minute. Follow more by webhooks.""",
    credentials={
        "secret_key": "A merchant's server, for all that the merchant may: `sk_test_...` or `sk_live_...`.",
        "restricted_key": "A merchant's server, with the scopes that it was given: `rk_...`.",
        "publishable_key": "A merchant's page or app, where everybody can read it: `pk_...`.",
        "customer_session": "A customer who has signed in.",
        "terminal_key": "A till in a store, for what is sold and given back there: `tk_...`.",
        "device_session": "A customer's television or box: `ds_...`. It asks for payments and pays none.",
        "operator_session": "One of the operator's staff at the console.",
    },
    chapters={
        "Events": "What happened to your objects, for 30 days.",
        "Webhook endpoints": "Where you are told of events. Each message is signed as Standard Webhooks says,"
        " so that its libraries verify it; of one object the events arrive in order, and each is tried for"
        " three days until your server answers 2xx. Look at `webhook-id`: the same event may come twice.",
        "Devices": "Televisions and boxes. One shows a code, and a customer confirms on the phone: then it"
        " has a credential of its own. It orders what merchants offer and shows the code large; the customer"
        " pays on the phone. No PIN is ever typed on a screen that a whole room sees.",
        "Offers and entitlements": "What you sell for use, and who may use it: granted when a payment"
        " succeeds, taken back when it is reversed or refunded whole. What is refunded in part stays.",
        "Operation": "For whoever runs it.",
    },
    webhooks=WEBHOOKS,
)


def make_application(
    *,
    health: Health,
    ids: IdSource,
    clock: Clock,
    answers_key: bytes,
    authenticate: Authenticator = nobody,
    routes: Sequence[Route] = (),
    tables: Sequence[Table] = (),
) -> Kernel:
    """Put all routes together.

    :param answers_key: as `Kernel` takes it
    :param authenticate: who shows a credential to the API
    :param routes: the API's own, below `/v1`
    :param tables: what else the process serves
    """
    api = Surface(
        prefix="/v1",
        headers=NO_STORE,
        authenticate=authenticate,
        versions=VERSIONS,
        rate_of_anyone=RATE_OF_ANYONE,
        page_keys=PAGE_KEYS,
    )
    others = {table.surface.prefix for table in tables}
    # What nobody has is answered by the pages, where there are any.
    prefix = "/healthz" if "/" in others else "/"
    plain = Surface(prefix=prefix, headers=NO_STORE, authenticate=nobody, ignores_queries=True)
    served = [
        Table(surface=api, routes=tuple(routes)),
        Table(surface=plain, routes=health_routes(health)),
        *tables,
    ]
    documents = document_table(served, problems=PROBLEMS, about=ABOUT)
    return Kernel(
        tables=[*served, documents], problems=PROBLEMS, ids=ids, clock=clock, answers_key=answers_key
    )
