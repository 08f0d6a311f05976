"""What a bench says: figures, the conditions under which they were taken, and both as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Work:
    """A row of the ledger's bench, before it is measured."""

    name: str
    does: str
    batch: int
    """Transfers in one batch."""
    accounts: int
    required: int
    """Transfers a second that the book must reach on two cores."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A row, measured. Rates are the median of the rounds; latencies are those of all batches."""

    work: Work
    transfers_per_s: int
    p50_ms: float
    p99_ms: float
    created: int
    refused: int
    python_us: float
    """Processor time of this process for one transfer, microseconds."""
    postgresql_us: float | None
    """The same of the server, all its processes; None where they cannot be seen."""
    cores_elsewhere: float | None = None
    """How many cores other programs used meanwhile; None where that cannot be seen."""


@dataclass(frozen=True, kw_only=True)
class PeerFigure:
    """Another ledger, measured on the same machine in the same run."""

    name: str
    version: str
    workload: str
    transfers_per_s: int


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a run of the ledger's bench has to say."""

    settings: Mapping[str, Any]
    figures: Sequence[Figure]
    peers: Sequence[PeerFigure]

    def required_of(self, figure: Figure) -> int:
        """What a row must reach: two-phase transfers half of what plain ones did in the same run."""
        if figure.work.name == "two_phase":
            uniform = [other.transfers_per_s for other in self.figures if other.work.name == "uniform"]
            return max([figure.work.required, *(rate // 2 for rate in uniform)])
        return figure.work.required

    @property
    def cores_elsewhere(self) -> float | None:
        """How many cores other programs used, in the row that they disturbed most."""
        return max((f.cores_elsewhere for f in self.figures if f.cores_elsewhere is not None), default=None)

    def as_json(self) -> dict[str, Any]:
        """The documented shape."""
        return {
            "settings": {**self.settings, "cores_used_by_other_programs": self.cores_elsewhere},
            "rows": [
                {
                    "name": figure.work.name,
                    "batch": figure.work.batch,
                    "accounts": figure.work.accounts,
                    "transfers_per_s": figure.transfers_per_s,
                }
                for figure in self.figures
            ],
            "peers": [
                {
                    "name": peer.name,
                    "version": peer.version,
                    "workload": peer.workload,
                    "transfers_per_s": peer.transfers_per_s,
                }
                for peer in self.peers
            ],
        }
