"""What a proof is, and what comes out of it: how much was looked at, and whatever is not as it must be.

A later package proves its own money the same way: it gives `bootstrap` a `Proof` that compares its objects
with their transfers.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from milletpay.ledger.head import Head
from milletpay.plumbing.database import Connection

NAMED_MAX: Final = 100
"""How many findings a proof names; the others it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    where: str
    """The batch, account, transfer or pool: `batch 17`."""
    what: str
    """What is wrong with it."""
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        """One line for people."""
        contrast = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"{self.where}: {self.what}{contrast}"


@dataclass(slots=True)
class Outcome:
    """What one proof saw. It grows while the proof goes on."""

    rows: dict[str, int] = field(default_factory=dict)
    """How many of each kind were looked at: `{"transfers": 1_000_000}`."""
    findings: list[Finding] = field(default_factory=list)
    """The first `NAMED_MAX` of them."""
    unnamed: int = 0
    """How many more there are."""
    remarks: list[str] = field(default_factory=list)
    """What is worth saying and proves nothing wrong."""

    def count(self, kind: str, *, number: int) -> None:
        """Add to the rows that were looked at."""
        self.rows[kind] = self.rows.get(kind, 0) + number

    def add(self, finding: Finding) -> None:
        """Note what is wrong."""
        if len(self.findings) < NAMED_MAX:
            self.findings.append(finding)
        else:
            self.unnamed += 1


Prove = Callable[[Connection], Awaitable[Outcome]]
"""Looks at the books through a connection that can only read, and that sees one moment of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One statement about the books, and how to find out whether it is true."""

    name: str
    claim: str
    """What holds when there is no finding, as a sentence."""
    prove: Prove


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A proof that was tried."""

    name: str
    claim: str
    rows: Mapping[str, int]
    findings: tuple[Finding, ...]
    unnamed: int
    remarks: tuple[str, ...]
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """The books at one moment, proof by proof."""

    head: Head
    """The last batch at that moment. Who keeps it can tell later whether the book was rewritten."""
    proofs: tuple[Proven, ...]
    duration_ns: int

    @property
    def clean(self) -> bool:
        """Whether all is proved: nothing was found."""
        return not self.findings

    @property
    def findings(self) -> list[Finding]:
        """All that was found and is named."""
        return [finding for proof in self.proofs for finding in proof.findings]

    def __str__(self) -> str:
        """The head, and what was found."""
        return "\n".join([f"the book at {self.head}", *map(str, self.findings)])


def name_account(id: int) -> str:
    """An account as findings write it; its id in the form that PostgreSQL and `millet trace` read."""
    return f"account {UUID(int=id)}"


def name_transfer(id: int, *, batch: int | None) -> str:
    """A transfer as findings write it, with the batch that holds it."""
    return f"transfer {UUID(int=id)} " + ("of no batch" if batch is None else f"of batch {batch}")
