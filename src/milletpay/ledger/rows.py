"""The bytes of the book: one form for the database, for the digest, and for memory.

An account or transfer is packed once, as the row that PostgreSQL's binary COPY takes: a count of columns,
then each column as its length and its big-endian value. The same bytes go into the digest of the batch, and
the machine keeps them instead of an object. Packing is also the check that every value is an integer of its
width.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter

from milletpay.ledger.model import (
    Account,
    AccountFlags,
    PendingStatus,
    Resolution,
    Standing,
    Transfer,
    TransferFlags,
)

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What precedes the rows of a binary COPY: its signature, no flags, no extension."""

COPY_TRAILER = b"\xff\xff"
"""What follows the rows of a binary COPY."""

_ACCOUNT = struct.Struct(">hi16si16siQiIiIiHiHiq")
_TRANSFER = struct.Struct(">hi16si16si16siqi16si16siQiIiIiIiHiHiq")
_TRANSFER_VALUES = struct.Struct(">6x16s4x16s4x16s4xq4x16s4x16s4xQ4xI4xI4xI4xH4xH4xq")
"""The same without the count of columns and their lengths."""

_RESOLUTION = struct.Struct(">hi16sihiq")
_BURNT = struct.Struct(">hi16siq")
_BALANCE = struct.Struct(">16sqqqq?")

Balances = tuple[int, int, int, int]
"""Debits pending and posted, credits pending and posted: the order of `Account`."""

ACCOUNT_SIZE = _ACCOUNT.size
TRANSFER_SIZE = _TRANSFER.size
RESOLUTION_SIZE = _RESOLUTION.size
BURNT_SIZE = _BURNT.size
BALANCE_SIZE = _BALANCE.size

PENDING_CODES = {PendingStatus.posted: 1, PendingStatus.voided: 2, PendingStatus.expired: 3}
"""How the end of a pending transfer is written in a row."""

PENDING_STATUSES = {code: status for status, code in PENDING_CODES.items()}
"""How to read it."""

# To make one takes as long as to unpack the rest of a row.
_transfer_flags = cache(TransferFlags)

_ACCOUNT_FIELDS = {
    "id": 128,
    "debits_pending": 63,
    "debits_posted": 63,
    "credits_pending": 63,
    "credits_posted": 63,
    "user_data_128": 128,
    "user_data_64": 64,
    "user_data_32": 32,
    "ledger": 32,
    "code": 16,
    "flags": 16,
    "timestamp": 63,
}
_TRANSFER_FIELDS = {
    "id": 128,
    "debit_account_id": 128,
    "credit_account_id": 128,
    "amount": 63,
    "pending_id": 128,
    "user_data_128": 128,
    "user_data_64": 64,
    "user_data_32": 32,
    "timeout": 32,
    "ledger": 32,
    "code": 16,
    "flags": 16,
    "timestamp": 63,
}


class NotAnEvent(ValueError):
    """A batch that cannot be an input of the book: too many events, or a value out of its range."""


class NotAnInteger(NotAnEvent, TypeError):
    """A value that is not an integer. Amounts are integers of minor units, ids are integers of 128 bits."""


def pack_accounts(events: Sequence[Account], *, first_timestamp: int) -> list[bytes]:
    """Pack account events as the rows that they become if they are created. A row carries no balances.

    :raises NotAnEvent: with the event's place, the field, its value and its range
    """
    pack = _ACCOUNT.pack
    check = _BALANCE.pack
    try:
        for e in events:
            check(b"", e.debits_pending, e.debits_posted, e.credits_pending, e.credits_posted, 0)
            if min(e.debits_pending, e.debits_posted, e.credits_pending, e.credits_posted, e.timestamp) < 0:
                raise OverflowError
        return [
            pack(
                8,
                16, e.id.to_bytes(16),
                16, e.user_data_128.to_bytes(16),
                8, e.user_data_64,
                4, e.user_data_32,
                4, e.ledger,
                2, e.code,
                2, e.flags,
                8, timestamp | e.timestamp,  # `|` takes integers only
            )
            for timestamp, e in enumerate(events, first_timestamp)
        ]  # fmt: skip
    except (AttributeError, TypeError, OverflowError, struct.error):
        raise _explained(events, Account, _ACCOUNT_FIELDS) from None


def pack_transfers(events: Sequence[Transfer], *, first_timestamp: int) -> list[bytes]:
    """Pack transfer events as the rows that they become if they are created as they stand.

    :raises NotAnEvent: with the event's place, the field, its value and its range
    """
    pack = _TRANSFER.pack
    try:
        if any([e.amount < 0 or e.timestamp for e in events]):  # noqa: C419 - a list is twice as fast
            _refuse_out_of_range(events, Transfer, _TRANSFER_FIELDS)
        return [
            pack(
                13,
                16, e.id.to_bytes(16),
                16, e.debit_account_id.to_bytes(16),
                16, e.credit_account_id.to_bytes(16),
                8, e.amount,
                16, e.pending_id.to_bytes(16),
                16, e.user_data_128.to_bytes(16),
                8, e.user_data_64,
                4, e.user_data_32,
                4, e.timeout,
                4, e.ledger,
                2, e.code,
                2, e.flags,
                8, timestamp | e.timestamp,
            )
            for timestamp, e in enumerate(events, first_timestamp)
        ]  # fmt: skip
    except (AttributeError, TypeError, OverflowError, struct.error):
        raise _explained(events, Transfer, _TRANSFER_FIELDS) from None


def pack_account(account: Account) -> bytes:
    """Pack one account with the timestamp that it has."""
    a = account
    return _ACCOUNT.pack(
        8,
        16, a.id.to_bytes(16),
        16, a.user_data_128.to_bytes(16),
        8, a.user_data_64,
        4, a.user_data_32,
        4, a.ledger,
        2, a.code,
        2, a.flags,
        8, a.timestamp,
    )  # fmt: skip


def pack_transfer(transfer: Transfer) -> bytes:
    """Pack one transfer with the timestamp that it has."""
    t = transfer
    return _TRANSFER.pack(
        13,
        16, t.id.to_bytes(16),
        16, t.debit_account_id.to_bytes(16),
        16, t.credit_account_id.to_bytes(16),
        8, t.amount,
        16, t.pending_id.to_bytes(16),
        16, t.user_data_128.to_bytes(16),
        8, t.user_data_64,
        4, t.user_data_32,
        4, t.timeout,
        4, t.ledger,
        2, t.code,
        2, t.flags,
        8, t.timestamp,
    )  # fmt: skip


def pack_resolving(t: Transfer, pending: Transfer, *, amount: int, timestamp: int) -> bytes:
    """Pack a transfer that posts or voids, with what it leaves open taken from the pending transfer."""
    p = pending
    return _TRANSFER.pack(
        13,
        16, t.id.to_bytes(16),
        16, p.debit_account_id.to_bytes(16),
        16, p.credit_account_id.to_bytes(16),
        8, amount,
        16, p.id.to_bytes(16),
        16, (t.user_data_128 or p.user_data_128).to_bytes(16),
        8, t.user_data_64 or p.user_data_64,
        4, t.user_data_32 or p.user_data_32,
        4, 0,
        4, p.ledger,
        2, p.code,
        2, t.flags,
        8, timestamp,
    )  # fmt: skip


def unpack_transfer(row: bytes) -> Transfer:
    """The transfer of a row."""
    v = _TRANSFER_VALUES.unpack(row)
    number = int.from_bytes
    return Transfer(
        number(v[0]),
        number(v[1]),
        number(v[2]),
        v[3],
        number(v[4]),
        number(v[5]),
        v[6],
        v[7],
        v[8],
        v[9],
        v[10],
        _transfer_flags(v[11]),
        v[12],
    )


def id_of(row: bytes) -> int:
    """The id of an account or transfer: the first column of its row."""
    return int.from_bytes(row[6:22])


def greatest_id(rows: Iterable[bytes]) -> int:
    """The greatest id of these rows, 0 if there are none."""
    return int.from_bytes(max(map(itemgetter(slice(6, 22)), rows), default=b""))


def timestamp_of(row: bytes) -> int:
    """The timestamp of an account or transfer: the last column of its row."""
    return int.from_bytes(row[-8:])


def unpack_account(row: bytes) -> Account:
    """The account of a row, with empty balances: those are kept apart."""
    v = _ACCOUNT.unpack(row)
    return Account(
        id=int.from_bytes(v[2]),
        user_data_128=int.from_bytes(v[4]),
        user_data_64=v[6],
        user_data_32=v[8],
        ledger=v[10],
        code=v[12],
        flags=AccountFlags(v[14]),
        timestamp=v[16],
    )


def pack_resolution(resolution: Resolution) -> bytes:
    """Pack the end of a pending transfer."""
    # By identity: to hash a member of an enum takes longer than all the rest.
    status = resolution.status
    code = 1 if status is PendingStatus.posted else 2 if status is PendingStatus.voided else 3
    return _RESOLUTION.pack(3, 16, resolution.pending_id.to_bytes(16), 2, code, 8, resolution.timestamp)


def pack_burnt(transfer_id: int, *, timestamp: int) -> bytes:
    """Pack an id that a transient refusal has burnt, with the timestamp of its event."""
    return _BURNT.pack(2, 16, transfer_id.to_bytes(16), 8, timestamp)


def pack_balances(standings: Iterable[Standing]) -> bytes:
    """The balances of accounts and whether they are closed, one after the other, for the tail."""
    pack = _BALANCE.pack
    return b"".join(
        [
            pack(
                s.id.to_bytes(16),
                s.debits_pending,
                s.debits_posted,
                s.credits_pending,
                s.credits_posted,
                s.closed,
            )
            for s in standings
        ]
    )


def unpack_balances(packed: bytes) -> Iterator[tuple[int, Balances, bool]]:
    """Per account: its id, its balances, and whether it is closed."""
    for id, *balances, closed in _BALANCE.iter_unpack(packed):
        yield int.from_bytes(id), tuple(balances), closed


def _explained(events: Sequence[Account | Transfer], kind: type, fields: dict[str, int]) -> NotAnEvent:
    """Find the value that could not be packed and say what is wrong with it."""
    try:
        _refuse_out_of_range(events, kind, fields)
    except NotAnEvent as refusal:
        return refusal
    raise AssertionError("a batch that does not pack holds a value that is out of range")


def _refuse_out_of_range(events: Sequence[Account | Transfer], kind: type, fields: dict[str, int]) -> None:
    for place, event in enumerate(events):
        where = f"{kind.__name__.lower()} {place} of the batch"
        if not isinstance(event, kind):
            raise NotAnEvent(f"{where} is {event!r}, of type {type(event).__name__}")
        for field, bits in fields.items():
            value = getattr(event, field)
            if not isinstance(value, int):
                raise NotAnInteger(
                    f"{where}: {field} is {value!r}, of type {type(value).__name__}, not an integer"
                )
            if not 0 <= value < 2**bits:
                raise NotAnEvent(f"{where}: {field} is {value}: give an integer from 0 to {2**bits - 1}")
