"""`millet qr show` as people run it: a tree, or the refusal with its tag; no database is asked."""

import json
import subprocess
import sys
from typing import Any

from milletpay.codes import write_merchant_code
from tests.flows.millet_process import PATIENCE_SECONDS
from tests.tables.test_merchant_codes import LINKS, PLATE, SAMPLE, merchant_code


def show(payload: str, *, status: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "milletpay.apps.cli", "qr", "show", payload],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_a_payload_is_shown_as_a_tree() -> None:
    shown = show(SAMPLE)
    fields = {field["tag"]: field for field in shown["fields"]}
    assert (shown["format"], shown["ours"]) == ("emv", None)
    assert fields["59"] == {"tag": "59", "name": "merchant_name", "value": "BEST TRANSPORT"}
    assert fields["64"]["fields"][1] == {"tag": "64.01", "name": "merchant_name", "value": "最佳运输"}
    assert [part["tag"] for part in fields["62"]["fields"]] == ["62.03", "62.06", "62.07", "62.09"]


def test_what_is_ours_is_named() -> None:
    plate = {"kind": "plate", "object": "plt_01kcd2pf2dbsqq10cjmetcbnq7"}
    assert show(write_merchant_code(merchant_code()))["ours"] == plate
    assert show(LINKS.write(PLATE)) == {"format": "link", "ours": plate}


def test_a_refusal_is_shown_with_its_tag() -> None:
    assert show(SAMPLE[:-1], status=1) == {
        "refused": "cut_short",
        "tag": "63",
        "reason": "63 should have 4 characters, and only 3 are left.",
    }
    assert show("https://example.com/", status=1)["refused"] == "not_a_tag"
