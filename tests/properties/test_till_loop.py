"""The loop of a till against a server, with whatever can happen in between: both know the same end."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milletpay.terminals.till_loop import (
    GIVE_UP_AFTER,
    Attempt,
    End,
    Phase,
    Said,
    Step,
    answered,
    begin,
    given_up,
    next_step,
    resumed,
    sending,
    ticked,
    unanswered,
)

PAID_ALREADY = 409


@dataclass
class Shop:
    """The server, as far as one reference goes: at most one payment, and a mark that a reversal leaves."""

    chance: Random
    status: str | None = None
    marked: bool = False
    refusing: bool = False
    takings: int = 0

    def serve(self, step: Step) -> Said:
        if self.chance.random() < 0.1:
            return Said(status=self.chance.choice((429, 503, 500)))
        match step:
            case Step.PAY:
                return self._pay()
            case Step.ASK:
                return Said(status=200, payment=self.status)
            case _:
                return self._reverse()

    def _pay(self) -> Said:
        if self.status is None:
            if self.refusing or self.chance.random() < 0.05:
                return Said(status=409, code="merchant_not_active")
            wish = self.chance.choice(("succeeded", "failed", "processing", "processing"))
            self._become("failed" if self.marked else wish)
        return Said(status=402 if self.status == "failed" else 201, payment=self.status)

    def _reverse(self) -> Said:
        if self.status is None:
            self.marked = True
            return Said(status=200)
        if self.status in {"succeeded", "processing"}:
            if self.chance.random() < 0.1:
                return Said(status=PAID_ALREADY, code="merchant_lacks_funds")
            self._become("reversed")
        return Said(status=200, payment=self.status)

    def decide(self) -> None:
        """The payer answers on the phone, or its time runs out."""
        if self.status == "processing":
            self._become(self.chance.choice(("succeeded", "failed", "expired")))

    def _become(self, status: str) -> None:
        self.takings += (status == "succeeded") - (self.status == "succeeded")
        self.status = status


@dataclass
class Story:
    """A till, a shop, and what is between them. `journal` is all that outlives the till."""

    chance: Random
    journal: Attempt
    shop: Shop
    now: int = 0
    ways: list[Step] = field(default_factory=list)
    """Requests on their way; some arrive long after the till has stopped waiting for them."""

    def crashes(self) -> bool:
        if self.chance.random() >= 0.08:
            return False
        self.now += self.chance.choice((0, 500, 60_000))
        self.journal = resumed(self.journal, now=self.now)
        return True

    def turn(self) -> None:
        """One step of the till, with all that may go wrong in it."""
        self.journal = ticked(self.journal, now=self.now)
        if self.chance.random() < 0.03:
            self.journal = given_up(self.journal, now=self.now)
        step = next_step(self.journal, now=self.now)
        if step is Step.WAIT:
            self.now = self.journal.next_at
            return
        self.journal = sending(self.journal, step, now=self.now)
        if self.crashes():
            return
        self.ways.append(step)
        self.now += self.chance.randrange(50)
        fate = self.chance.random()
        if fate < 0.25:
            # No answer: lost on the way there, on the way back, or only late.
            if self.chance.random() < 0.5:
                self.ways.pop()
            elif self.chance.random() < 0.5:
                self.shop.serve(self.ways.pop())
            self.now += 2_000
            if not self.crashes():
                self.journal = unanswered(self.journal)
            return
        said = self.shop.serve(self.ways.pop())
        if not self.crashes():
            self.journal = answered(self.journal, step, said)
            self.crashes()

    def surroundings(self) -> None:
        """What happens beside it."""
        if self.chance.random() < 0.2:
            self.shop.decide()
        if self.ways and self.chance.random() < 0.2:
            self.shop.serve(self.ways.pop(self.chance.randrange(len(self.ways))))

    def run(self) -> None:
        for _ in range(5_000):
            if self.journal.phase is Phase.ENDED:
                break
            self.turn()
            self.surroundings()
        assert self.journal.phase is Phase.ENDED
        # Long after the end the last of what was sent arrives, and payers answer.
        for step in self.ways:
            self.shop.serve(step)
        self.shop.decide()


EXPECTED: dict[End, set[str | None]] = {
    End.PAID: {"succeeded"},
    End.DECLINED: {"failed"},
    End.REFUSED: {None},
    End.UNDONE: {"reversed", "expired", "failed", None},
}


def play(seed: int) -> Story:
    chance = Random(seed)
    attempt = begin(reference="00000001-1", key="k", body="{}", now=0)
    story = Story(
        chance=chance, journal=attempt, shop=Shop(chance=chance, refusing=chance.random() < 0.1), now=0
    )
    story.run()
    end = story.journal.end
    assert end is not None
    assert story.shop.status in EXPECTED[end], (seed, end, story.shop)
    assert story.shop.takings == (1 if end is End.PAID else 0)
    return story


@given(st.integers(min_value=0))
def test_both_sides_know_the_same_end(seed: int) -> None:
    play(seed)


def test_five_thousand_stories_have_every_end() -> None:
    ends = Counter(play(seed).journal.end for seed in range(5_000))
    assert set(ends) == set(End)
    assert min(ends.values()) > 20, ends


def started() -> Attempt:
    attempt = begin(reference="r", key="k", body="{}", now=0)
    return sending(attempt, Step.PAY, now=0)


def test_at_45_seconds_it_reverses_and_nothing_else_counts() -> None:
    asking = answered(started(), Step.PAY, Said(status=201, payment="processing"))
    assert (asking.phase, next_step(asking, now=2_999)) == (Phase.ASKING, Step.WAIT)
    assert next_step(asking, now=3_000) is Step.ASK
    assert ticked(asking, now=GIVE_UP_AFTER - 1) == asking
    reversing = ticked(asking, now=GIVE_UP_AFTER)
    assert next_step(reversing, now=GIVE_UP_AFTER) is Step.REVERSE
    # The payer approved at the last moment: the reversal still wins.
    assert answered(reversing, Step.ASK, Said(status=200, payment="succeeded")) == reversing
    unknown = sending(reversing, Step.REVERSE, now=GIVE_UP_AFTER)
    assert next_step(unanswered(unknown), now=GIVE_UP_AFTER + 3_000) is Step.REVERSE
    assert answered(unknown, Step.REVERSE, Said(status=200, payment="reversed")).end is End.UNDONE


def test_a_till_that_was_killed_never_sends_the_payment_again() -> None:
    again = resumed(started(), now=10_000)
    assert next_step(again, now=10_000) is Step.ASK
    nothing = answered(again, Step.ASK, Said(status=200))
    assert next_step(ticked(nothing, now=GIVE_UP_AFTER), now=GIVE_UP_AFTER) is Step.REVERSE
    # Nor is it the end when one of two requests is refused: the other may arrive.
    assert answered(again, Step.PAY, Said(status=409, code="merchant_not_active")).end is None


@pytest.mark.parametrize("code", ["reference_used", "idempotency_key_reused"])
def test_another_sale_of_that_name_is_left_alone(code: str) -> None:
    refused = answered(sending(started(), Step.PAY, now=9), Step.PAY, Said(status=409, code=code))
    assert (refused.end, next_step(ticked(refused, now=10**6), now=10**6)) == (End.REFUSED, Step.STOP)


def test_what_is_too_old_to_be_reversed_stands() -> None:
    late = given_up(started(), now=1)
    assert answered(late, Step.REVERSE, Said(status=409, code="too_late_to_reverse")).end is End.PAID
    assert answered(late, Step.REVERSE, Said(status=409, code="merchant_lacks_funds")) == late
