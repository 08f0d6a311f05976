"""Schemathesis tries the OpenAPI document out on the running server: every answer is as documented."""

from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.flows.conftest import OpenMarket
from tests.flows.market import Market

EXAMPLES = 10
"""Of each call, with what fits and with what does not."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def credential_of(operation: Any, open_market: OpenMarket) -> dict[str, str]:
    kinds = {name for one in operation.definition.raw.get("security", []) for name in one}
    if not kinds:
        return {}
    token = open_market.sellers[0].keys["secret"]
    if "secret_key" not in kinds:
        token = open_market.buyers[4].token
    return {"Authorization": f"Bearer {token}"}


def try_out(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> int:
    tried = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def calls(case: Any) -> None:
        nonlocal tried
        tried += 1
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable):  # there is nothing to say wrongly
        calls()
    return tried


async def test_every_answer_is_as_documented(open_market: OpenMarket, market: Market) -> None:
    schema: Any = schemathesis.openapi.from_url(f"http://127.0.0.1:{market.port}/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if "text/event-stream" in operation.definition.raw["responses"].get("200", {}).get("content", {}):
            continue  # it has no end
        for mode in GenerationMode:
            tried += try_out(operation, mode, credential_of(operation, open_market))
    print(f"{tried} requests")
    assert tried > 300
