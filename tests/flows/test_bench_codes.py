"""`millet bench codes` recognizes what phones show and nothing else, and prints what is documented."""

import json
import subprocess
import sys
from typing import Any


def test_json_is_all_that_is_printed_and_has_the_documented_shape() -> None:
    command = (sys.executable, "-m", "milletpay.apps.cli", "bench", "codes", "--json")
    done = subprocess.run(
        [*command, "--phones", "3000", "--codes", "500"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    assert list(printed) == ["settings", "rows"]
    assert [row["name"] for row in printed["rows"]] == ["met for the first time", "met before", "nobody's"]
    for row in printed["rows"]:
        assert list(row) == ["name", "codes", "python_us", "postgresql_us"]
        assert row["codes"] == 500
    assert printed["settings"]["phones"] == 3_000
