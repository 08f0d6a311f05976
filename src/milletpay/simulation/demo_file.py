"""`demo.json`: who lives in the town, with keys, PINs and tokens, for whoever wants to try it."""

import json
import os
from pathlib import Path
from typing import Any

from milletpay.customers import CUSTOMER_ID, DEVICE_ID
from milletpay.merchants import MERCHANT_ID, TERMINAL_ID
from milletpay.payments import AGREEMENT_ID
from milletpay.simulation.settled import Town


def write_demo(town: Town, *, path: Path, gateway: str) -> None:
    """Write the file, for its owner alone, whole or not at all; the same again changes nothing.

    `gateway` is where card terminals speak.
    """
    text = json.dumps(_as_json(town, gateway=gateway), ensure_ascii=False, indent=1) + "\n"
    if path.exists() and path.read_text("utf-8") == text and path.stat().st_mode & 0o777 == 0o600:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".json.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _as_json(town: Town, *, gateway: str) -> dict[str, Any]:
    card, till = town.counter.terminal, town.counter.till
    return {
        "base_url": town.base_url,
        "operator": {"login": town.operator.login, "password": town.operator.password},
        "merchants": [
            {
                "id": MERCHANT_ID.write(seller.partner.id),
                "name": seller.partner.names.en,
                "secret_key": seller.secret_key,
                "publishable_key": seller.publishable_key,
            }
            for seller in town.sellers
        ],
        "card_terminals": {
            "gateway": gateway,
            "terminals": [
                {
                    "id": TERMINAL_ID.write(card.terminal.id),
                    "merchant": MERCHANT_ID.write(card.terminal.merchant),
                    "number": card.terminal.tid,
                    "master_key": card.master_key.hex(),
                }
            ],
        },
        "tills": [
            {
                "id": TERMINAL_ID.write(till.terminal.id),
                "merchant": MERCHANT_ID.write(till.terminal.merchant),
                "cashier": {"number": till.number, "pin": till.pin},
            }
        ],
        "customers": [
            {
                "id": CUSTOMER_ID.write(buyer.person.id),
                "name": buyer.person.name,
                "phone": buyer.person.phone,
                "pin": buyer.person.pin,
                "token": buyer.token,
                "agreements": [
                    {"id": AGREEMENT_ID.write(signed.id), "merchant": MERCHANT_ID.write(signed.merchant)}
                    for signed in buyer.agreements
                ],
                "devices": [{"id": DEVICE_ID.write(box.id), "token": box.token} for box in buyer.boxes],
            }
            for buyer in town.buyers
        ],
    }
