"""How much goes without asking when a code is shown: less than the house allows, as the customer likes."""

from typing import Annotated, Final

import msgspec

from milletpay.apps.http.answers import Answer
from milletpay.apps.http.request import Request
from milletpay.apps.http.routes import Media, Route
from milletpay.apps.web.backing import Backing
from milletpay.apps.web.forms import Form
from milletpay.apps.web.pages import Pages
from milletpay.apps.web.people import CUSTOMER, People
from milletpay.apps.web.pin import NotTaken, Pin, Said, check_pin, pin_hint, words_of
from milletpay.money import Currency, Money
from milletpay.payments import CodeRule, RuleCodes, find_code_rule, rule_in_force
from milletpay.plumbing.dates import day_of

RULES: Final = "/wallet/code/rules"
CURRENCY: Final = Currency.CNY
STEPS: Final = (0, 50_00, 200_00, 500_00, 1_000_00)
"""What can be chosen, as far as the house allows it."""


class SetRule(Form, frozen=True, kw_only=True):
    """What goes without asking."""

    each: Annotated[int, msgspec.Meta(ge=0, le=10**12)]
    per_day: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    pin: Pin


class CodeRulePages:
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
                path=RULES,
                handler=self.show,
                query=Said,
                who=CUSTOMER,
                summary="How much goes without asking",
                answers={200: bytes},
            ),
            Route(
                method="POST",
                path=RULES,
                handler=self.set,
                body=SetRule,
                media=Media.FORM,
                who=CUSTOMER,
                summary="Set how much goes without asking, with the PIN",
                answers={303: bytes},
            ),
        )

    async def show(self, request: Request, *, query: Said) -> Answer:
        """What holds, and what could."""
        person = await self._people.owner(request)
        day = day_of(self._backing.clock.now_ns())
        async with self._backing.database.connection() as connection:
            rule = await find_code_rule(connection, customer=person.id)
        house = rule_in_force(None, customer=person, currency=CURRENCY, day=day)
        holds = rule_in_force(rule, customer=person, currency=CURRENCY, day=day)
        steps = sorted({holds.each, house.each, *(step for step in STEPS if step < house.each)})
        said = words_of(self._pages, request, query)
        about_pin = query.said.startswith("pin_")
        return self._pages.show(
            request,
            "code_rules.html",
            steps=[Money(step, CURRENCY) for step in steps],
            holds=holds,
            house=house,
            said="" if about_pin else said,
            pin_said=said if about_pin else "",
            pin_hint=pin_hint(self._backing, self._pages, request, person),
        )

    async def set(self, request: Request, *, body: SetRule) -> Answer:
        """Set it; more than the house allows is no more than that."""
        self._pages.check(request, body)
        person = await self._people.owner(request)
        checked = await check_pin(self._backing, customer=person, pin=body.pin)
        if isinstance(checked, NotTaken):
            return self._pages.go(f"{RULES}?{checked.query}")
        rule = CodeRule(customer=person.id, each=body.each, per_day=body.per_day)
        await self._backing.desk.submit(RuleCodes(rule=rule))
        return self._pages.go(f"{RULES}?said=kept")
