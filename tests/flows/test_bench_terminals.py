"""`millet bench terminals` measures purchases at card terminals, and prints what is documented."""

import json
import subprocess
import sys
from typing import Any

from milletpay.benches.terminals import TerminalWork


def test_what_is_asked_for() -> None:
    work = TerminalWork()
    assert (work.required_per_s, work.p99_ms_max) == (1_000, 100)
    assert work.due_per_s > work.required_per_s


def test_json_is_all_that_is_printed_and_has_the_documented_shape() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "milletpay.apps.cli", "bench", "terminals", "--json"),
            *("--seconds", "0.1", "--terminals", "20", "--customers", "600"),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert list(printed) == ["settings", "rows"]
    (row,) = printed["rows"]
    assert list(row) == ["name", "terminals", "purchases_per_s", "p50_ms", "p99_ms"]
    assert row["terminals"] == printed["settings"]["terminals"] == 20
    assert 0 < row["p50_ms"] <= row["p99_ms"]
    assert printed["settings"]["server"]["synchronous_commit"] == "on"
