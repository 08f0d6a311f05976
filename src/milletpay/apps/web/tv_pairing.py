"""A television that is nobody's: the code that it shows, and how it comes to its credential.

What it has to remember stands in a cookie of its browser: the pairing, its secret and the code.
"""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.pages import Pages
from milletpay.codes import svg
from milletpay.customers import DeviceId, DeviceKind, find_device
from milletpay.identity import (
    PAIRING_ID,
    PairingId,
    SecretRefused,
    SessionId,
    claim_pairing,
    open_device_session,
)
from milletpay.plumbing.ids import NotAnId

KEPT_SECONDS: Final = 10 * 60
PAIRED_SECONDS: Final = 730 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the cookie holds."""

    pairing: PairingId
    secret: str
    code: str

    def written(self) -> str:
        """As it stands in the cookie."""
        return f"{PAIRING_ID.write(self.pairing)}.{self.secret}.{self.code}"


class TvPairing:
    """Shows the code, and fetches the credential when somebody has confirmed."""

    def __init__(self, backing: Backing, pages: Pages) -> None:
        self._backing = backing
        self._pages = pages

    async def show(self, request: Request) -> Answer:
        """The code; or onward, when somebody has taken the television."""
        kept = self._kept(request)
        if kept is not None:
            token = await self._claim(kept)
            if token is not None:
                cookies = self._pages.cookies
                return self._pages.go(
                    "/tv",
                    cookies.keep(cookies.television, token, seconds=PAIRED_SECONDS),
                    cookies.keep(cookies.pairing, "", seconds=0),
                )
        now = self._backing.clock.now_ns()
        if kept is None or await self._backing.pairings.find(id=kept.pairing, now=now) is None:
            kept = await self._begin(request)
        language = self._pages.look(request).language
        symbol = svg(
            self._backing.links.pairing(kept.pairing), title=self._pages.catalog.say("tv.pair_code", language)
        )
        cookies = self._pages.cookies
        return self._pages.show(
            request,
            "tv_pair.html",
            headers=(cookies.keep(cookies.pairing, kept.written(), seconds=KEPT_SECONDS),),
            code=kept.code,
            address=self._pages.base_url.partition("://")[2] + "/wallet/devices",
            standing=await self.standing(request),
            # Drawn by segno from a link of ours, with the title escaped.
            symbol=Markup(symbol),  # noqa: S704 - drawn by us, no text in it
        )

    async def standing(self, request: Request) -> str:
        """Whether somebody has confirmed, or the code has ended."""
        kept = self._kept(request)
        if kept is None:
            return "waiting"
        async with self._backing.database.connection() as connection:
            device = await find_device(connection, id=DeviceId(kept.pairing))
        if device is not None and device.is_active:
            return "paired"
        now = self._backing.clock.now_ns()
        return "waiting" if await self._backing.pairings.find(id=kept.pairing, now=now) else "ended"

    async def _begin(self, request: Request) -> Kept:
        language = self._pages.look(request).language
        made = await self._backing.pairings.begin(
            id=PairingId(self._backing.ids.next()),
            kind=DeviceKind.TV.value,
            name=self._pages.catalog.say("tv.name", language),
            now=self._backing.clock.now_ns(),
        )
        return Kept(pairing=made.pairing.id, secret=made.secret.reveal(), code=made.code.reveal())

    async def _claim(self, kept: Kept) -> str | None:
        """The credential, when somebody has confirmed."""
        now = self._backing.clock.now_ns()
        async with self._backing.database.transaction() as connection:
            claimed = await claim_pairing(connection, id=kept.pairing, secret=kept.secret, now=now)
            device = await find_device(connection, id=DeviceId(kept.pairing))
            if isinstance(claimed, SecretRefused) or device is None or not device.is_active:
                return None
            opened = await open_device_session(
                connection,
                id=SessionId(self._backing.ids.next()),
                pairing=claimed,
                device=device.id,
                mode=device.mode,
                now=now,
                entropy=self._backing.entropy,
            )
        return opened.token.reveal()

    def _kept(self, request: Request) -> Kept | None:
        parts = self._pages.cookies.look(request.headers.items()).pairing.split(".")
        if len(parts) != 3:
            return None
        try:
            return Kept(pairing=PAIRING_ID.read(parts[0]), secret=parts[1], code=parts[2])
        except NotAnId:
            return None
