"""The chart of accounts: numbers, names and limits hold together, and every leg posts in a real book."""

from collections import Counter
from pathlib import Path

import pytest

from milletpay.ledger import (
    ID_MAX,
    Account,
    AccountFlags,
    CreateAccountStatus,
    CreateTransferStatus,
    Machine,
    Transfer,
)
from milletpay.ledger.chart import (
    BRIDGES,
    FLOWS,
    UNITS_MAX,
    AccountClass,
    AccountKind,
    Mode,
    NotALedger,
    OnePer,
    Pool,
    Side,
    TransferCode,
    account_id,
    bridges_in,
    house_accounts,
    ledger_of,
    name_ledger,
    new_account,
    units_ledger,
)
from milletpay.ledger.chart.page import chart_page
from milletpay.money import Currency

CNY = Currency.CNY
PAGE = Path(__file__).parents[2] / "docs" / "accounting" / "chart.md"

# The same customer pays, owns and owes, so one number may own an account of every kind.
OWNER = 0x0199F1A2B3C4D5E6F708192A3B4C5D6E
OTHER_OWNER = OWNER + 1

# Written into every book there is: these numbers must never change.
CUST_ID = 0xC231A21040DEDE47B6A6A44A8DEFEAAB
OWN_IN_POOL_ID = 0xE1CE99E61076E371F846F77C192451E7


def ledger_for(kind: AccountKind) -> int:
    if kind.pool is Pool.UNITS:
        return units_ledger(7, mode=Mode.LIVE)
    return ledger_of(kind.pool, currency=CNY, mode=Mode.LIVE)


def owner_for(kind: AccountKind) -> int:
    return 0 if kind.one_per is OnePer.HOUSE else OWNER


def account_of(kind: AccountKind) -> Account:
    return new_account(kind, ledger=ledger_for(kind), owner=owner_for(kind))


@pytest.mark.parametrize(
    ("mode", "pool", "currency", "ledger"),
    [
        (Mode.LIVE, Pool.CLIENT, Currency.CNY, 156),
        (Mode.LIVE, Pool.CLIENT, Currency.USD, 840),
        (Mode.LIVE, Pool.CLIENT, Currency.ALL, 8),
        (Mode.LIVE, Pool.OWN, Currency.CNY, 1156),
        (Mode.LIVE, Pool.FUND, Currency.CNY, 2156),
        (Mode.LIVE, Pool.CREDIT, Currency.CNY, 3156),
        (Mode.TEST, Pool.CLIENT, Currency.CNY, 1_000_156),
        (Mode.TEST, Pool.CREDIT, Currency.CNY, 1_003_156),
    ],
)
def test_ledger_numbers(mode: Mode, pool: Pool, currency: Currency, ledger: int) -> None:
    assert ledger_of(pool, currency=currency, mode=mode) == ledger
    name = name_ledger(ledger)
    assert (name.mode, name.pool, name.currency, name.unit) == (mode, pool, currency, None)


def test_every_ledger_number_has_one_name() -> None:
    money = {
        ledger_of(pool, currency=currency, mode=mode)
        for mode in Mode
        for pool in Pool
        if pool is not Pool.UNITS
        for currency in Currency
    }
    units = {units_ledger(number, mode=mode) for mode in Mode for number in (0, 1, UNITS_MAX)}
    assert len(money) == 2 * 4 * len(Currency)
    assert not money & units
    for ledger in money | units:
        name = name_ledger(ledger)
        if name.currency is not None:
            assert ledger_of(name.pool, currency=name.currency, mode=name.mode) == ledger
        else:
            assert name.pool is Pool.UNITS
            assert name.unit is not None
            assert units_ledger(name.unit, mode=name.mode) == ledger


@pytest.mark.parametrize(
    "ledger",
    [0, -1, -156, 1, 999, 1000, 4156, 9999, 999_999 + 1, 1_000_001, 1_009_999, 2_000_156, 2**32 - 1, 2**32],
)
def test_numbers_of_no_ledger(ledger: int) -> None:
    with pytest.raises(NotALedger, match=f"^{ledger} is"):
        name_ledger(ledger)


def test_ledgers_have_names_for_people() -> None:
    assert str(name_ledger(156)) == "client money in CNY"
    assert str(name_ledger(1_001_156)) == "test own money in CNY"
    assert str(name_ledger(1_010_007)) == "test units 7"


def test_units_have_no_currency_and_end() -> None:
    with pytest.raises(ValueError, match="use units_ledger"):
        ledger_of(Pool.UNITS, currency=CNY, mode=Mode.LIVE)
    for number in (-1, UNITS_MAX + 1):
        with pytest.raises(NotALedger, match=f"no unit {number}"):
            units_ledger(number, mode=Mode.LIVE)


def test_codes_are_unique_and_fit_the_book() -> None:
    for codes in ([kind.code for kind in AccountKind], [reason.code for reason in TransferCode]):
        assert len(codes) == len(set(codes))
        assert codes == sorted(codes)
        assert all(0 < code < 2**16 for code in codes)
    assert all(AccountKind.coded(kind.code) is kind for kind in AccountKind)
    assert all(TransferCode.coded(reason.code) is reason for reason in TransferCode)
    for coded in (AccountKind.coded, TransferCode.coded):
        with pytest.raises(ValueError, match=r"^999 is the code of no"):
            coded(999)


def test_a_code_is_for_ever() -> None:
    assert AccountKind.CUST.code == 201
    assert AccountKind.OWN_IN_POOL.code == 261
    assert AccountKind.DUE_FROM_POOL.code == 302
    assert TransferCode.TOP_UP.code == 1001
    assert TransferCode.PAY_BY_BALANCE.code == 1101


def test_limits() -> None:
    credit, debit = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS, AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS
    for kind in AccountKind:
        assert kind.flags in {AccountFlags(0), credit if kind.normal_side is Side.CREDIT else debit}
    client = [kind for kind in AccountKind if kind.pool is Pool.CLIENT]
    for kind in client:
        assert kind.flags == (credit if kind.account_class is AccountClass.LIABILITY else AccountFlags(0))


def test_names_are_there_and_differ() -> None:
    for table in (AccountKind, TransferCode, Pool, Mode):
        members: list[AccountKind | TransferCode | Pool | Mode] = list(table)
        assert len({member.chinese for member in members}) == len(members)
        assert all(member.meaning and "|" not in member.meaning for member in members)


def test_account_ids_are_distinct_and_stable() -> None:
    ids = {
        account_id(kind, ledger=ledger, owner=owner)
        for kind in AccountKind
        for ledger in (
            [10000, 10007] if kind.pool is Pool.UNITS else [kind.pool.base + 156, kind.pool.base + 840]
        )
        for owner in ([0] if kind.one_per is OnePer.HOUSE else [OWNER, OTHER_OWNER])
    }
    houses = sum(kind.one_per is OnePer.HOUSE for kind in AccountKind)
    assert len(ids) == 2 * houses + 4 * (len(AccountKind) - houses)
    assert all(0 < number < ID_MAX for number in ids)
    assert account_id(AccountKind.CUST, ledger=156, owner=OWNER) == CUST_ID
    assert account_id(AccountKind.OWN_IN_POOL, ledger=156) == OWN_IN_POOL_ID


@pytest.mark.parametrize(
    ("kind", "ledger", "owner", "why"),
    [
        (AccountKind.CUST, 1156, OWNER, "cust stands in client pools; ledger 1156 is own money in CNY"),
        (AccountKind.BANK_OWN, 156, OWNER, "bank_own stands in own pools; ledger 156 is client money in CNY"),
        (AccountKind.HOLDER, 156, OWNER, "holder stands in units pools"),
        (AccountKind.CUST, 10007, OWNER, "ledger 10007 is units 7"),
        (AccountKind.CUST, 999, OWNER, "999 is the ledger of no pool"),
        (AccountKind.CUST, 156, 0, "cust is one per customer: its owner cannot be 0"),
        (AccountKind.CUST, 156, ID_MAX, "its owner cannot be"),
        (AccountKind.CUST, 156, -1, "its owner cannot be -1"),
        (AccountKind.OWN_IN_POOL, 156, OWNER, "own_in_pool is one per house"),
    ],
)
def test_accounts_that_cannot_be(kind: AccountKind, ledger: int, owner: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        account_id(kind, ledger=ledger, owner=owner)


def test_transfer_codes_join_accounts_of_one_pool_and_name_their_flow() -> None:
    assert all(reason.debit.pool is reason.credit.pool is reason.pool for reason in TransferCode)
    assert {reason.flow for reason in TransferCode} == set(FLOWS.values())
    used = {kind for reason in TransferCode for kind in (reason.debit, reason.credit)}
    assert set(AccountKind) - used == {AccountKind.ROUNDING}


def test_both_ends_of_a_bridge_move_in_the_same_flows() -> None:
    for bridge in BRIDGES:
        assert bridge.owed.normal_side is Side.CREDIT
        assert bridge.due.normal_side is Side.DEBIT
        down = Counter(reason.flow for reason in TransferCode if reason.debit is bridge.owed)
        up = Counter(reason.flow for reason in TransferCode if reason.credit is bridge.owed)
        assert down == Counter(reason.flow for reason in TransferCode if reason.credit is bridge.due)
        assert up == Counter(reason.flow for reason in TransferCode if reason.debit is bridge.due)


def test_bridge_accounts_are_house_accounts_of_one_mode() -> None:
    for mode in Mode:
        (bridge,) = bridges_in(Currency.USD, mode=mode)
        assert bridge.owed_id == account_id(AccountKind.OWN_IN_POOL, ledger=mode.base + 840)
        assert bridge.due_id == account_id(AccountKind.DUE_FROM_POOL, ledger=mode.base + 1840)
        assert {bridge.owed_id, bridge.due_id} < {a.id for a in house_accounts(Currency.USD, mode=mode)}


def test_house_accounts_are_there_once_in_each_mode() -> None:
    live, play = (house_accounts(CNY, mode=mode) for mode in Mode)
    assert {AccountKind.coded(account.code).one_per for account in live} == {OnePer.HOUSE}
    assert [account.code for account in live] == [account.code for account in play]
    assert not {account.id for account in live} & {account.id for account in play}
    machine = Machine()
    assert set(machine.create_accounts(live + play, 1000)) == {CreateAccountStatus.created}


@pytest.mark.parametrize("reason", TransferCode)
def test_every_leg_posts(reason: TransferCode) -> None:
    """On accounts that were filled before: what has a limit cannot give what it does not have."""
    machine = Machine()
    ledger = ledger_for(reason.debit)
    debit, credit = account_of(reason.debit), account_of(reason.credit)
    if reason.debit is reason.credit:
        credit = new_account(reason.credit, ledger=ledger, owner=OTHER_OWNER)
    world = Account(id=1, ledger=ledger, code=1)
    assert machine.create_accounts([debit, credit, world], 1000) == [CreateAccountStatus.created] * 3
    legs = [(world.id, debit.id), (credit.id, world.id), (debit.id, credit.id)]
    transfers = [
        Transfer(
            id=number,
            debit_account_id=left,
            credit_account_id=right,
            amount=5,
            ledger=ledger,
            code=reason.code,
        )
        for number, (left, right) in enumerate(legs, 1)
    ]
    outcome = machine.create_transfers(transfers, 2000)
    assert outcome[2] is CreateTransferStatus.created, outcome


def test_client_and_own_money_cannot_be_mixed() -> None:
    machine = Machine()
    client, own = account_of(AccountKind.BANK_SAFE), account_of(AccountKind.BANK_OWN)
    machine.create_accounts([client, own], 1000)
    transfer = Transfer(
        id=1, debit_account_id=own.id, credit_account_id=client.id, amount=5, ledger=156, code=1701
    )
    assert machine.create_transfers([transfer], 2000) == [
        CreateTransferStatus.accounts_must_have_the_same_ledger
    ]


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == chart_page(), (
        "docs/accounting/chart.md is not what the chart says; run: "
        "python -m milletpay.ledger.chart.page > docs/accounting/chart.md"
    )
