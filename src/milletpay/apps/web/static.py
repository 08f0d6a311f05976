"""Style, scripts and pictures: read once, named by what is in them, so that a browser keeps them for ever.

All are served below one folder whose name is a hash of them all: a script finds its neighbors by their plain
names, and nothing of an old page is ever mixed with a new one.
"""

import hashlib
import json
from collections.abc import Sequence
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route, Surface, Table
from milletpay.apps.http.who import nobody

MEDIA: Final = {
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}

STATIC: Final = Surface(
    prefix="/static/",
    headers=(
        (b"cache-control", b"public, max-age=31536000, immutable"),
        (b"content-security-policy", b"default-src 'none'"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"),
    ),
    authenticate=nobody,
    ignores_queries=True,
)


class Static:
    """The files, in memory."""

    def __init__(self) -> None:
        folder = files(__package__).joinpath("static")
        self._files = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
        digest = hashlib.sha256()
        for name in sorted(self._files):
            digest.update(name.encode() + b"\0" + self._files[name] + b"\0")
        self._folder = digest.hexdigest()[:16]

    @property
    def version(self) -> str:
        """What all files together are known by: the folder below which they are served."""
        return self._folder

    def path(self, name: str) -> str:
        """Where a file is found."""
        assert name in self._files, f"there is no {name} in static"
        return f"/static/{self._folder}/{name}"

    def worker(self, *, page: str, name: str, files: Sequence[str]) -> Answer:
        """The script that a browser keeps beside a page; another one as soon as any file is another.

        :param page: the path of the page, and with it all that the script is asked about
        :param name: what the browser's stores of this page begin with
        :param files: what the page is made of
        """
        known = {
            "NAME": name,
            "PAGE": page,
            "VERSION": self.version,
            "FILES": [self.path(one) for one in files],
        }
        above = "".join(f"const {word} = {json.dumps(value)};\n" for word, value in known.items())
        return Answer(
            status=HTTPStatus.OK,
            content=above.encode() + self._files["page_worker.js"],
            media=MEDIA["js"],
            headers=((b"service-worker-allowed", page.encode()),),
        )

    def table(self) -> Table:
        """The routes."""

        async def give(request: Request, *, folder: str, name: str) -> Answer:
            content = self._files.get(name) if folder == self._folder else None
            if content is None:
                raise Refuse(EdgeRefusal.NOT_FOUND, f"There is nothing at {request.path[:200]}.")
            media = MEDIA[name.rpartition(".")[2]]
            return Answer(status=HTTPStatus.OK, content=content, media=media)

        route = Route(
            method="GET",
            path="/static/{folder}/{name}",
            handler=give,
            summary="A file of the pages",
            answers={200: bytes},
        )
        return Table(surface=STATIC, routes=(route,))
