"""The writes of merchants: commands at the desk."""

from dataclasses import dataclass, replace
from typing import Final, TypeAlias, assert_never

from milletpay.fees import Contract, add_contracts, contracts_of, valid_on
from milletpay.ledger import Book, CreateAccountStatus
from milletpay.ledger.chart import Mode
from milletpay.merchants.model import (
    BEIJING,
    TRANSITIONS,
    City,
    Merchant,
    MerchantId,
    MerchantRefusal,
    MerchantRefused,
    MerchantStatus,
    Names,
    Store,
    StoreId,
)
from milletpay.merchants.postings import accounts_opened
from milletpay.merchants.queries import merchant_of, store_of
from milletpay.money import Currency
from milletpay.plumbing.database import Connection
from milletpay.plumbing.dates import Day
from milletpay.plumbing.outbox import Event, append
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.merchants")

REMEMBERED_MAX: Final = 100_000
"""How many merchants and stores memory holds before it begins anew."""

OPENED: Final = {CreateAccountStatus.created, CreateAccountStatus.exists}


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMerchant:
    """Make a merchant with its first contract, which may have begun before today."""

    id: MerchantId
    mode: Mode
    names: Names
    category: int
    contract: Contract
    city: City = BEIJING


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContract:
    """Let a contract hold from its day on: today at the earliest."""

    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStore:
    """Make a store of a merchant."""

    id: StoreId
    merchant: MerchantId
    names: Names
    city: City | None = None
    """None for the merchant's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMerchantStatus:
    """Suspend a merchant, let it go on, or close it."""

    id: MerchantId
    status: MerchantStatus


Command: TypeAlias = CreateMerchant | AddContract | AddStore | SetMerchantStatus
Answer: TypeAlias = Merchant | Contract | Store | MerchantRefused


class Merchants:
    """The part of a desk that knows the merchants, their contracts and their stores.

    Parts above it say `want_merchant` or `want_store`, then ask. Every command, given again, answers as the
    first time.
    """

    commands: tuple[type, ...] = (CreateMerchant, AddContract, AddStore, SetMerchantStatus)

    def __init__(self, *, book: Book) -> None:
        self._book = book
        self._merchants: dict[MerchantId, Merchant | None] = {}
        self._contracts: dict[MerchantId, list[Contract]] = {}
        self._stores: dict[StoreId, Store | None] = {}
        self._wanted: set[MerchantId] = set()
        self._wanted_stores: set[StoreId] = set()
        self._changed: dict[MerchantId, Merchant] = {}
        self._new_contracts: list[Contract] = []
        self._new_stores: list[Store] = []
        self._events: list[Event] = []

    def begin(self) -> None:
        """A new batch."""
        self._wanted.clear()
        self._wanted_stores.clear()
        self._drop_changes()
        if len(self._merchants) + len(self._stores) > REMEMBERED_MAX:
            self.forget()

    def forget(self) -> None:
        """Merchants may have changed."""
        self._merchants.clear()
        self._contracts.clear()
        self._stores.clear()
        self._drop_changes()

    def want_merchant(self, id: MerchantId) -> None:
        """Note that the batch asks for a merchant and its contracts."""
        if id not in self._merchants:
            self._wanted.add(id)

    def want_store(self, id: StoreId) -> None:
        """Note that the batch asks for a store."""
        if id not in self._stores:
            self._wanted_stores.add(id)

    def want(self, command: Command, /) -> None:
        """Note what a command is about."""
        match command:
            case CreateMerchant():
                self.want_merchant(command.id)
                self._want_accounts(command.contract, mode=command.mode)
            case AddContract(contract=contract):
                self.want_merchant(MerchantId(contract.merchant))
                for mode in Mode:
                    self._want_accounts(contract, mode=mode)
            case AddStore():
                self.want_merchant(command.merchant)
                self.want_store(command.id)
            case SetMerchantStatus():
                self.want_merchant(command.id)
            case _:
                assert_never(command)

    async def load(self, connection: Connection) -> None:
        """Bring the merchants and stores that are wanted and not remembered."""
        if self._wanted:
            self._merchants.update(dict.fromkeys(self._wanted))
            self._contracts.update({id: [] for id in self._wanted})
            for row in await connection.fetch(SQL["merchants"], self._wanted):
                merchant = merchant_of(row)
                self._merchants[merchant.id] = merchant
            for contract in await contracts_of(connection, merchants=self._wanted):
                self._contracts[MerchantId(contract.merchant)].append(contract)
        if self._wanted_stores:
            self._stores.update(dict.fromkeys(self._wanted_stores))
            for row in await connection.fetch(SQL["stores"], self._wanted_stores):
                store = store_of(row)
                self._stores[store.id] = store

    def merchant(self, id: MerchantId) -> Merchant | None:
        """A merchant that the batch has asked for, as it stands now; None where there is none."""
        return self._merchants[id]

    def contract(self, id: MerchantId, *, currency: Currency, day: Day) -> Contract | None:
        """The contract that holds on a day for a merchant that the batch has asked for."""
        return valid_on(self._contracts[id], currency=currency, day=day)

    def store(self, id: StoreId) -> Store | None:
        """A store that the batch has asked for; None where there is none."""
        return self._stores[id]

    def decide(self, command: Command, /) -> Answer:
        """Decide one command: what it made or changed, or why not."""
        match command:
            case CreateMerchant():
                return self._create(command)
            case AddContract(contract=contract):
                return self._add_contract(contract)
            case AddStore():
                return self._add_store(command)
            case SetMerchantStatus():
                return self._set_status(command)
            case _:
                assert_never(command)

    async def save(self, connection: Connection) -> None:
        """Write what is new and what has changed, and the news of it."""
        if not self._events:
            return
        changed = [self._changed[id] for id in sorted(self._changed)]
        await connection.execute(
            SQL["write_merchants"],
            [m.id for m in changed],
            [m.mode is Mode.LIVE for m in changed],
            [m.names.en for m in changed],
            [m.names.zh for m in changed],
            [m.category for m in changed],
            [m.status.value for m in changed],
            [m.created_at for m in changed],
            [m.version for m in changed],
            [m.city.country for m in changed],
            [m.city.names.en for m in changed],
            [m.city.names.zh for m in changed],
        )
        await add_contracts(connection, contracts=self._new_contracts)
        if self._new_stores:
            await connection.execute(
                SQL["add_stores"],
                [s.id for s in self._new_stores],
                [s.merchant for s in self._new_stores],
                [s.names.en for s in self._new_stores],
                [s.names.zh for s in self._new_stores],
                [s.created_at for s in self._new_stores],
                [s.city.country for s in self._new_stores],
                [s.city.names.en for s in self._new_stores],
                [s.city.names.zh for s in self._new_stores],
            )
        await append(connection, events=self._events)

    def _create(self, command: CreateMerchant) -> Merchant | MerchantRefused:
        assert command.contract.merchant == command.id, "the contract is another merchant's"
        known = self._merchants[command.id]
        if known is not None and (known.mode, known.category) == (command.mode, command.category):
            return known
        if known is not None:
            return _refused(MerchantRefusal.ID_TAKEN, "this id names another merchant")
        # From here it must succeed.
        merchant = Merchant(
            id=command.id,
            mode=command.mode,
            names=command.names,
            category=command.category,
            city=command.city,
            created_at=self._book.now,
            version=0,
        )
        self._sign(command.contract, mode=command.mode)
        return self._keep(merchant, kind="merchant.created")

    def _add_contract(self, contract: Contract) -> Contract | MerchantRefused:
        id = MerchantId(contract.merchant)
        merchant = self._merchants[id]
        if merchant is None:
            return _refused(MerchantRefusal.NOT_FOUND, "there is no such merchant")
        contracts = self._contracts[id]
        if contract in contracts:
            return contract
        if any(old.id == contract.id for old in contracts):
            return _refused(MerchantRefusal.ID_TAKEN, "this id names another contract of the merchant")
        if merchant.status is MerchantStatus.CLOSED:
            return _refused(MerchantRefusal.WRONG_STATUS, "the merchant is closed")
        today = self._book.accounting_date
        if contract.effective_from < today:
            detail = f"a contract begins on {today} at the earliest, not on {contract.effective_from}"
            return _refused(MerchantRefusal.CONTRACT_IN_THE_PAST, detail)
        same = [c for c in contracts if c.currency is contract.currency]
        if any(old.effective_from == contract.effective_from for old in same):
            detail = f"another contract in {contract.currency} begins on {contract.effective_from}"
            return _refused(MerchantRefusal.CONTRACT_EXISTS, detail)
        # From here it must succeed.
        self._sign(contract, mode=merchant.mode)
        self._keep(merchant, kind="merchant.contract_added")
        return contract

    def _add_store(self, command: AddStore) -> Store | MerchantRefused:
        known = self._stores[command.id]
        if known is not None and known.merchant == command.merchant:
            return known
        if known is not None:
            return _refused(MerchantRefusal.ID_TAKEN, "this id names a store of another merchant")
        merchant = self._merchants[command.merchant]
        if merchant is None:
            return _refused(MerchantRefusal.NOT_FOUND, "there is no such merchant")
        if merchant.status is MerchantStatus.CLOSED:
            return _refused(MerchantRefusal.WRONG_STATUS, "the merchant is closed")
        store = Store(
            id=command.id,
            merchant=command.merchant,
            names=command.names,
            city=command.city or merchant.city,
            created_at=self._book.now,
        )
        self._stores[store.id] = store
        self._new_stores.append(store)
        self._keep(merchant, kind="merchant.store_added")
        return store

    def _set_status(self, command: SetMerchantStatus) -> Merchant | MerchantRefused:
        merchant = self._merchants[command.id]
        if merchant is None:
            return _refused(MerchantRefusal.NOT_FOUND, "there is no such merchant")
        if merchant.status is command.status:
            return merchant
        if (merchant.status, command.status) not in TRANSITIONS:
            was, becomes = merchant.status.name.lower(), command.status.name.lower()
            detail = f"a merchant that is {was} cannot become {becomes}"
            return _refused(MerchantRefusal.WRONG_STATUS, detail)
        return self._keep(replace(merchant, status=command.status), kind="merchant.status_changed")

    def _sign(self, contract: Contract, *, mode: Mode) -> None:
        """Let a contract hold, with accounts in its currency."""
        id = MerchantId(contract.merchant)
        statuses = self._book.open_accounts(accounts_opened(id, mode=mode, currency=contract.currency))
        assert OPENED.issuperset(statuses), f"{statuses} for {contract}"
        self._contracts[id].append(contract)
        self._new_contracts.append(contract)

    def _keep(self, merchant: Merchant, *, kind: str) -> Merchant:
        """Keep the merchant with one event more."""
        merchant = replace(merchant, version=merchant.version + 1)
        self._merchants[merchant.id] = self._changed[merchant.id] = merchant
        self._events.append(
            Event(kind=kind, object=merchant.id, sequence=merchant.version, at=self._book.now)
        )
        self._book.note()
        return merchant

    def _want_accounts(self, contract: Contract, *, mode: Mode) -> None:
        id = MerchantId(contract.merchant)
        accounts = accounts_opened(id, mode=mode, currency=contract.currency)
        self._book.want(*[account.id for account in accounts])

    def _drop_changes(self) -> None:
        self._changed.clear()
        self._new_contracts.clear()
        self._new_stores.clear()
        self._events.clear()


def _refused(refusal: MerchantRefusal, detail: str) -> MerchantRefused:
    return MerchantRefused(refusal=refusal, detail=detail)
