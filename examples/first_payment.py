"""One payment, for real: asked for over HTTP, decided, written in the book, and a part of it given back.

    millet up --demo --data data
    python examples/first_payment.py data

`examples/first_payment.out` is what it prints in a new town, with ids and times put plainly.
"""

import http.client
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Api:
    """The API, as one merchant calls it."""

    def __init__(self, base_url: str, *, key: str) -> None:
        self._address = urlsplit(base_url).netloc
        self._key = key

    def call(
        self, method: str, path: str, said: dict[str, Any] | None = None, *, once: str = ""
    ) -> dict[str, Any]:
        """Ask, print what was asked and answered, and give the answer. `once` is the idempotency key."""
        headers = {"Authorization": f"Bearer {self._key}"}
        if once:
            headers["Idempotency-Key"] = once
        connection = http.client.HTTPConnection(self._address, timeout=10)
        connection.request(method, path, None if said is None else json.dumps(said), headers)
        answer = connection.getresponse()
        found: dict[str, Any] = json.load(answer)
        connection.close()
        print(f"{method} {path}" + (f" {json.dumps(said)}" if said else ""))
        print(
            f"  {answer.status}{' (again)' if answer.headers['Idempotent-Replayed'] else ''} {_brief(found)}"
        )
        return found


def _brief(found: dict[str, Any]) -> str:
    """What of an answer the story is about."""
    told = ("id", "status", "amount", "amount_captured", "amount_refunded", "fee", "fee_returned", "pending")
    return ", ".join(f"{name} {found[name]}" for name in told if name in found)


def trace(id: str, *, data: Path) -> list[str]:
    """What the book knows of a payment, or of one transfer."""
    command = [sys.executable, "-m", "milletpay.apps.cli", "trace", id, "--data", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def show_legs(id: str, *, data: Path) -> None:
    """Print each transfer of a payment: why, how much, and between which kinds of accounts."""
    for line in reversed(trace(id, data=data)[1:]):
        _, _, _, reason, amount, transfer = re.split(r" {2,}", line)
        lines = trace(transfer.split()[0], data=data)
        kinds = {
            above.split()[1]: below.split()[0]
            for above, below in itertools.pairwise(lines)
            if above.startswith("Account")
        }
        debit, credit = (
            kinds[text.split()[1]] for text in lines if text.startswith(("  debit ", "  credit "))
        )
        print(f"  {amount:>6}  {debit} -> {credit}, {reason}{' (linked)' if 'linked' in transfer else ''}")


def tell(data: Path) -> None:
    """Tell the story."""
    town = json.loads((data / "demo.json").read_text(encoding="utf-8"))
    games = town["merchants"][1]
    agreement = next(
        signed["id"]
        for customer in town["customers"]
        for signed in customer["agreements"]
        if signed["merchant"] == games["id"]
    )
    api = Api(town["base_url"], key=games["secret_key"])

    print("A customer buys for 12.50 yuan; the shop charges under the agreement that the customer signed.")
    order = {
        "amount": 12_50,
        "currency": "CNY",
        "reference": "order-1",
        "payer": {"agreement": agreement},
    }
    payment = api.call("POST", "/v1/payments", order, once="first try")

    print("\nThe shop did not hear the answer and asks again, with the same key: nothing is done twice.")
    api.call("POST", "/v1/payments", order, once="first try")

    print("\nOne thing was broken: 5 yuan go back, with their share of the fee.")
    refund = {"payment": payment["id"], "amount": 5_00, "reference": "order-1-back"}
    api.call("POST", "/v1/refunds", refund, once="first refund")

    print("\nThe payment as it stands, and what the shop is owed:")
    api.call("GET", f"/v1/payments/{payment['id']}")
    api.call("GET", "/v1/balance")

    print("\nThe same in the book, from the account debited to the one credited, in fen:")
    show_legs(payment["id"], data=data)


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
