"""Scanning: a code before the camera, in a photo or pasted, and what it opens. Nothing foreign is opened."""

from dataclasses import dataclass
from typing import Final

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Text
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER
from milletpay.apps.web.photos import BadPhoto, PhotoReader
from milletpay.apps.web.pin import Said, words_of
from milletpay.checkout import find_plate_session, find_session
from milletpay.codes import Link, LinkKind, NotOurLink, ScanRefusal
from milletpay.identity import PairingId
from milletpay.merchants import Names, find_merchant
from milletpay.money import Money
from milletpay.payments import AgreementId, find_agreement

PHOTO_MAX: Final = 8_000_000
"""Bytes of a photo with its form."""
CODES_MAX: Final = 20
"""Codes of one picture that are looked at."""
SCAN: Final = "/wallet/scan"


class Scanned(Form, frozen=True, kw_only=True):
    """What was pasted, or what the camera has read: a line for each code."""

    code: Text


class Photo(Form, frozen=True, kw_only=True):
    """A picture with a code in it."""

    photo: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several codes in a picture: what it opens, and of whom."""

    path: str
    kind: LinkKind
    names: Names | None
    amount: Money | None = None


class ScanPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages
        self._photos = PhotoReader()

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path=SCAN,
                handler=self.ask,
                query=Said,
                who=CUSTOMER,
                summary="Scan a code, or paste it",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=SCAN,
                handler=self.read_photo,
                body=Photo,
                body_max=PHOTO_MAX,
                media=Media.MULTIPART,
                who=CUSTOMER,
                summary="Go to what the code in a photo opens",
                answers={200: bytes, 303: bytes},
            ),
            Route(
                method="POST",
                path=f"{SCAN}/text",
                handler=self.read_text,
                body=Scanned,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Go to what a link or code opens",
                answers={200: bytes, 303: bytes},
            ),
        )

    async def ask(self, request: Request, *, query: Said) -> Answer:
        """Offer the camera, a photo, and a line to paste into."""
        said = words_of(self._pages, request, query)
        return self._pages.show(request, "scan.html", said=said, about_photo=query.said.startswith("photo_"))

    async def read_photo(self, request: Request, *, body: Photo) -> Answer:
        """Go to what the code in it opens, if it is ours."""
        self._pages.check(request, body)
        try:
            texts = await self._photos.read(body.photo)
        except BadPhoto as bad:
            return self._pages.go(f"{SCAN}?said=photo_{bad.refusal}")
        return await self._open(request, texts)

    async def read_text(self, request: Request, *, body: Scanned) -> Answer:
        """Go to what it opens, if it is ours."""
        self._pages.check(request, body)
        return await self._open(request, tuple(body.code.strip().splitlines()))

    async def _open(self, request: Request, texts: tuple[str, ...]) -> Answer:
        links, refused = self._read(texts)
        if not links:
            return self._pages.go(f"{SCAN}?said=scan_{refused}")
        if len(links) == 1:
            return self._pages.go(self._path(links[0]))
        choices = [await self._choice(link) for link in links]
        return self._pages.show(request, "scan_choice.html", choices=choices)

    def _read(self, texts: tuple[str, ...]) -> tuple[list[Link], ScanRefusal]:
        """The links of ours among them, each once; where there is none, why the first is none."""
        found: dict[Link, None] = {}
        refused: list[ScanRefusal] = []
        for text in texts[:CODES_MAX]:
            try:
                found[self._backing.links.read(text)] = None
            except NotOurLink as error:
                refused.append(error.refusal)
        return list(found), min(refused, default=ScanRefusal.EMPTY, key=list(ScanRefusal).index)

    def _path(self, link: Link) -> str:
        return f"/{link.kind}/{self._backing.links.token(link)}"

    async def _choice(self, link: Link) -> Choice:
        """What is told of a code before somebody chooses it."""
        links, now = self._backing.links, self._backing.clock.now_ns()
        token, names, amount = links.token(link), None, None
        if link.kind is LinkKind.PAIRING:
            pairing = await self._backing.pairings.find(id=PairingId(link.object), now=now)
            names = None if pairing is None else Names(en=pairing.name, zh=pairing.name)
            return Choice(path=self._path(link), kind=link.kind, names=names)
        async with self._backing.database.connection() as connection:
            if link.kind is LinkKind.PAYMENT:
                session = await find_session(connection, token=token, links=links, now=now)
                if session is not None:
                    names, amount = session.merchant.names, session.payment.amount
            elif link.kind is LinkKind.PLATE:
                plate = await find_plate_session(connection, token=token, links=links)
                names = None if plate is None else plate.merchant.names
            else:
                agreement = await find_agreement(connection, id=AgreementId(link.object))
                merchant = agreement and await find_merchant(connection, id=agreement.merchant)
                names = merchant.names if merchant else None
        return Choice(path=self._path(link), kind=link.kind, names=names, amount=amount)
