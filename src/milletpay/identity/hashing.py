"""Hashing what people know: short secrets, so slowly that guessing from a stolen copy does not pay.

A PIN of six digits is guessed from any hash in a moment. So each secret first goes through a MAC under the
**pepper**, 256 bits of chance that the database's owner keeps and the application's login cannot read, and
then through argon2id. A copy of the tables without the pepper gives nothing away.
"""

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from milletpay.plumbing.migration import connect_owner
from milletpay.plumbing.roles import kept_secret

PEPPER_NAME: Final = "milletpay_pepper"
THREADS: Final = 2
"""How many secrets are hashed at once: each takes 19 MiB and a core for some 20 ms."""

_ARGON2: Final = PasswordHasher(
    # The second choice of OWASP's password storage cheat sheet (2025).
    time_cost=2,
    memory_cost=19 * 1024,
    parallelism=1,
    hash_len=32,
    salt_len=16,
    type=Type.ID,
)

_NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdC4u$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""What a secret is compared with where there is none, so that it takes as long."""


class Pepper:
    """The key of the MACs. It is not shown."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        assert len(key) >= 16, "a pepper is at least 128 bits"
        self._key = key

    def mac(self, text: str, *, purpose: str, owner: str) -> bytes:
        """HMAC-SHA256 of a text, for one purpose and owner: the same text of another gives another."""
        message = b"\0".join(part.encode() for part in (purpose, owner, text))
        return hmac.digest(self._key, message, "sha256")

    def reveal(self) -> str:
        """The key as text, for the order to a process of ours; `Pepper.of` reads it."""
        return self._key.decode()

    @classmethod
    def of(cls, text: str) -> "Pepper":
        """The pepper of an order."""
        return cls(text.encode())

    def __repr__(self) -> str:
        return "Pepper(...)"


async def open_pepper(*, owner_url: str) -> Pepper:
    """Read the pepper of these books as their owner; it is drawn when it is asked for the first time.

    Refuses as `connect_owner` does.
    """
    connection = await connect_owner(owner_url)
    try:
        return Pepper((await kept_secret(connection, name=PEPPER_NAME)).encode())
    finally:
        await connection.close()


class Hasher:
    """Hashes and compares, in threads of its own: the event loop goes on meanwhile."""

    def __init__(self, pepper: Pepper) -> None:
        self.pepper: Final = pepper
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="argon2")

    async def hash(self, secret: str, *, purpose: str, owner: int) -> str:
        """What is kept of a secret: argon2id in its usual form, with parameters and salt."""
        mac = self.pepper.mac(secret, purpose=purpose, owner=f"{owner:x}")
        return await asyncio.get_running_loop().run_in_executor(self._threads, _ARGON2.hash, mac)

    async def matches(self, secret: str, *, kept: str | None, purpose: str, owner: int) -> bool:
        """Whether this is the secret that was kept; never where none was, and that takes as long to say."""
        mac = self.pepper.mac(secret, purpose=purpose, owner=f"{owner:x}")
        loop = asyncio.get_running_loop()
        same = await loop.run_in_executor(self._threads, _verify, kept or _NOBODYS, mac)
        return same and kept is not None

    def close(self) -> None:
        """Let the threads go when they are done."""
        self._threads.shutdown(wait=False)


def _verify(kept: str, mac: bytes) -> bool:
    try:
        return _ARGON2.verify(kept, mac)
    except VerifyMismatchError:
        return False
