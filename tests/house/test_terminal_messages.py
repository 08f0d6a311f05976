"""docs/protocols/terminal_messages.md says what the code does: its tables are those of the code."""

import re

from milletpay.payments.model import Decline, Refusal
from milletpay.terminals.messages.fields import FIELDS
from milletpay.terminals.messages.framing import FRAME_MAX
from milletpay.terminals.messages.kinds import Management
from milletpay.terminals.messages.layouts import LAYOUTS, Processing
from milletpay.terminals.messages.responses import FINAL, ResponseCode
from milletpay.terminals.outcomes import OF_DECLINES, OF_REFUSALS
from tests.house.documents import document

TEXT = document("docs/protocols/terminal_messages.md").text


def rows(header: str) -> list[list[str]]:
    """The rows of the table with this header."""
    table = TEXT.partition(f"\n| {header} |\n")[2]
    assert table, f"there is no table with the header {header}"
    body = re.match(r"\|[-|]+\|\n((?:\|.*\|\n)*)", table)
    assert body is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body[1].splitlines()]


def test_elements() -> None:
    said = [row[:3] for row in rows("element | name | format | content")]
    assert said == [[str(field.number), field.name, field.format] for field in FIELDS.values()]


def test_messages() -> None:
    def written(numbers: tuple[int, ...]) -> str:
        return ", ".join(map(str, numbers))

    said = rows("message | types | element 3 | elements | answer | elements of the answer")
    assert said == [
        [
            layout.name,
            ", ".join(layout.types),
            ", ".join(layout.processing) or "none",
            written(layout.fields),
            layout.answer,
            written(layout.answered),
        ]
        for layout in LAYOUTS
    ]


def test_codes() -> None:
    assert rows("element 3 | means") == [[code.value, code.name] for code in Processing]
    assert rows("code | means") == [[f"{code:03}", code.name] for code in Management]
    said = rows("code | name | meaning | kept")
    kept = [[code.value, code.name, "yes" if code in FINAL else "no"] for code in ResponseCode]
    assert [[code, name, last] for code, name, _, last in said] == kept
    assert f"at most {FRAME_MAX}" in TEXT


def test_every_decline_and_refusal_of_a_payment_has_a_code() -> None:
    assert set(OF_DECLINES) == set(Decline)
    assert set(OF_REFUSALS) == set(Refusal)
    said = {name: code for names, code in rows("of payments | code") for name in names.split(", ")}
    both = {str(name): code for codes in (OF_REFUSALS, OF_DECLINES) for name, code in codes.items()}
    # A few words are in both: then both have one code.
    assert all(
        OF_DECLINES[Decline(name)] == OF_REFUSALS[Refusal(name)] for name in set(Decline) & set(Refusal)
    )
    assert said == {name: code.value for name, code in both.items()}
