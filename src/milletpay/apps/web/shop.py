"""The house's own shop in the demo: a merchant like any other, with a till of its own.

It gives the desk the command that `POST /v1/payments` would, instead of calling that. It is served by the
process that serves the API: to call it, the process would have to know its own address from outside, hold the
shop's secret key beside the pages, and wait for itself on its only loop. How a shop of its own is written is
shown by `docs/guides`, whose every line is run by a test.
"""

import re
from hashlib import sha256
from typing import Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Key
from milletpay.apps.web.goods import GOODS, Good
from milletpay.apps.web.pages import Pages
from milletpay.checkout import Standing, standing_of
from milletpay.merchants import MerchantId
from milletpay.money import Money
from milletpay.payments import CreatePayment, Made, PaymentId, payments_of
from milletpay.payments import Request as PaymentRequest
from milletpay.plumbing.clock import SECOND

TO_PAY_NS: Final = 15 * 60 * SECOND
ORDER: Final = re.compile(r"M-[0-9a-f]{16}")


class Buy(Form, frozen=True, kw_only=True):
    """An order of one good; `order` is drawn with the page, so that pressing twice orders once."""

    order: Key


class ShopPages:
    """Its handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages
        self._goods = {good.slug: good for good in GOODS}

    def routes(self) -> tuple[Route, ...]:
        """Its rows."""
        return (
            Route(method="GET", path="/shop", handler=self.window, summary="The shop", answers={200: bytes}),
            Route(
                method="GET",
                path="/shop/{slug}",
                handler=self.look_at,
                summary="Something to buy",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path="/shop/{slug}/buy",
                handler=self.buy,
                body=Buy,
                media=Media.FORM,
                summary="Order it, and go to the cashier",
                answers={303: bytes},
            ),
            Route(
                method="GET",
                path="/shop/orders/{order}",
                handler=self.order,
                summary="An order, where the cashier sends its payer back to",
                answers={200: bytes},
            ),
        )

    async def window(self, request: Request) -> Answer:
        """All goods."""
        return self._pages.show(request, "shop.html", goods=GOODS)

    async def look_at(self, request: Request, *, slug: str) -> Answer:
        """One good."""
        good = self._good(slug, request)
        return self._pages.show(request, "good.html", good=good, order=self._pages.new_key())

    async def buy(self, request: Request, *, slug: str, body: Buy) -> Answer:
        """Make a payment for it, as every merchant does, and send the buyer to the cashier."""
        self._pages.check(request, body)
        good, shop = self._good(slug, request), self._shop(request)
        language = self._pages.look(request).language
        number = f"M-{body.order[:16]}"
        description = good.names.zh if language.value == "zh" else good.names.en
        terms = f"{slug} {good.price.minor} {body.order}"
        made = await self._backing.desk.submit(
            CreatePayment(
                id=PaymentId(self._backing.ids.next()),
                merchant=shop,
                mode=self._backing.mode,
                amount=good.price,
                request=PaymentRequest(
                    key_hash=_hash(f"shop order {body.order}"), body_hash=_hash(terms), reference=number
                ),
                expires_at=self._backing.clock.now_ns() + TO_PAY_NS,
                description=description,
                return_url=f"{self._backing.links.base_url}/shop/orders/{number}",
            )
        )
        if not isinstance(made, Made):
            raise Refuse(EdgeRefusal.UNAVAILABLE, made.detail)
        return self._pages.go(self._backing.links.payment(made.payment.id))

    async def order(self, request: Request, *, order: str) -> Answer:
        """An order as it stands: asked of the payment system, whatever the payer brought back."""
        shop = self._shop(request)
        found = []
        if ORDER.fullmatch(order):
            async with self._backing.database.connection() as connection:
                found = list(
                    await payments_of(
                        connection, merchant=shop, mode=self._backing.mode, most=1, reference=order
                    )
                )
        if not found:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is no order {order[:40]}.")
        payment = found[0]
        standing = standing_of(payment, now=self._backing.clock.now_ns()).value
        if standing == Standing.PAID.value and payment.refunded == payment.captured > 0:
            standing = "refunded"
        return self._pages.show(
            request,
            "order.html",
            payment=payment,
            standing=standing,
            refunded=Money(payment.refunded, payment.amount.currency),
            checkout=self._backing.links.payment(payment.id),
        )

    def _good(self, slug: str, request: Request) -> Good:
        if slug not in self._goods:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.")
        return self._goods[slug]

    def _shop(self, request: Request) -> MerchantId:
        merchant = self._backing.town.read().shop
        if merchant is None:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is no shop here: {request.path[:200]}.")
        return merchant


def _hash(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:16])
