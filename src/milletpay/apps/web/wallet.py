"""The wallet: what there is, what moved, and who may charge."""

from collections.abc import Sequence

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request, read_id
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.http.shapes import Input, read_cursor, write_cursor
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form, Text
from milletpay.apps.web.lines import lines_of
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import Said, words_of
from milletpay.apps.web.telling import versions_of_requests
from milletpay.checkout import PRESENTED_NS
from milletpay.customers import Customer, devices_in_use
from milletpay.entitlements import find_offer
from milletpay.identity import has_pin
from milletpay.merchants import find_merchant
from milletpay.money import Currency, Money
from milletpay.payments import (
    AGREEMENT_ID,
    PAYMENT_ID,
    AgreementStatus,
    CancelAgreement,
    agreements_of,
    announcements_of,
    payments_asked,
    payments_presented,
)
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day, day_of, day_start_ns
from milletpay.subscriptions import Subscription, SubscriptionStatus, subscriptions_of_customer
from milletpay.wallets import cards_of, find_balance

CURRENCY = Currency.CNY
RECENT = 6
SHOWN_MAX = 100
"""As many agreements as a page shows."""
PAGE = 25


class Older(Input, frozen=True, kw_only=True):
    """Where to read on: after the last line that was seen."""

    before: str | None = None
    """As a list's cursor is written."""


class EndAgreement(Form, frozen=True, kw_only=True):
    """Which agreement is to be ended."""

    agreement: Text


class WalletPages:
    """Their handlers."""

    def __init__(self, backing: Backing, pages: Pages, people: People) -> None:
        self._backing = backing
        self._pages = pages
        self._people = people

    def routes(self) -> tuple[Route, ...]:
        """Their rows."""
        return (
            Route(
                method="GET",
                path="/wallet",
                handler=self.home,
                query=Said,
                who=CUSTOMER,
                summary="The wallet",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/wallet/entries",
                handler=self.entries,
                query=Older,
                who=CUSTOMER,
                summary="All that moved",
                answers={200: bytes},
            ),
            Route(
                method="GET",
                path="/wallet/agreements",
                handler=self.agreements,
                query=Said,
                who=CUSTOMER,
                summary="Who may charge without asking",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path="/wallet/agreements/end",
                handler=self.end_agreement,
                body=EndAgreement,
                media=Media.FORM,
                who=CUSTOMER,
                summary="End an agreement",
                answers={303: bytes},
            ),
        )

    async def home(self, request: Request, *, query: Said) -> Answer:
        """What there is, and what moved last."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            balance = await find_balance(connection, customer=person.id, mode=person.mode, currency=CURRENCY)
            lines = await lines_of(connection, person, currency=CURRENCY, most=RECENT)
            agreements = await agreements_of(connection, customer=person.id, most=SHOWN_MAX)
            devices = await devices_in_use(connection, customer=person.id)
            active = {device.id: device for device in devices}
            now = self._backing.clock.now_ns()
            # Read before what it counts: what comes between is told once more, never not at all.
            requests = await versions_of_requests(connection, customers=[person.id], now=now)
            asked = await payments_asked(connection, devices=list(active), now=now) if active else []
            shown = await payments_presented(connection, customer=person.id, since=now - PRESENTED_NS)
            questions = [one for one in shown if one.asks(person.id)]
            askers = {one.merchant: await find_merchant(connection, id=one.merchant) for one in questions}
            cards = await cards_of(connection, customer=person.id)
            pin = await has_pin(connection, customer=person.id)
            subscribed = await subscriptions_of_customer(connection, customer=person.id, mode=person.mode)
            coming = await _coming(connection, subscribed)
        return self._pages.show(
            request,
            "wallet.html",
            requests=requests.get(person.id, 0),
            coming=coming,
            subscribed=sum(one.status is SubscriptionStatus.ACTIVE for one in subscribed),
            person=person,
            balance=balance,
            lines=lines,
            cards=len(cards),
            has_pin=pin,
            devices=active,
            asked=[
                {"device": active[one.device], "payment": one, "link": self._backing.links.payment(one.id)}
                for one in asked
                if one.device is not None
            ],
            questions=[
                {"payment": one, "merchant": askers[one.merchant], "id": PAYMENT_ID.write(one.id)}
                for one in questions
            ],
            active=sum(one.status is AgreementStatus.ACTIVE for one in agreements),
            said=words_of(self._pages, request, query),
        )

    async def entries(self, request: Request, *, query: Older) -> Answer:
        """A page of the statement, the newest first."""
        person = await self._people.owner(request)
        before = None if query.before is None else read_cursor(query.before)
        async with self._backing.database.connection() as connection:
            lines = await lines_of(connection, person, currency=CURRENCY, before=before, most=PAGE + 1)
        older = write_cursor(lines[PAGE - 1].place) if len(lines) > PAGE else None
        return self._pages.show(request, "entries.html", lines=lines[:PAGE], older=older)

    async def agreements(self, request: Request, *, query: Said) -> Answer:
        """Those that were signed, the newest first."""
        person = await self._people.owner(request)
        async with self._backing.database.connection() as connection:
            today = day_of(self._backing.clock.now_ns())
            shown = await _agreements(connection, person, today=today)
        return self._pages.show(
            request, "agreements.html", agreements=shown, said=words_of(self._pages, request, query)
        )

    async def end_agreement(self, request: Request, *, body: EndAgreement) -> Answer:
        """End it; ending it again changes nothing."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        id = read_id(AGREEMENT_ID, body.agreement, param="agreement")
        await self._backing.desk.submit(CancelAgreement(agreement=id, mode=person.mode, customer=person.id))
        return self._pages.go("/wallet/agreements?said=agreement_ended")


async def _agreements(connection: Connection, person: Customer, *, today: Day) -> list[dict[str, object]]:
    shown: list[dict[str, object]] = []
    for agreement in await agreements_of(connection, customer=person.id, most=SHOWN_MAX):
        merchant = await find_merchant(connection, id=agreement.merchant)
        assert merchant is not None, "an agreement has its merchant"
        active = agreement.status is AgreementStatus.ACTIVE
        told = await announcements_of(connection, agreement=agreement.id) if active else ()
        shown.append(
            {
                "coming": [
                    (Money(one.amount, agreement.currency), day_start_ns(one.charge_on))
                    for one in told
                    if one.charge_on >= today
                ],
                "id": AGREEMENT_ID.write(agreement.id),
                "merchant": merchant,
                "description": agreement.description,
                "charge": Money(agreement.charge_limit, agreement.currency),
                "day": Money(agreement.day_limit, agreement.currency),
                "month": Money(agreement.month_limit, agreement.currency),
                "is_active": active,
                "signed_at": agreement.signed_at,
            }
        )
    return shown


async def _coming(connection: Connection, subscribed: Sequence[Subscription]) -> list[dict[str, object]]:
    """What was announced and will be charged, so that nobody has to look for it."""
    announced = [
        one
        for one in subscribed
        if one.status is SubscriptionStatus.ACTIVE and one.is_announced and not one.tries
    ]
    return [
        {
            "offer": await find_offer(connection, id=one.offer),
            "amount": one.amount,
            "charge_on": day_start_ns(one.charge_on),
        }
        for one in announced
        if not one.is_being_charged
    ]
