"""The writes of customers: commands at the desk."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias, assert_never

from milletpay.customers.model import (
    TRANSITIONS,
    Customer,
    CustomerId,
    CustomerRefusal,
    CustomerRefused,
    CustomerStatus,
    PersonId,
    Phone,
)
from milletpay.customers.postings import accounts_of, accounts_opened
from milletpay.customers.queries import customer_of
from milletpay.ledger import Book, CreateAccountStatus
from milletpay.ledger.chart import Mode
from milletpay.limits.model import Verification
from milletpay.money import Currency
from milletpay.plumbing.database import Connection
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.remembered import Remembered
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.customers")

REMEMBERED_MAX: Final = 200_000
"""How many customers memory holds before it begins anew."""

OPENED: Final = {CreateAccountStatus.created, CreateAccountStatus.exists}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCustomer:
    """Make a customer with a wallet in one currency. The same again answers with the same customer."""

    id: CustomerId
    mode: Mode
    phone: Phone = field(repr=False)
    name: str = field(repr=False)
    verification: Verification
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCustomerStatus:
    """Freeze a customer, let it go, or close it. Closing asks that nothing is left in these currencies."""

    id: CustomerId
    status: CustomerStatus
    currencies: tuple[Currency, ...] = (Currency.CNY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCustomer:
    """Note how well a customer is known now, and under which name."""

    id: CustomerId
    name: str = field(repr=False)
    verification: Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCustomer:
    """Note that a customer is the same person as another, as the same identity document says of both.

    What the two had counted of a rule for persons before is not added up; from now on it is counted as one.
    """

    id: CustomerId
    same_as: CustomerId


Command: TypeAlias = CreateCustomer | SetCustomerStatus | VerifyCustomer | LinkCustomer


class Customers:
    """The part of a desk that knows the customers. Parts above it say `want_customer`, then `customer`."""

    commands: tuple[type, ...] = (CreateCustomer, SetCustomerStatus, VerifyCustomer, LinkCustomer)

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._customers: Remembered[CustomerId, Customer] = Remembered(
            id_of=lambda customer: customer.id, most=REMEMBERED_MAX
        )
        self._by_phone: dict[tuple[Mode, Phone], CustomerId] = {}
        self._wanted_phones: set[tuple[Mode, Phone]] = set()
        self._linked: set[CustomerId] = set()
        self._told: list[tuple[CustomerId, Callable[[PersonId], None]]] = []
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch."""
        self._customers.begin()
        self._wanted_phones.clear()
        self._linked.clear()
        self._told.clear()
        self._by_phone.clear()
        self._events.clear()

    def forget(self) -> None:
        """Customers may have changed."""
        self._customers.forget()
        self._by_phone.clear()
        self._events.clear()

    def want_customer(self, id: CustomerId) -> None:
        """Note that the batch asks for a customer."""
        self._customers.want(id)

    def want_person(self, id: CustomerId, *, tell: Callable[[PersonId], None]) -> None:
        """As `want_customer`; `tell` is told who it is when that is known, before the parts below load."""
        self.want_customer(id)
        self._told.append((id, tell))

    def want(self, command: Command, /) -> None:
        """Note whom a command is about."""
        self.want_customer(command.id)
        if isinstance(command, LinkCustomer):
            self.want_customer(command.same_as)
            self._linked |= {command.id, command.same_as}
        if isinstance(command, CreateCustomer):
            self._wanted_phones.add((command.mode, command.phone))
            accounts = accounts_opened(command.id, mode=command.mode, currency=command.currency)
            self._book.want(*[account.id for account in accounts])
        elif isinstance(command, SetCustomerStatus) and command.status is CustomerStatus.CLOSED:
            for mode in Mode:
                for currency in command.currencies:
                    self._book.want(*accounts_of(command.id, mode=mode, currency=currency))

    async def load(self, connection: Connection) -> None:
        """Bring the customers that are wanted and not remembered, and who has a wanted phone number."""
        wanted = self._customers.wanted
        if wanted or self._wanted_phones:
            rows = await connection.fetch(
                SQL["customers"],
                wanted,
                [mode is Mode.LIVE for mode, _ in self._wanted_phones],
                [phone for _, phone in self._wanted_phones],
            )
            found = [customer_of(row) for row in rows]
            self._customers.bring(found)
            self._by_phone.update({(one.mode, one.phone): one.id for one in found})
        if self._linked:
            rows = await connection.fetch(SQL["same_persons"], self._linked)
            same = [customer_of(row) for row in rows]
            self._customers.know(same)
            self._linked.update(one.id for one in same)
        for id, tell in self._told:
            who = self._customers[id]
            if who is not None:
                tell(who.person)

    def customer(self, id: CustomerId) -> Customer | None:
        """A customer that the batch has asked for, as it stands now; None where there is none."""
        return self._customers[id]

    def decide(self, command: Command, /) -> Customer | CustomerRefused:
        """Decide one command: the customer as it then is, or why not."""
        match command:
            case CreateCustomer():
                return self._create(command)
            case SetCustomerStatus():
                return self._set_status(command)
            case VerifyCustomer():
                return self._verify(command)
            case LinkCustomer():
                return self._link(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write the customers that have changed, and the news of it."""
        changed = self._customers.to_write()
        if not changed:
            return
        await connection.execute(
            SQL["write_customers"],
            [c.id for c in changed],
            [c.mode is Mode.LIVE for c in changed],
            [c.phone for c in changed],
            [c.name for c in changed],
            [c.verification.value for c in changed],
            [c.person for c in changed],
            [c.status.value for c in changed],
            [c.created_at for c in changed],
            [c.version for c in changed],
        )
        await append(connection, events=self._events)

    def _create(self, command: CreateCustomer) -> Customer | CustomerRefused:
        known = self._customers[command.id]
        if known is not None and (known.mode, known.phone) == (command.mode, command.phone):
            return known
        if known is not None:
            return _refused(CustomerRefusal.ID_TAKEN, "this id names another customer", known.id)
        holder = self._by_phone.get((command.mode, command.phone))
        if holder is not None:
            return _refused(CustomerRefusal.PHONE_TAKEN, "another customer has this phone number", holder)
        accounts = accounts_opened(command.id, mode=command.mode, currency=command.currency)
        # From here it must succeed.
        statuses = self._book.open_accounts(accounts)
        assert OPENED.issuperset(statuses), f"{statuses} for {command}"
        customer = Customer(
            id=command.id,
            mode=command.mode,
            phone=command.phone,
            name=command.name,
            verification=command.verification,
            person=PersonId(command.id),
            created_at=self._book.now,
        )
        self._by_phone[customer.mode, customer.phone] = customer.id
        return self._keep(customer, kind="customer.created")

    def _set_status(self, command: SetCustomerStatus) -> Customer | CustomerRefused:
        customer = self._customers[command.id]
        if customer is None:
            return _refused(CustomerRefusal.NOT_FOUND, "there is no such customer")
        if customer.status is command.status:
            return customer
        if (customer.status, command.status) not in TRANSITIONS:
            was, becomes = customer.status.name.lower(), command.status.name.lower()
            detail = f"a customer that is {was} cannot become {becomes}"
            return _refused(CustomerRefusal.WRONG_STATUS, detail, customer.id)
        if command.status is CustomerStatus.CLOSED and self._has_money(customer, command.currencies):
            detail = "there is money left, or held; pay it out first"
            return _refused(CustomerRefusal.BALANCE_LEFT, detail, customer.id)
        changed = replace(customer, status=command.status, version=customer.version + 1)
        return self._keep(changed, kind="customer.status_changed")

    def _verify(self, command: VerifyCustomer) -> Customer | CustomerRefused:
        customer = self._customers[command.id]
        if customer is None:
            return _refused(CustomerRefusal.NOT_FOUND, "there is no such customer")
        changed = replace(
            customer, name=command.name, verification=command.verification, version=customer.version + 1
        )
        return self._keep(changed, kind="customer.verified")

    def _link(self, command: LinkCustomer) -> Customer | CustomerRefused:
        customer, other = self._customers[command.id], self._customers[command.same_as]
        if customer is None or other is None or customer.mode is not other.mode:
            return _refused(CustomerRefusal.NOT_FOUND, "there is no such customer")
        if customer.person == other.person:
            return customer
        # Whoever was one person with either is one person with both.
        kept, gone = sorted((customer.person, other.person))
        for id in sorted(self._linked):
            moved = self._customers[id]
            if moved is not None and moved.person == gone:
                self._keep(replace(moved, person=kept, version=moved.version + 1), kind="customer.linked")
        linked = self._customers[command.id]
        assert linked is not None
        return linked

    def _has_money(self, customer: Customer, currencies: tuple[Currency, ...]) -> bool:
        for currency in currencies:
            for id in accounts_of(customer.id, mode=customer.mode, currency=currency):
                account = self._book.machine.account(id)
                if account is not None and account.credits_posted != account.debits_posted:
                    return True
        return False

    def _keep(self, customer: Customer, *, kind: str) -> Customer:
        self._customers.keep(customer)
        self._events.append(
            Event(kind=kind, object=customer.id, sequence=customer.version, at=self._book.now)
        )
        self._book.note()
        return customer


def _refused(refusal: CustomerRefusal, detail: str, customer: CustomerId | None = None) -> CustomerRefused:
    return CustomerRefused(refusal=refusal, detail=detail, customer=customer)
