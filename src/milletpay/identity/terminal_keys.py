"""Terminal keys: what a till or card terminal shows. Each call belongs into a transaction of the caller's."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from milletpay.identity.model import CredentialKind, KeyId, Place, RateClass
from milletpay.identity.tokens import Secret, new_token, token_hash
from milletpay.ledger.chart import Mode
from milletpay.plumbing.database import Connection
from milletpay.plumbing.ids import Entropy
from milletpay.plumbing.statements import load_statements

SQL: Final = load_statements("milletpay.identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTerminalKey:
    """A key that a terminal is about to be given; the secret is told only to the terminal."""

    id: KeyId
    secret: Secret
    mode: Mode


def draw_terminal_key(*, id: KeyId, mode: Mode, entropy: Entropy) -> NewTerminalKey:
    """Draw a key; it is good once `give_terminal_key` has written it."""
    return NewTerminalKey(
        id=id, secret=new_token(CredentialKind.TERMINAL_KEY, mode=mode, entropy=entropy), mode=mode
    )


async def give_terminal_key(
    connection: Connection,
    *,
    key: NewTerminalKey,
    merchant: int,
    place: Place,
    now: int,
    rate_class: RateClass = RateClass.STANDARD,
) -> None:
    """Make a key the only one of its terminal."""
    await revoke_terminal_keys(connection, terminals=[place.terminal], now=now)
    await connection.execute(
        SQL["add_terminal_key"],
        key.id,
        token_hash(key.secret.reveal()),
        merchant,
        key.mode is Mode.LIVE,
        place.store,
        place.terminal,
        place.references,
        rate_class.number,
        now,
    )


async def revoke_terminal_keys(connection: Connection, *, terminals: Collection[int], now: int) -> None:
    """Take back the keys of terminals, at once."""
    if await connection.fetch(SQL["revoke_terminal_keys"], terminals, now):
        await connection.execute(SQL["revise"])
