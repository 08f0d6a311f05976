"""The till's page: a shell in which scripts call the API with the till's own key, and pictures of codes."""

from http import HTTPStatus

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.pages import Pages
from milletpay.codes import LinkKind, NotOurLink, png

PNG = b"image/png"


class CounterPages:
    """The handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path="/till",
                handler=self.till,
                summary="The till",
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

    async def till(self, request: Request) -> Answer:
        """The page; who it is, its script knows."""
        return self._pages.show(request, "counter.html")

    async def code(self, request: Request, *, token: str) -> Answer:
        """The code of a payment, for whoever has its link already."""
        link = f"{self._backing.links.base_url}/{LinkKind.PAYMENT}/{token}"
        try:
            self._backing.links.read(link)
        except NotOurLink as error:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.") from error
        return Answer(status=HTTPStatus.OK, content=png(link), media=PNG)
