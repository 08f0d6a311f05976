"""The front page of the town, and the switches for language and theme."""

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.cookies import THEME_COOKIE, THEMES
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.apps.http.shapes import Input
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.look import LANGUAGE_COOKIE, YEAR, local_path
from milletpay.apps.web.pages import Pages
from milletpay.codes import Link, LinkKind
from milletpay.merchants import find_merchant, plates_of
from milletpay.money import Language


class Back(Input, frozen=True, kw_only=True):
    """The page on which somebody was."""

    back: str = "/"


class TownPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path="/",
                handler=self.front,
                summary="The front page of the town",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/language/{language}",
                handler=self.speak,
                query=Back,
                summary="Change the language",
                answers={303: bytes},
            ),
            Route(
                method="GET",
                path="/theme/{theme}",
                handler=self.turn,
                query=Back,
                summary="Change the theme",
                answers={303: bytes},
            ),
        )

    async def front(self, request: Request) -> Answer:
        """Who is here, and what there is to try."""
        town = self._backing.town.read()
        async with self._backing.database.connection() as connection:
            found = [await find_merchant(connection, id=id) for id in town.merchants]
            plates = [
                plate
                for merchant in town.merchants
                for plate in await plates_of(connection, merchant=merchant, mode=self._backing.mode, most=1)
            ]
        partners = [merchant for merchant in found if merchant is not None]
        links = self._backing.links
        printed = {
            plate.merchant: f"/p/{links.token(Link(kind=LinkKind.PLATE, object=plate.id))}/print"
            for plate in plates
        }
        return self._pages.show(request, "town.html", partners=partners, printed=printed, people=town.people)

    async def speak(self, request: Request, *, language: str, query: Back) -> Answer:
        """Remember a language."""
        if language not in {one.value for one in Language}:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.")
        kept = self._pages.cookies.keep(LANGUAGE_COOKIE, language, seconds=YEAR)
        return self._pages.go(local_path(query.back), kept)

    async def turn(self, request: Request, *, theme: str, query: Back) -> Answer:
        """Remember a theme, for a browser without scripts."""
        if theme not in THEMES:
            raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.")
        kept = self._pages.cookies.keep(THEME_COOKIE, theme, seconds=YEAR, scripts=True)
        return self._pages.go(local_path(query.back), kept)
