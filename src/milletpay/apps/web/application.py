"""The tables of the pages: everything below `/` that is not the API's."""

from typing import Final

from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.routes import Surface, Table
from milletpay.apps.http.who import Rate
from milletpay.apps.web.asked import AskedPages
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.bank_card import BankCardPages
from milletpay.apps.web.bank_transfer import BankTransferPages
from milletpay.apps.web.cards import CardPages
from milletpay.apps.web.cashier import CashierPages
from milletpay.apps.web.code_pages import CodePages
from milletpay.apps.web.code_rules import CodeRulePages
from milletpay.apps.web.counter import CounterPages
from milletpay.apps.web.my_devices import DevicePages
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import People
from milletpay.apps.web.pin_setting import PinPages
from milletpay.apps.web.plates import PlatePages
from milletpay.apps.web.scanning import ScanPages
from milletpay.apps.web.sending import SendingPages
from milletpay.apps.web.shop import ShopPages
from milletpay.apps.web.sign_in import SignInPages
from milletpay.apps.web.signing import SigningPages
from milletpay.apps.web.sources import SourcePages
from milletpay.apps.web.subscriptions import SubscriptionPages
from milletpay.apps.web.town import TownPages
from milletpay.apps.web.tv import TvPages
from milletpay.apps.web.wallet import WalletPages

RATE_OF_ANYONE: Final = Rate(per_second=50, at_once=500)
"""How often one address may ask for pages that need nobody to be signed in."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and where its forms may go: only here, and nothing inline."""

HEADERS: Final[tuple[HeaderLine, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=(), payment=()"),
    # The address of a cashier page opens it, so it is told to nobody.
    (b"referrer-policy", b"same-origin"),
    (b"vary", b"accept-language, cookie"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
STRICT_TRANSPORT: Final = (b"strict-transport-security", b"max-age=31536000")


def page_tables(backing: Backing) -> list[Table]:
    """Put the pages together."""
    pages = Pages(
        base_url=backing.links.base_url,
        form_key=backing.form_key,
        entropy=backing.entropy,
        is_demo=backing.is_demo,
    )
    people = People(backing, pages.cookies)
    surface = Surface(
        prefix="/",
        headers=(*HEADERS, STRICT_TRANSPORT) if pages.cookies.secure else HEADERS,
        authenticate=people.principal,
        rate_of_anyone=RATE_OF_ANYONE,
        ignores_queries=True,
        show_problem=pages.problem,
    )
    routes = (
        *TownPages(backing, pages).routes(),
        *ShopPages(backing, pages).routes(),
        *CashierPages(backing, pages, people).routes(),
        *CounterPages(backing, pages).routes(),
        *PlatePages(backing, pages, people).routes(),
        *SigningPages(backing, pages, people).routes(),
        *SignInPages(backing, pages, people).routes(),
        *WalletPages(backing, pages, people).routes(),
        *ScanPages(backing, pages).routes(),
        *CodePages(backing, pages, people).routes(),
        *CodeRulePages(backing, pages, people).routes(),
        *AskedPages(backing, pages, people).routes(),
        *SubscriptionPages(backing, pages, people).routes(),
        *PinPages(backing, pages, people).routes(),
        *CardPages(backing, pages, people).routes(),
        *SourcePages(backing, pages, people).routes(),
        *BankCardPages(backing, pages, people).routes(),
        *BankTransferPages(backing, pages, people).routes(),
        *SendingPages(backing, pages, people).routes(),
        *DevicePages(backing, pages, people).routes(),
        *TvPages(backing, pages).routes(),
    )
    return [pages.static.table(), Table(surface=surface, routes=routes)]
