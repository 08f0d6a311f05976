"""What every OpenAPI document of ours must hold: it is valid, complete, and its examples fit its schemas."""

from collections.abc import Iterator
from typing import Any

from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from milletpay.apps.http.kernel import Kernel
from milletpay.apps.http.openapi import operation_id
from milletpay.apps.http.problems import Problems


def check_document(document: dict[str, Any], *, kernel: Kernel, problems: Problems) -> None:
    """Check a document against the routes that it is about."""
    assert not [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()]
    routes = {operation_id(route): route for table in kernel.tables for route in table.routes if route.tag}
    operations = {one["operationId"]: one for _, one in operations_of(document)}
    assert operations.keys() == routes.keys()
    for name, operation in operations.items():
        route = routes[name]
        assert route.summary, name
        assert {str(int(status)) for status in route.answers} <= operation["responses"].keys(), name
        assert {"500", "503"} <= operation["responses"].keys(), name
        if route.who:
            assert {"401", "403", "429"} <= operation["responses"].keys(), name
            assert operation["security"], name
        for status, response in operation["responses"].items():
            assert response["description"], (name, status)
            assert "Request-Id" in response["headers"], (name, status)
    tried = 0
    for place, schema, example in examples_of(document):
        errors = [error.message for error in _validator(schema, document).iter_errors(example)]
        assert not errors, (place, errors)
        tried += 1
    assert tried >= 2 * len(routes), "each has an answer and problems"
    for code, kind in problems.kinds.items():
        assert kind.advice.endswith("."), code
        assert kind.title, code
        assert 400 <= kind.status < 600, code


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def examples_of(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of a body, with its schema; a body or an answer without one is an error."""
    for place, operation in operations_of(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for said in (*bodies, *operation["responses"].values()):
            for media, content in said.get("content", {}).items():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                assert examples, (place, media)
                for example in examples:
                    yield place, content["schema"], example


def _validator(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    return OAS31Validator({**schema, "components": document["components"]})
