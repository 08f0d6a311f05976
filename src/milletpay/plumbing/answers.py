"""Answers kept under idempotency keys: a request that comes again is answered as it was, and done once.

The caller's key is hashed together with who asks, in which mode, and what for; the raw body is hashed beside
it. The first answer is written in the transaction that has the effect, byte for byte, and kept as long as the
books are: the key and its effect are one. What is refused is not kept, as nothing was done.

* Work at the desk: wrap the command, `Once(asked=..., command=..., keep=...)`, and give the desk's business
  the part `KeptAnswers`. Requests with one key that arrive at once are put in order by the desk.
* Work in an ordinary transaction: `answer_once`. Requests with one key wait for each other.
* A package whose rows carry the hashes themselves needs neither; `ask` makes them.
"""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What makes a request known again; both are the first 128 bits of a SHA-256."""

    key: int
    """Of the key and its scope: the same for two requests of which the second is a retry."""
    body: int
    """Of the raw body: not the same for two requests that share a key by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer as it was first given."""

    status: int
    body: bytes


class Reused(Exception):
    """The key was used with another body before; nothing was done."""


def ask(*, owner: int, mode: str, method: str, path: str, key: str, body: bytes) -> Asked:
    """Hash what makes a request known again.

    :param owner: whose key it is: two owners may use the same text
    :param mode: `LIVE` or `TEST`: what is asked in one is never answered by the other
    """
    # The key has no NUL, nor have the first three: so no two scopes are written the same, whatever the path.
    scope = f"{owner:x}\0{mode}\0{method}\0{path}\0{key}".encode()
    return Asked(
        key=int.from_bytes(hashlib.sha256(scope).digest()[:16]),
        body=int.from_bytes(hashlib.sha256(body).digest()[:16]),
    )
