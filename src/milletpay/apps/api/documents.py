"""The documents that the API brings along, all from one source: `/openapi.json` and the pages of `/docs`."""

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from http import HTTPStatus
from importlib.resources import files
from typing import Final

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from milletpay.apps.api.reference import Reference
from milletpay.apps.http.answers import HTML, JSON, Answer
from milletpay.apps.http.cookies import chosen_theme, read_cookies
from milletpay.apps.http.openapi import About, describe
from milletpay.apps.http.problems import Problems
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route, Surface, Table
from milletpay.apps.http.who import nobody

PACKAGE: Final = "milletpay.apps.api"
HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,200}(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
TICKS: Final = re.compile(r"`([^`]+)`")
PAGES_KEPT: Final = 8

DOCUMENTS: Final = Surface(
    prefix="/docs",
    headers=(
        (b"cache-control", b"no-cache"),
        (
            b"content-security-policy",
            b"default-src 'none'; style-src 'self'; script-src 'self'; frame-ancestors 'none'",
        ),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
    ),
    authenticate=nobody,
    ignores_queries=True,
)


def document_table(tables: Sequence[Table], *, problems: Problems, about: About) -> Table:
    """Make the routes of the documents about `tables`."""
    environment = Environment(
        loader=PackageLoader(PACKAGE, "docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ticked"] = _ticked
    document = cache(lambda: describe(tables, problems=problems, about=about))

    @cache
    def written() -> bytes:
        return msgspec.json.encode(document())

    @lru_cache(PAGES_KEPT)
    def calls(base_url: str, theme: str) -> bytes:
        chapters = Reference(document(), base_url=base_url).chapters()
        page = environment.get_template("page.html")
        return page.render(document=document(), chapters=chapters, theme=theme).encode()

    @cache
    def problem_page(theme: str) -> bytes:
        kinds = sorted(problems.kinds.values(), key=lambda kind: (kind.status, kind.code))
        page = environment.get_template("problems.html")
        return page.render(document=document(), kinds=kinds, theme=theme).encode()

    folder = files(PACKAGE).joinpath("docs")
    return Table(
        surface=DOCUMENTS,
        routes=(
            _page("/openapi.json", lambda _: written(), JSON),
            _page("/docs", lambda request: calls(_base_url(request), _theme(request)), HTML),
            _page("/docs/problems", lambda request: problem_page(_theme(request)), HTML),
            _page("/docs/docs.css", lambda _: folder.joinpath("docs.css").read_bytes(), b"text/css"),
            _page("/docs/docs.js", lambda _: folder.joinpath("docs.js").read_bytes(), b"text/javascript"),
        ),
    )


def _page(path: str, content: Callable[[Request], bytes], media: bytes) -> Route:
    async def give(request: Request) -> Answer:
        return Answer(status=HTTPStatus.OK, content=content(request), media=media)

    return Route(method="GET", path=path, handler=give, summary=path, answers={200: bytes})


def _base_url(request: Request) -> str:
    """Where the reader has found us, so that the examples can be run as they stand."""
    host = request.headers.get(b"host", b"").decode("latin-1")
    scheme = request.scheme
    return f"{scheme}://{host}" if HOST.fullmatch(host) else "http://127.0.0.1:8420"


def _theme(request: Request) -> str:
    """The theme that the reader chose on another page of ours."""
    return chosen_theme(read_cookies(request.headers.items()))


def _ticked(text: str) -> Markup:
    """Text with `names` in backticks as code."""
    return Markup(TICKS.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
