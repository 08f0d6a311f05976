"""Who is signed in to the wallet, as the pages see it."""

from types import CoroutineType
from typing import Any

from milletpay.apps.http.asgi import Headers
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.who import Principal
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.look import Cookies
from milletpay.customers import Customer, CustomerId, find_customer
from milletpay.identity import CredentialKind, CredentialRefused

CUSTOMER = frozenset({CredentialKind.CUSTOMER_SESSION.value})
"""Who may see the wallet."""


class People:
    """Finds out who looks, by the cookie of the session."""

    def __init__(self, backing: Backing, cookies: Cookies) -> None:
        self._backing = backing
        self._cookies = cookies

    async def principal(self, headers: Headers) -> Principal:
        """Who the session is of; refused when there is none, which sends the browser to sign in."""
        token = self._cookies.look(headers.items()).session
        if not token:
            raise Refuse(EdgeRefusal.CREDENTIAL_MISSING, "Nobody is signed in.")
        try:
            shown = self._backing.authenticator.authenticate(token)
            # A principal of identity is one of the edge's: it has the same fields.
            found: Any = await shown if isinstance(shown, CoroutineType) else shown
        except CredentialRefused as refused:
            raise Refuse(EdgeRefusal.CREDENTIAL_INVALID, str(refused)) from refused
        principal: Principal = found
        return principal

    async def guest(self, request: Request) -> Customer | None:
        """Who looks at a page that is open to everybody, if anybody is signed in."""
        try:
            principal = await self.principal(request.headers)
        except Refuse:
            return None
        if principal.kind not in CUSTOMER:
            return None
        return await self._customer(principal)

    async def owner(self, request: Request) -> Customer:
        """Whose wallet a page of the wallet is."""
        customer = await self._customer(request.principal)
        assert customer is not None, "a session has a customer"
        return customer

    async def _customer(self, principal: Principal) -> Customer | None:
        async with self._backing.database.connection() as connection:
            return await find_customer(connection, id=CustomerId(principal.owner))
