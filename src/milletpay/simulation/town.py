"""Seeding the town: what is not there yet is made, in the order in which it needs each other."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final

from milletpay.bootstrap import DEMO_BANK, House, open_house
from milletpay.customers import (
    CreateCustomer,
    Customer,
    Device,
    DeviceId,
    DeviceKind,
    RegisterDevice,
    Verification,
)
from milletpay.entitlements import Offer, OfferId, add_offer
from milletpay.fees import Contract, ContractId, FeeOnRefund
from milletpay.identity import (
    CredentialKind,
    CredentialRefusal,
    CredentialRefused,
    KeyId,
    Operator,
    OperatorId,
    Pepper,
    RateClass,
    Role,
    SessionId,
    create_key,
    has_pin,
    new_token,
    open_session,
)
from milletpay.ledger.chart import Mode
from milletpay.merchants import (
    AddStore,
    CreateMerchant,
    MakePlate,
    Merchant,
    MerchantId,
    Names,
    Plate,
    PlateId,
    Store,
    StoreId,
)
from milletpay.money import Currency, Money
from milletpay.payments import (
    Agreed,
    Agreement,
    AgreementId,
    AgreementStatus,
    ProposeAgreement,
    Request,
    SignAgreement,
)
from milletpay.plumbing.answers import hash_of_body
from milletpay.plumbing.clock import SECOND, SystemClock
from milletpay.plumbing.dates import Day
from milletpay.plumbing.ids import system_entropy
from milletpay.plumbing.worker import Worker
from milletpay.rails import Binding, BoundCard, read_card_number
from milletpay.simulation.chance import entropy_of, id_of
from milletpay.simulation.partners import FILMS, PARTNERS, SHOP, VIDEO, Partner
from milletpay.simulation.people import PEOPLE, Person
from milletpay.simulation.settled import Box, Buyer, Console, Seller, Town, TownBroken
from milletpay.simulation.town_counter import furnish_counter
from milletpay.treasury import BankLink, BookMovement, Movement, MovementKind, OpenBank
from milletpay.wallets import BindCard, Card, CardId, StartTopUp, TopUp, TopUpId, bank_jobs, find_top_up

CNY: Final = Currency.CNY
CAPITAL: Final = Money(10_000_000_00, CNY)
PREFUNDED: Final = Money(100_000_00, CNY)
"""What the house brings, and what of it covers those who lack money that they owe."""
BALANCE: Final = Money(50_000_00, CNY)
"""What everybody tops up with: as much as one top-up may be."""
CHARGE_LIMIT: Final = 100_00
DAY_CHARGES: Final = 100_000
FOR_LONG_NS: Final = 10 * 365 * 24 * 3600 * SECOND
"""How long the sessions in `demo.json` are good."""
LOGIN: Final = "operator"
FIRST_DAY: Final = Day(2014_01_01)
PATIENCE_SECONDS: Final = 60


async def open_town(*, app_url: str, pepper: Pepper, base_url: str) -> Town:
    """Seed what of the town is not there yet."""
    async with open_house(
        app_url, pepper=pepper, base_url=base_url, connections=8, clock=SystemClock()
    ) as house:
        seeding = _Seeding(house=house, pepper=pepper)
        await seeding.found_bank()
        sellers = [await seeding.settle_seller(partner) for partner in (SHOP, *PARTNERS)]
        await seeding.settle_people()
        await seeding.fill_wallets()
        agreements = await seeding.sign_agreements()
        await seeding.pins()
        await seeding.fill_shelves()
        box = await seeding.place_box()
        buyers = [
            Buyer(
                person=person,
                token=await seeding.sign_in(person),
                agreements=[agreement],
                boxes=[box] if person is PEOPLE[0] else [],
            )
            for person, agreement in zip(PEOPLE, agreements, strict=True)
        ]
        operator = await seeding.hire_operator()
        counter = await furnish_counter(house, partner=SHOP)
        return Town(base_url=base_url, operator=operator, sellers=sellers, buyers=buyers, counter=counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seeding:
    house: House
    pepper: Pepper

    async def found_bank(self) -> None:
        """An agreement with the bank, and money of our own."""
        link = BankLink(
            bank=DEMO_BANK,
            currency=CNY,
            clearing=id_of("bank", 1),
            safe=id_of("bank", 2),
            own=id_of("bank", 3),
        )
        await self._ask(OpenBank(link=link), gives=BankLink)
        for kind, amount in ((MovementKind.CAPITAL, CAPITAL), (MovementKind.PREFUND, PREFUNDED)):
            movement = BookMovement(
                kind=kind, bank=DEMO_BANK, reference=f"town {kind.name.lower()}", amount=amount
            )
            await self._ask(movement, gives=Movement)

    async def settle_seller(self, partner: Partner) -> Seller:
        """A merchant with its contract and keys."""
        contract = Contract(
            id=ContractId(id_of("contract", partner.number)),
            merchant=partner.id,
            effective_from=FIRST_DAY,
            basis_points=partner.basis_points,
            minimum=Money(1 if partner.basis_points else 0, CNY),
            cap=None,
            on_refund=FeeOnRefund.GIVEN_BACK,
        )
        create = CreateMerchant(
            id=partner.id,
            mode=Mode.TEST,
            names=partner.names,
            category=partner.category,
            contract=contract,
        )
        await self._ask(create, gives=Merchant)
        if partner.store is not None:
            await self._open_store(partner, names=partner.store)
        return Seller(
            partner=partner,
            secret_key=await self._key(partner, CredentialKind.SECRET_KEY),
            publishable_key=await self._key(partner, CredentialKind.PUBLISHABLE_KEY),
        )

    async def _open_store(self, partner: Partner, *, names: Names) -> None:
        """A store with a code plate at its till; one that was revoked since stays so."""
        store = StoreId(id_of("store", partner.number))
        await self._ask(AddStore(id=store, merchant=partner.id, names=names), gives=Store)
        plate = PlateId(id_of("plate", partner.number))
        make = MakePlate(id=plate, merchant=partner.id, mode=Mode.TEST, store=store)
        await self._ask(make, gives=Plate)

    async def settle_people(self) -> None:
        """Customers, and their cards."""
        customers = [
            CreateCustomer(
                id=person.id,
                mode=Mode.TEST,
                phone=person.phone,
                name=person.name,
                verification=Verification.FULL,
                currency=CNY,
            )
            for person in PEOPLE
        ]
        await self._ask_all(customers, gives=Customer)
        cards = await asyncio.gather(*(self._bind(person) for person in PEOPLE))
        await self._ask_all(cards, gives=Card)

    async def fill_wallets(self) -> None:
        """Everybody tops up, and the bank does what it is asked to."""
        top_ups = [
            StartTopUp(
                id=TopUpId(id_of("top-up", person.number)),
                mode=Mode.TEST,
                customer=person.id,
                card=CardId(id_of("card", person.number)),
                amount=BALANCE,
                reference="town",
            )
            for person in PEOPLE
        ]
        begun: list[TopUp] = await self._ask_all(top_ups, gives=TopUp)
        if all(top_up.is_decided for top_up in begun):
            return
        worker = Worker(
            database=self.house.database,
            kinds=bank_jobs(banks=self.house.banks, submit=self.house.desk.submit),
            clock=self.house.clock,
            entropy=system_entropy,
            new_id=self.house.ids.next,
        )
        working = asyncio.create_task(worker.run(), name="the town's worker")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.gather(*(self._decided(top_up.id) for top_up in begun))
        finally:
            worker.stop()
            await working

    async def sign_agreements(self) -> list[Agreement]:
        """Everybody lets one partner charge without asking each time."""
        proposed = [_agreement(person, PARTNERS[person.number % len(PARTNERS)].id) for person in PEOPLE]
        made: list[Agreed] = await self._ask_all(
            [ProposeAgreement(agreement=agreement) for agreement in proposed], gives=Agreed
        )
        # One that was canceled since stays so.
        unsigned = [one for one in made if one.agreement.status is AgreementStatus.PENDING_SIGNATURE]
        owners = {agreement.id: person.id for agreement, person in zip(proposed, PEOPLE, strict=True)}
        signatures = [
            SignAgreement(agreement=one.agreement.id, customer=owners[one.agreement.id], mode=Mode.TEST)
            for one in unsigned
        ]
        await self._ask_all(signatures, gives=Agreed)
        return proposed

    async def fill_shelves(self) -> None:
        """What the video merchant sells for televisions."""
        async with self.house.database.transaction() as connection:
            for number, film in enumerate(FILMS):
                offer = Offer(
                    id=OfferId(id_of("offer", number)),
                    merchant=VIDEO.id,
                    mode=Mode.TEST,
                    content=film.content,
                    names=film.names,
                    amount=film.price,
                    days=film.days,
                    created_at=self.house.clock.now_ns(),
                )
                await add_offer(connection, offer=offer)

    async def place_box(self) -> Box:
        """A box of the first person, for whoever wants to order over the API."""
        id = DeviceId(id_of("device", 1))
        box = RegisterDevice(
            id=id, customer=PEOPLE[0].id, mode=Mode.TEST, kind=DeviceKind.BOX, name="客厅盒子"
        )
        await self._ask(box, gives=Device)
        return Box(id=id, token=await self._session("box 1", CredentialKind.DEVICE_SESSION, owner=id))

    async def pins(self) -> None:
        """Payment PINs."""
        async with self.house.database.connection() as connection:
            without = [person for person in PEOPLE if not await has_pin(connection, customer=person.id)]
        now = self.house.clock.now_ns()
        refused = await asyncio.gather(
            *(self.house.pins.set(person.pin, customer=person.id, now=now) for person in without)
        )
        if any(refused):
            raise TownBroken(f"PINs were refused: {refused}")

    async def sign_in(self, person: Person) -> str:
        """The token of a session."""
        return await self._session(
            f"session {person.number}", CredentialKind.CUSTOMER_SESSION, owner=person.id
        )

    async def _session(self, name: str, kind: CredentialKind, *, owner: int) -> str:
        entropy = entropy_of(self.pepper, name)
        token = new_token(kind, mode=Mode.TEST, entropy=entropy).reveal()
        if await self._is_new(token):
            async with self.house.database.transaction() as connection:
                await open_session(
                    connection,
                    id=SessionId(id_of(*_numbered(name))),
                    kind=kind,
                    owner=owner,
                    mode=Mode.TEST,
                    device="demo.json",
                    now=self.house.clock.now_ns(),
                    entropy=entropy,
                    lifetime_ns=FOR_LONG_NS,
                    rate_class=RateClass.UNLIMITED,
                )
        return token

    async def hire_operator(self) -> Console:
        """One of the staff, who may do everything that one person may."""
        id = OperatorId(id_of("operator", 1))
        password = entropy_of(self.pepper, "operator's password")(10).hex()
        if await self.house.operators.find(id) is None:
            made = await self.house.operators.create(
                LOGIN,
                id=id,
                name="Operator",
                password=password,
                roles=frozenset(Role),
                now=self.house.clock.now_ns(),
            )
            if not isinstance(made, Operator):
                raise TownBroken(f"the operator {LOGIN} was refused: {made}")
        return Console(login=LOGIN, password=password)

    async def _key(self, partner: Partner, kind: CredentialKind) -> str:
        entropy = entropy_of(self.pepper, f"{kind} {partner.number}")
        token = new_token(kind, mode=Mode.TEST, entropy=entropy).reveal()
        if await self._is_new(token):
            async with self.house.database.transaction() as connection:
                await create_key(
                    connection,
                    id=KeyId(id_of(kind, partner.number)),
                    merchant=partner.id,
                    mode=Mode.TEST,
                    kind=kind,
                    name="demo.json",
                    now=self.house.clock.now_ns(),
                    entropy=entropy,
                    rate_class=RateClass.UNLIMITED,
                )
        return token

    async def _is_new(self, token: str) -> bool:
        """Whether there never was such a credential."""
        try:
            found = self.house.authenticator.authenticate(token)
            if isawaitable(found):
                await found
        except CredentialRefused as refused:
            return refused.refusal is CredentialRefusal.UNKNOWN
        return False

    async def _bind(self, person: Person) -> BindCard:
        number = read_card_number(person.card_number)
        bound = await self.house.banks.at(DEMO_BANK).bind(
            Binding(number=number, holder=person.name, phone=person.phone)
        )
        if not isinstance(bound, BoundCard):
            raise TownBroken(f"the bank does not bind the card of person {person.number}: {bound.reason}")
        return BindCard(
            id=CardId(id_of("card", person.number)),
            customer=person.id,
            bank=DEMO_BANK,
            token=bound.token,
            masked=bound.masked,
        )

    async def _decided(self, id: TopUpId) -> None:
        while True:
            async with self.house.database.connection() as connection:
                found = await find_top_up(connection, id=id)
            if found is not None and found.is_decided:
                return
            await asyncio.sleep(0.05)

    async def _ask_all(self, commands: Sequence[object], *, gives: type[Any]) -> list[Any]:
        return await asyncio.gather(*(self._ask(command, gives=gives) for command in commands))

    async def _ask(self, command: object, *, gives: type[Any]) -> Any:  # noqa: ANN401 - what is given
        answer = await self.house.desk.submit(command)
        if not isinstance(answer, gives):
            raise TownBroken(f"{command} was answered with {answer}")
        return answer


def _numbered(name: str) -> tuple[str, int]:
    """A name such as `session 7`, as what is numbered and its number."""
    kind, _, number = name.partition(" ")
    return kind, int(number)


def _agreement(person: Person, merchant: MerchantId) -> Agreement:
    """What is proposed: a hundred yuan a charge, a hundred thousand charges a day."""
    reference = f"town-{person.number}"
    a_day = CHARGE_LIMIT * DAY_CHARGES
    return Agreement(
        id=AgreementId(id_of("agreement", person.number)),
        merchant=merchant,
        mode=Mode.TEST,
        customer=None,
        status=AgreementStatus.PENDING_SIGNATURE,
        currency=CNY,
        charge_limit=CHARGE_LIMIT,
        day_limit=a_day,
        month_limit=31 * a_day,
        day_charges=DAY_CHARGES,
        notice_days=0,
        request=Request(key_hash=0, body_hash=hash_of_body(reference.encode()), reference=reference),
        description="",
    )
