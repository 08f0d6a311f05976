"""What cannot be an event is refused before anything of its batch happens, and the refusal names it."""

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from milletpay.ledger import BATCH_MAX, Account, CreateTransferStatus, Machine, Transfer

NOW = 1_767_225_600 * 10**9

BITS = {
    "id": 128,
    "debit_account_id": 128,
    "credit_account_id": 128,
    "pending_id": 128,
    "user_data_128": 128,
    "user_data_64": 64,
    "user_data_32": 32,
    "timeout": 32,
    "ledger": 32,
    "code": 16,
    "flags": 16,
}
"""The width of each field; those not named are amounts or timestamps, of 63 bits."""

ACCOUNT_FIELDS = [field.name for field in fields(Account)]
TRANSFER_FIELDS = [field.name for field in fields(Transfer)]
NO_INTEGERS = [1.0, 0.0, "1", "", None, Decimal(1), b"1"]


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.create_accounts([Account(id=1, ledger=156, code=1), Account(id=2, ledger=156, code=1)], NOW)
    return machine


def sound(transfer_id: int) -> Transfer:
    return Transfer(id=transfer_id, debit_account_id=1, credit_account_id=2, amount=5, ledger=156, code=1)


@pytest.mark.parametrize("value", NO_INTEGERS, ids=repr)
@pytest.mark.parametrize("field", TRANSFER_FIELDS)
def test_a_transfer_is_made_of_integers(machine: Machine, field: str, value: object) -> None:
    bad = sound(11)
    setattr(bad, field, value)
    with pytest.raises(TypeError, match=field):
        machine.create_transfers([sound(10), bad], NOW + 2)
    nothing_happened(machine)


@pytest.mark.parametrize("value", NO_INTEGERS, ids=repr)
@pytest.mark.parametrize("field", ACCOUNT_FIELDS)
def test_an_account_is_made_of_integers(machine: Machine, field: str, value: object) -> None:
    bad = Account(id=4, ledger=156, code=1)
    setattr(bad, field, value)
    with pytest.raises(TypeError, match=field):
        machine.create_accounts([Account(id=3, ledger=156, code=1), bad], NOW + 2)
    nothing_happened(machine)


@pytest.mark.parametrize("field", TRANSFER_FIELDS)
def test_a_transfer_keeps_its_ranges(machine: Machine, field: str) -> None:
    for value in (-1, 2 ** BITS.get(field, 63)):
        bad = sound(11)
        setattr(bad, field, value)
        with pytest.raises(ValueError, match=rf"{field} is {value}\b"):
            machine.create_transfers([sound(10), bad], NOW + 2)
    nothing_happened(machine)


@pytest.mark.parametrize("field", ACCOUNT_FIELDS)
def test_an_account_keeps_its_ranges(machine: Machine, field: str) -> None:
    for value in (-1, 2 ** BITS.get(field, 63)):
        bad = Account(id=4, ledger=156, code=1)
        setattr(bad, field, value)
        with pytest.raises(ValueError, match=rf"{field} is {value}\b"):
            machine.create_accounts([Account(id=3, ledger=156, code=1), bad], NOW + 2)
    nothing_happened(machine)


@pytest.mark.parametrize("field", TRANSFER_FIELDS)
def test_the_greatest_value_of_each_field_is_an_event(machine: Machine, field: str) -> None:
    great = sound(10)
    setattr(great, field, 2 ** BITS.get(field, 63) - 1)
    assert len(machine.create_transfers([great], NOW + 1)) == 1


@pytest.mark.parametrize("field", ACCOUNT_FIELDS)
def test_the_greatest_value_of_each_field_is_an_account_event(machine: Machine, field: str) -> None:
    great = Account(id=3, ledger=156, code=1)
    setattr(great, field, 2 ** BITS.get(field, 63) - 1)
    assert len(machine.create_accounts([great], NOW + 1)) == 1


def test_a_batch_has_at_most_so_many_events(machine: Machine) -> None:
    with pytest.raises(ValueError, match=str(BATCH_MAX + 1)):
        machine.create_transfers([sound(10 + i) for i in range(BATCH_MAX + 1)], NOW + BATCH_MAX + 1)
    accounts = [Account(id=3 + i, ledger=156, code=1) for i in range(BATCH_MAX + 1)]
    with pytest.raises(ValueError, match=str(BATCH_MAX + 1)):
        machine.create_accounts(accounts, NOW + BATCH_MAX + 1)
    nothing_happened(machine)
    statuses = machine.create_transfers([sound(10 + i) for i in range(BATCH_MAX)], NOW + 1 + BATCH_MAX)
    assert statuses == [CreateTransferStatus.created] * BATCH_MAX


@pytest.mark.parametrize("timestamp", [NOW - 1, NOW, NOW + 1, -1, 0, 1, 2**63, 2**63 + 1])
def test_time_rises_with_every_event_until_it_ends(machine: Machine, timestamp: int) -> None:
    with pytest.raises(ValueError, match=rf"{timestamp}\b"):
        machine.create_transfers([sound(10), sound(11)], timestamp)
    nothing_happened(machine)


def test_an_empty_batch_neither_happens_nor_moves_time(machine: Machine) -> None:
    assert machine.create_transfers([], NOW - 5) == []
    assert machine.create_accounts([], NOW + 5) == []
    assert machine.create_transfers([sound(10)], NOW + 1) == ["created"]


def test_an_expiry_for_which_there_is_no_time_left_forgets_nothing(machine: Machine) -> None:
    hold = sound(10)
    hold.flags, hold.timeout = 2, 1
    machine.create_transfers([hold], NOW + 1)
    machine.create_transfers([sound(11)], NOW + 3 * 10**9)
    with pytest.raises(ValueError, match=r"timestamp"):
        machine.expire(NOW + 2 * 10**9)
    machine.expire(NOW + 4 * 10**9)
    account = machine.account(1)
    assert account is not None
    assert (account.debits_pending, account.debits_posted) == (0, 5)


def test_the_wrong_kind_of_event_is_named(machine: Machine) -> None:
    mixed: list[Any] = [sound(10), Account(id=3, ledger=156, code=1)]
    with pytest.raises(ValueError, match="1 of the batch is Account"):
        machine.create_transfers(mixed, NOW + 2)
    with pytest.raises(ValueError, match="0 of the batch is Transfer"):
        machine.create_accounts(mixed, NOW + 2)
    nothing_happened(machine)


def nothing_happened(machine: Machine) -> None:
    assert [machine.transfer(10), machine.transfer(11), machine.account(3), machine.account(4)] == [None] * 4
    for account_id in (1, 2):
        account = machine.account(account_id)
        assert account is not None
        assert account.debits_posted == account.credits_posted == 0
    assert machine.create_accounts([Account(id=1, ledger=156, code=1)], NOW + 1) == ["exists"]
