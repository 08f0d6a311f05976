"""Subscriptions in the wallet: what is charged next, a month left out, an end."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from milletpay.codes import LinkKind
from milletpay.entitlements import Offer, OfferId, add_offer
from milletpay.ledger.chart import Mode
from milletpay.merchants import Names
from milletpay.money import Currency, Money
from milletpay.payments import AgreementId, SignAgreement, announcements_of
from milletpay.plumbing.dates import Day, add_days, day_of
from milletpay.subscriptions import Charging, Subscription, SubscriptionId, charge_day, subscribe
from tests.browser.conftest import PHONE_EN, PHONE_ZH, NewVisitor, Screen
from tests.browser.town import Town

PRICE, NOTICE = 25_00, 3
WORDS = {
    PHONE_ZH: ("跳过下一次", "确认跳过", "已跳过，这个月不扣款", "退订", "确认退订", "已退订"),
    PHONE_EN: (
        "Skip the next charge",
        "Skip it",
        "Skipped: nothing is charged for that month",
        "End",
        "End the subscription",
        "The subscription has ended",
    ),
}


def begin(town: Town, *, person: int) -> Subscription:
    """Somebody has subscribed to a channel, and its first charge is announced."""
    id = town.house.links.read(town.propose())
    assert id.kind is LinkKind.AGREEMENT
    agreement, house = AgreementId(id.object), town.house
    town.ask(SignAgreement(agreement=agreement, customer=town.people[person], mode=Mode.TEST))

    async def make() -> Any:
        now = house.clock.now_ns()
        offer = Offer(
            id=OfferId(house.ids.next()),
            merchant=town.merchants[2],
            mode=Mode.TEST,
            content=f"channel {person}",
            names=Names(en="Lantern Channel", zh="灯笼频道"),
            amount=Money(PRICE, Currency.CNY),
            days=31,
            created_at=now,
        )
        async with house.database.transaction() as connection:
            await add_offer(connection, offer=offer)
            made = await subscribe(
                connection,
                id=SubscriptionId(house.ids.next()),
                merchant=offer.merchant,
                mode=Mode.TEST,
                agreement=agreement,
                offer=offer.id,
                first_on=add_days(day_of(now), days=NOTICE),
                now=now,
            )
        charging = Charging(
            database=house.database, submit=house.desk.submit, ids=house.ids, clock=house.clock
        )
        while await charging.work():
            pass
        return made

    made = town.do(make())
    assert isinstance(made, Subscription)
    return made


def announced(town: Town, subscription: Subscription) -> int:
    async def look() -> int:
        async with town.house.database.connection() as connection:
            return len(await announcements_of(connection, agreement=subscription.agreement))

    found: int = town.do(look())
    return found


def written(day: Day, screen: Screen) -> re.Pattern[str]:
    """A day, to the number, as the page writes it."""
    year, number = day // 10_000, day % 100
    return re.compile(rf"{year}年\d+月{number}日" if screen is PHONE_ZH else rf"{number}, {year}")


@pytest.mark.parametrize("screen", [PHONE_ZH, PHONE_EN], ids=lambda screen: screen.name)
def test_a_month_is_skipped_and_the_subscription_ended(
    screen: Screen, new_visitor: NewVisitor, town: Town
) -> None:
    skip, skip_yes, skipped, end, end_yes, ended = WORDS[screen]
    person = 1 if screen is PHONE_ZH else 2
    subscription = begin(town, person=person)
    assert announced(town, subscription) == 1
    phone = new_visitor(screen)
    phone.sign_in(person)
    phone.go("/wallet")
    # The notice finds the customer, who did not look for it.
    notice = phone.page.locator(".coming")
    expect(notice).to_contain_text("25.00")
    expect(notice).to_contain_text(written(subscription.first_on, screen))
    phone.shot("80-wallet-with-subscriptions")
    notice.get_by_role("link").click()
    pairs = phone.page.locator("dl.pairs")
    expect(pairs).to_contain_text("25.00")
    expect(pairs).to_contain_text(written(subscription.first_on, screen))
    phone.page.locator("summary", has_text=skip).click()
    phone.shot("81-subscription")
    stale = phone.context.new_page()
    stale.goto(phone.page.url)
    phone.page.get_by_role("button", name=skip_yes).click()
    expect(phone.page.locator(".note")).to_have_text(skipped)
    following = charge_day(subscription.first_on, period=1)
    expect(pairs).to_contain_text(written(following, screen))
    assert announced(town, subscription) == 0
    phone.shot("82-skipped")
    phone.go("/wallet")
    expect(notice).to_have_count(0)
    phone.go("/wallet/subscriptions")

    # A page that lay open still names the month that it showed: it skips no other one.
    stale.locator("summary", has_text=skip).click()
    stale.get_by_role("button", name=skip_yes).click()
    expect(stale.locator(".note.bad")).to_be_visible()
    expect(stale.locator("dl.pairs")).to_contain_text(written(following, screen))

    phone.page.locator("summary", has_text=re.compile(f"^{end}$")).click()
    phone.shot("83-ending")
    phone.page.get_by_role("button", name=end_yes).click()
    expect(phone.page.locator(".note")).to_have_text(ended)
    expect(phone.page.locator("main form")).to_have_count(0)
    phone.shot("84-ended")
