"""The till's page: a shell in which scripts call the API with the till's own key, and pictures of codes."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Input
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.codes import LinkKind, NotOurLink, png
from milletpay.merchants import MERCHANT_ID, TERMINAL_ID
from milletpay.terminals import OfferPairing, TerminalRefused, draw_code

PNG: Final = b"image/png"
FILES: Final = (
    "millet.css",
    "pages.css",
    "counter.css",
    "favicon.svg",
    "millet.js",
    "counter.js",
    "payment_code.js",
    "till_alone.js",
    "till_cash.js",
    "till_keys.js",
    "till_line.js",
    "till_loop.js",
    "till_risk.js",
    "till_sound.js",
    "till_store.js",
    "till_view.js",
)
"""What the page is made of, and opens with when there is no network."""


class PairingCode(Input, frozen=True, kw_only=True):
    """The code that a demo has drawn for its till."""

    code: Annotated[str, msgspec.Meta(max_length=20)] = ""


class AskForCode(Form, frozen=True, kw_only=True):
    """Nothing but that it was this page that asked."""


class CounterPages:
    """The handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        offer = Route(
            method="POST",
            path="/till/offer",
            handler=self.offer,
            body=AskForCode,
            media=Media.FORM,
            summary="Draw a code for the till of the demo",
            answers={303: bytes},
        )
        return (
            *([offer] if self._backing.is_demo else []),
            Route(
                method="GET",
                path="/till",
                handler=self.till,
                query=PairingCode,
                summary="The till",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/till/worker.js",
                handler=self.worker,
                summary="What opens the till without a network",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/till/code/{token}",
                handler=self.code,
                summary="The picture of a payment's code",
                answers={200: bytes},
            ),
        )

    async def till(self, request: Request, *, query: PairingCode) -> Answer:
        """The page; who it is, its script knows. A demo says by which code and PIN it can be tried."""
        tills = self._backing.town.read().tills
        return self._pages.show(
            request, "counter.html", pairing_code=query.code, demo_till=tills[0] if tills else None
        )

    async def offer(self, request: Request, *, body: AskForCode) -> Answer:
        """In a demo: a code for its till, which only its merchant could draw elsewhere."""
        self._pages.check(request, body)
        tills = self._backing.town.read().tills
        if not tills:
            raise Refuse(EdgeRefusal.NOT_FOUND, "There is no till to be tried here.")
        code = draw_code(self._backing.entropy)
        offered = await self._backing.desk.submit(
            OfferPairing(
                id=TERMINAL_ID.read(tills[0].id),
                merchant=MERCHANT_ID.read(tills[0].merchant),
                mode=self._backing.mode,
                mac=self._backing.terminal_secrets.code_mac(code),
            )
        )
        if isinstance(offered, TerminalRefused):
            raise Refuse(EdgeRefusal.NOT_FOUND, offered.detail)
        return self._pages.go(f"/till?code={code}")

    async def worker(self, request: Request) -> Answer:  # noqa: ARG002 - the same for everybody
        """The script that a browser keeps beside the page; another one as soon as any file is another."""
        return self._pages.static.worker(page="/till", name="millet-till-", files=FILES)

    async def code(self, request: Request, *, token: str) -> Answer:
        """The code of a payment, for whoever has its link already."""
        link = f"{self._backing.links.base_url}/{LinkKind.PAYMENT}/{token}"
        try:
            self._backing.links.read(link)
        except NotOurLink as error:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.") from error
        return Answer(status=HTTPStatus.OK, content=png(link), media=PNG)
