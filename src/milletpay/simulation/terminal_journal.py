"""What a card terminal remembers through a power cut: lines that are only added, and what they come to."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from milletpay.terminals import Original, ResponseCode, Totals

TAKING = {"purchase", "authorize"}
"""What is reversed when its end is not known; everything else is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message of the terminal, as far as it knows."""

    batch: int
    stan: int
    kind: str
    amount: int
    original: Original | None = None
    code: ResponseCode | None = None
    """As it was answered; None while the end is not known."""
    undone: bool = False

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return self.code is ResponseCode.APPROVED and not self.undone

    @property
    def is_pending(self) -> bool:
        """Whether the terminal must find out how it ended before it sells again."""
        return not self.undone and self.code in {None, ResponseCode.IN_PROGRESS}


@dataclass(slots=True)
class Journal:
    """The lines, and what they come to; a new one of the same lines knows the same."""

    lines: list[str] = field(default_factory=list)
    batch: int = 0
    records: dict[tuple[int, int], Record] = field(default_factory=dict)

    @classmethod
    def read(cls, lines: list[str]) -> "Journal":
        """The journal of a terminal that has forgotten everything else."""
        journal = cls()
        for line in lines:
            journal.add(**json.loads(line))
        return journal

    def add(self, **line: Any) -> None:  # noqa: ANN401 - the words of a line
        """Write a line, and know what it says."""
        self.lines.append(json.dumps(line))
        match line:
            case {"do": "open", "batch": batch}:
                self.batch = batch
            case {"do": "send", "batch": batch, "stan": stan, "kind": kind, "amount": amount}:
                about = line.get("original")
                original = None if about is None else Original(**about)
                self.records[batch, stan] = Record(
                    batch=batch, stan=stan, kind=kind, amount=amount, original=original
                )
            case {"do": "answer", "batch": batch, "stan": stan, "code": code}:
                self._change(batch, stan, code=ResponseCode(code))
            case {"do": "undo", "batch": batch, "stan": stan}:
                self._change(batch, stan, undone=True)
            case _:
                raise AssertionError(line)

    @property
    def next_stan(self) -> int:
        """The number of the next message in the open batch."""
        return max((stan for batch, stan in self.records if batch == self.batch), default=0) + 1

    @property
    def pending(self) -> list[Record]:
        """What the terminal must find out first, the oldest first."""
        return [record for record in self.records.values() if record.is_pending]

    def counted(self, batch: int) -> list[Record]:
        """What counts in a batch."""
        kinds = {"purchase", "complete", "refund"}
        return [r for r in self.records.values() if r.batch == batch and r.stands and r.kind in kinds]

    def totals(self, batch: int) -> Totals:
        """What a batch comes to."""
        given = [r.amount for r in self.counted(batch) if r.kind == "refund"]
        taken = [r.amount for r in self.counted(batch) if r.kind != "refund"]
        return Totals(debits=sum(taken), debit_count=len(taken), credits=sum(given), credit_count=len(given))

    def _change(self, batch: int, stan: int, **changed: Any) -> None:  # noqa: ANN401 - fields of a record
        self.records[batch, stan] = replace(self.records[batch, stan], **changed)
