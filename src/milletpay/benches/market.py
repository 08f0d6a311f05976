"""The market of the payments' bench: merchants with keys, customers with money and an agreement each.

All of it is made by the commands of the house; only the bank's word that money has come is our own, as the
bank is not what is measured.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any, Final

from milletpay.bootstrap import DEMO_BANK, House
from milletpay.customers import CreateCustomer, CustomerId, Phone, Verification
from milletpay.fees import Contract, ContractId, FeeOnRefund
from milletpay.identity import CredentialKind, KeyId, RateClass, create_key
from milletpay.ledger.chart import Mode
from milletpay.merchants import CreateMerchant, MerchantId, Names
from milletpay.money import Currency, Money
from milletpay.payments import (
    AGREEMENT_ID,
    Agreement,
    AgreementId,
    AgreementStatus,
    ProposeAgreement,
    Request,
    SignAgreement,
)
from milletpay.plumbing.dates import Day
from milletpay.plumbing.ids import system_entropy
from milletpay.rails import Outcome, OutcomeStatus
from milletpay.treasury import BankLink, OpenBank
from milletpay.wallets import (
    AskForTopUp,
    BindCard,
    CardId,
    ResolveTopUp,
    StartTopUp,
    TopUp,
    TopUpId,
    TopUpStatus,
)

CNY: Final = Currency.CNY
FIRST_DAY: Final = Day(2014_01_01)
BALANCE: Final = Money(50_000_00, CNY)
"""As much as one top-up may be."""
AMOUNT_MAX: Final = 3_00
"""So small that the busiest customer has enough for all that is measured."""
AT_ONCE: Final = 2_000
MUCH: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlan:
    """Who is there. How often each pays and is paid follows Zipf: the n-th as often as 1/n."""

    customers: int = 10_000
    merchants: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What requests are made of."""

    agreements: Sequence[str]
    """The public id of each customer's."""
    customers: Sequence[CustomerId]
    keys: Sequence[str] = field(repr=False)
    """The secret key of the merchant of each agreement."""
    shares: Sequence[float]
    """How often each customer pays: sums, as `random.choices` takes them."""


async def open_market(
    house: House, *, plan: MarketPlan, random: Random, progress: Callable[[str, int, int], None]
) -> Market:
    """Make everybody; `progress` is told what is made, how many are, and of how many."""
    take = house.ids.next
    link = BankLink(bank=DEMO_BANK, currency=CNY, clearing=take(), safe=take(), own=take())
    await house.desk.submit(OpenBank(link=link))
    merchants = [MerchantId(take()) for _ in range(plan.merchants)]
    customers = [CustomerId(take()) for _ in range(plan.customers)]
    secrets = await open_shops(house, merchants=merchants)
    places = random.choices(range(plan.merchants), cum_weights=zipf(plan.merchants), k=plan.customers)
    agreements = []
    for start in range(0, plan.customers, AT_ONCE):
        progress("customers", start, plan.customers)
        some = range(start, min(start + AT_ONCE, plan.customers))
        await open_wallets(house, customers=[customers[at] for at in some], first=start)
        agreements += await _sign(house, [(customers[at], merchants[places[at]]) for at in some])
    progress("customers", plan.customers, plan.customers)
    return Market(
        agreements=[AGREEMENT_ID.write(agreement) for agreement in agreements],
        customers=customers,
        keys=[secrets[place] for place in places],
        shares=zipf(plan.customers),
    )


def zipf(count: int) -> list[float]:
    """The sums of 1/1, 1/2, 1/3 ..."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


async def open_shops(house: House, *, merchants: Sequence[MerchantId]) -> list[str]:
    """Merchants with contracts and a secret key each, without a rate limit."""
    await ask_all(
        house,
        commands=[
            CreateMerchant(
                id=id,
                mode=Mode.TEST,
                names=Names(en=f"Shop {number}", zh=f"商店{number}"),
                category=5815,
                contract=Contract(
                    id=ContractId(house.ids.next()),
                    merchant=id,
                    effective_from=FIRST_DAY,
                    basis_points=38,
                    minimum=Money(1, CNY),
                    cap=None,
                    on_refund=FeeOnRefund.GIVEN_BACK,
                ),
            )
            for number, id in enumerate(merchants)
        ],
    )
    secrets = []
    async with house.database.transaction() as connection:
        for merchant in merchants:
            made = await create_key(
                connection,
                id=KeyId(house.ids.next()),
                merchant=merchant,
                mode=Mode.TEST,
                kind=CredentialKind.SECRET_KEY,
                name="bench",
                now=house.clock.now_ns(),
                entropy=system_entropy,
                rate_class=RateClass.UNLIMITED,
            )
            secrets.append(made.secret.reveal())
    return secrets


async def open_wallets(house: House, *, customers: Sequence[CustomerId], first: int) -> None:
    """Customers, each with a card from which the wallet was topped up."""
    people = [
        CreateCustomer(
            id=id,
            mode=Mode.TEST,
            phone=Phone(f"+86137{number:08d}"),
            name=f"C{number}",
            verification=Verification.FULL,
            currency=CNY,
        )
        for number, id in enumerate(customers, first)
    ]
    await ask_all(house, commands=people)
    cards = [
        BindCard(
            id=CardId(house.ids.next()),
            customer=id,
            bank=DEMO_BANK,
            token=f"bench_{id:x}",
            masked="629999******0000",
        )
        for id in customers
    ]
    await ask_all(house, commands=cards)
    top_ups = [
        StartTopUp(
            id=TopUpId(house.ids.next()),
            mode=Mode.TEST,
            customer=id,
            card=card.id,
            amount=BALANCE,
        )
        for id, card in zip(customers, cards, strict=True)
    ]
    await ask_all(house, commands=top_ups)
    await ask_all(house, commands=[AskForTopUp(id=top_up.id) for top_up in top_ups])
    arrived = Outcome(status=OutcomeStatus.SUCCEEDED, bank_reference="bench")
    done = await ask_all(house, commands=[ResolveTopUp(id=top_up.id, outcome=arrived) for top_up in top_ups])
    assert all(isinstance(one, TopUp) and one.status is TopUpStatus.SUCCEEDED for one in done), done[:3]


async def _sign(house: House, pairs: Sequence[tuple[CustomerId, MerchantId]]) -> list[AgreementId]:
    """An agreement for each pair, whose limits stand in nobody's way."""
    proposed = [
        Agreement(
            id=AgreementId(house.ids.next()),
            merchant=merchant,
            mode=Mode.TEST,
            customer=None,
            status=AgreementStatus.PENDING_SIGNATURE,
            currency=CNY,
            charge_limit=100_00,
            day_limit=MUCH,
            month_limit=MUCH,
            day_charges=1_000_000,
            notice_days=0,
            request=Request(key_hash=0, body_hash=1, reference=f"bench {customer:x}"),
            description="",
        )
        for customer, merchant in pairs
    ]
    await ask_all(house, commands=[ProposeAgreement(agreement=agreement) for agreement in proposed])
    signatures = [
        SignAgreement(agreement=agreement.id, customer=customer, mode=Mode.TEST)
        for agreement, (customer, _) in zip(proposed, pairs, strict=True)
    ]
    await ask_all(house, commands=signatures)
    return [agreement.id for agreement in proposed]


async def ask_all(house: House, *, commands: Sequence[object]) -> list[Any]:
    """Give commands to the desk at once, and wait for all answers."""
    return await asyncio.gather(*(house.desk.submit(command) for command in commands))
