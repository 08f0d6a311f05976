"""The wallet's door: codes to a phone, sessions, the PIN."""

from http import HTTPStatus
from typing import Final

from milletpay.apps.api.backing import Api
from milletpay.apps.api.wallet_bodies import AskCode, GivenPin, NewCustomer, NewPin, NewSession
from milletpay.apps.api.wallet_requests import CURRENCY, CUSTOMER, check_pin, owner_of, refuse_secret
from milletpay.apps.api.wallet_shapes import OpenedSession, PinShape, SentCodeShape, SessionShape
from milletpay.apps.http.answers import Answer
from milletpay.apps.http.once import kept_answer, work_once
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Route
from milletpay.customers import (
    CUSTOMER_ID,
    CreateCustomer,
    Customer,
    CustomerId,
    NotAPhone,
    Phone,
    Verification,
    find_by_phone,
    read_phone,
)
from milletpay.customers import CustomerRefusal as NoCustomer
from milletpay.identity import (
    SESSION_ID,
    CredentialKind,
    PhoneShown,
    PinRefusal,
    SecretRefusal,
    SecretRefused,
    Session,
    SessionId,
    end_session,
    has_pin,
    open_session,
    pin_refusal,
    write_pin,
)
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import rfc3339

TAG: Final = "Wallet: signing in"

PIN_WORDS: Final = {
    PinRefusal.NOT_SIX_DIGITS: "A PIN is six digits.",
    PinRefusal.TOO_EASY: "One digit six times, or a run such as 123456, is what everybody tries first.",
}


class SignInApi:
    """The handlers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def ask_code(self, _request: Request, *, body: AskCode) -> SentCodeShape:
        """Send a code. Whether anybody has this number plays no part.

        No answer is kept: nobody has shown yet who asks, so that a key would be everybody's, and who asks
        again wants a code that arrives.
        """
        phone, now = _phone(body.phone), self._api.clock.now_ns()
        made = await self._api.one_time_codes.make(phone, mode=self._api.mode, now=now)
        if isinstance(made, SecretRefused):
            raise refuse_secret(made, param="phone", now=now)
        shown = made.code.reveal() if self._api.shows_codes else None
        return SentCodeShape(phone=phone, expires_at=rfc3339(made.expires_at), code=shown)

    async def open(self, request: Request, *, body: NewSession) -> OpenedSession:
        """Let somebody in who has the phone in hand.

        No answer is kept: it holds the token, of which only a hash is kept, and whoever guessed a key would
        be let in. Who lost the answer asks for another code.
        """
        api, now = self._api, self._api.clock.now_ns()
        phone = _phone(body.phone)
        checked = await api.one_time_codes.check(body.code, phone=phone, mode=api.mode, now=now)
        if not isinstance(checked, PhoneShown):
            raise refuse_secret(checked, param="code", now=now)
        async with api.database.transaction() as connection:
            customer = await find_by_phone(connection, mode=api.mode, phone=phone)
            if customer is None:
                raise Refuse(NoCustomer.NOT_FOUND, "Nobody has a wallet with this number.", param="phone")
            return await self._open(connection, request, customer, device=body.device or "")

    async def join(self, request: Request, *, body: NewCustomer) -> OpenedSession:
        """Make a wallet for whoever has the phone in hand, with its PIN, and let them in.

        No answer is kept, as when somebody signs in. Who lost the answer has a wallet and signs in to it.
        """
        api, now = self._api, self._api.clock.now_ns()
        phone, name = _phone(body.phone), body.name.strip()
        if not name or not name.isprintable():
            raise Refuse(EdgeRefusal.INVALID_FIELD, "name: that is not one.", param="name")
        _look_at_pin(body.pin)
        checked = await api.one_time_codes.check(body.code, phone=phone, mode=api.mode, now=now)
        if not isinstance(checked, PhoneShown):
            raise refuse_secret(checked, param="code", now=now)
        customer = await api.desk.submit(
            CreateCustomer(
                id=CustomerId(request.id),
                mode=api.mode,
                phone=phone,
                name=name,
                verification=Verification.PHONE,
                currency=CURRENCY,
            )
        )
        if not isinstance(customer, Customer):
            raise Refuse(customer.refusal, "There is a wallet with this number: sign in.", param="phone")
        hashed = await api.pins.hash(body.pin, customer=customer.id)
        assert not isinstance(hashed, PinRefusal), "it was looked at"
        async with api.database.transaction() as connection:
            await write_pin(connection, pin=hashed, now=now)
            return await self._open(connection, request, customer, device=body.device or "")

    async def _open(
        self, connection: Connection, request: Request, customer: Customer, *, device: str
    ) -> OpenedSession:
        opened = await open_session(
            connection,
            id=SessionId(request.id),
            kind=CredentialKind.CUSTOMER_SESSION,
            owner=customer.id,
            mode=customer.mode,
            device=device,
            now=self._api.clock.now_ns(),
            entropy=self._api.entropy,
        )
        return OpenedSession(
            session=_shown(opened.session),
            token=opened.token.reveal(),
            customer=CUSTOMER_ID.write(customer.id),
            has_pin=await has_pin(connection, customer=customer.id),
        )

    async def end(self, request: Request, *, session: SessionId) -> Answer:
        """Sign a device out. Again changes nothing, so that no answer need be kept."""
        now = self._api.clock.now_ns()
        async with self._api.database.transaction() as connection:
            await end_session(connection, id=session, owner=request.principal.owner, now=now)
        return Answer(status=HTTPStatus.NO_CONTENT, content=b"")

    async def set_pin(self, request: Request, *, body: NewPin) -> Answer:
        """Give the customer a PIN, with the old one or a code to the phone."""
        api, now = self._api, self._api.clock.now_ns()
        # The old PIN is that no more, and the code used up: only its key says that this was done.
        if (again := await kept_answer(api.database, request=request)) is not None:
            return again
        customer = await owner_of(api, request)
        _look_at_pin(body.pin)
        await self._see_owner(request, customer, body)
        hashed = await api.pins.hash(body.pin, customer=customer.id)
        assert not isinstance(hashed, PinRefusal), "it was looked at"

        async def work(connection: Connection) -> None:
            await write_pin(connection, pin=hashed, now=now)

        def show(_done: None) -> Answer:
            return Answer(status=HTTPStatus.OK, content=PinShape(status="set"))

        return await work_once(api.database, work, request=request, show=show, clock=api.clock)

    async def _see_owner(self, request: Request, customer: Customer, body: NewPin) -> None:
        """Go on when whoever sets a PIN knows the old one or has the phone in hand; refused else."""
        api, now = self._api, self._api.clock.now_ns()
        if body.code is not None:
            shown = await api.one_time_codes.check(
                body.code, phone=customer.phone, mode=customer.mode, now=now
            )
            if isinstance(shown, SecretRefused):
                raise refuse_secret(shown, param="code", now=now)
        else:
            if body.current is None:
                detail = "Give the PIN that it has now, or a code that was sent to the phone."
                raise Refuse(SecretRefusal.WRONG, detail, param="current")
            await check_pin(api, request, body.current)

    async def try_pin(self, request: Request, *, body: GivenPin) -> PinShape:
        """See whether it is the PIN. Wrong ones count.

        No answer is kept: that it was right is nothing to tell again when it may be another by now.
        """
        await check_pin(self._api, request, body.pin)
        return PinShape(status="right")


def sign_in_routes(api: Api) -> tuple[Route, ...]:
    """The calls of the chapter."""
    handlers = SignInApi(api)
    return (*_phone_routes(handlers), *_pin_routes(handlers))


def _phone_routes(handlers: SignInApi) -> tuple[Route, ...]:
    """Those that begin with a phone, and the end of a session."""
    return (
        Route(
            method="POST",
            path="/v1/wallet/sessions/code",
            handler=handlers.ask_code,
            summary="Send a code to a phone",
            answers={201: SentCodeShape},
            body=AskCode,
            refuses=(SecretRefusal.LOCKED,),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/sessions",
            handler=handlers.open,
            summary="Sign in with the code",
            answers={201: OpenedSession},
            body=NewSession,
            refuses=(SecretRefusal, NoCustomer.NOT_FOUND),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/customers",
            handler=handlers.join,
            summary="Sign up with the code",
            description="For a number that has no wallet yet. It may move little until more is known of you.",
            answers={201: OpenedSession},
            body=NewCustomer,
            refuses=(SecretRefusal, PinRefusal, NoCustomer.PHONE_TAKEN),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/sessions/{session}/end",
            handler=handlers.end,
            summary="Sign out",
            answers={204: bytes},
            who=CUSTOMER,
            ids={"session": SESSION_ID},
            tag=TAG,
        ),
    )


def _pin_routes(handlers: SignInApi) -> tuple[Route, ...]:
    """Those of the PIN."""
    return (
        Route(
            method="POST",
            path="/v1/wallet/pin",
            handler=handlers.set_pin,
            summary="Set the PIN",
            answers={200: PinShape},
            who=CUSTOMER,
            body=NewPin,
            idempotent=True,
            refuses=(SecretRefusal, PinRefusal),
            tag=TAG,
        ),
        Route(
            method="POST",
            path="/v1/wallet/pin/check",
            handler=handlers.try_pin,
            summary="Try the PIN",
            answers={200: PinShape},
            who=CUSTOMER,
            body=GivenPin,
            refuses=(SecretRefusal,),
            tag=TAG,
        ),
    )


def _phone(text: str) -> Phone:
    try:
        return read_phone(text)
    except NotAPhone as error:
        raise Refuse(EdgeRefusal.INVALID_FIELD, f"phone: {error}.", param="phone") from error


def _look_at_pin(pin: str) -> None:
    refusal = pin_refusal(pin)
    if refusal is not None:
        raise Refuse(refusal, PIN_WORDS[refusal], param="pin")


def _shown(session: Session) -> SessionShape:
    return SessionShape(
        id=SESSION_ID.write(session.id),
        created_at=rfc3339(session.created_at),
        livemode=session.mode is Mode.LIVE,
        device=session.device,
        expires_at=rfc3339(session.expires_at),
    )
