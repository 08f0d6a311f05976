"""The OpenAPI 3.1 document, from the same rows and types that serve the requests.

Every tagged route is in it, with each answer and each problem that it can give, and an example of each.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, get_args, get_origin

import msgspec

from milletpay.apps.http.endpoints import WITH_BODY, parameters_of
from milletpay.apps.http.problems import (
    BUSY,
    DEFECT,
    STILL_UNDER_WAY,
    UNKNOWN_OUTCOME,
    Problem,
    ProblemKind,
    Problems,
)
from milletpay.apps.http.refusals import EdgeRefusal
from milletpay.apps.http.routes import Media, Route, Surface, Table
from milletpay.apps.http.shapes import Input, ListOf, Output, structs_in
from milletpay.apps.http.streams import EventStream

VERSION: Final = "3.1.0"
EXAMPLE_DIGITS: Final = "01kdz9m4h0000g40r40m30e209"
SCHEMA: Final = "#/components/schemas/{name}"
PARAMETER: Final = "#/components/parameters/"
HEADER: Final = "#/components/headers/"

SIGNED: Final = {
    "webhook-id": "The event's id: the same for each attempt, so that what comes twice is known.",
    "webhook-timestamp": "Seconds since 1970 when this attempt was made.",
    "webhook-signature": "Of the id, the timestamp and the body, as Standard Webhooks says.",
}
STRING: Final = {"type": "string"}

Json = dict[str, Any]


class NameUsedTwice(ValueError):
    """Two types of one name: whoever reads the document could not tell which of them is meant."""


PARAMETERS: Final[Json] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A text of yours, new for each request: when the same request comes again under it, it"
        " is not done again, and the answer is the first one, byte for byte.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
        "example": "5f0c6f1e-0a5e-4a66-b1c9-1d2f8e3a9b11",
    },
}
HEADERS: Final[Json] = {
    "RequestId": {
        "description": "Names the request; tell it to us when you ask about one.",
        "schema": {"type": "string"},
        "example": f"req_{EXAMPLE_DIGITS}",
    },
    "ApiVersion": {"description": "The version that answered.", "schema": {"type": "string"}},
    "IdempotentReplayed": {
        "description": "`true` when the answer was given before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RetryAfter": {
        "description": "Seconds after which it helps to try again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "Challenge": {"description": "How to say who asks.", "schema": {"type": "string"}},
    "Allow": {"description": "The methods that are taken here.", "schema": {"type": "string"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A message that we send."""

    summary: str
    body: type[Output]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the document says beside the routes."""

    title: str
    version: str
    description: str
    credentials: Mapping[str, str] = field(default_factory=dict)
    """What each kind of credential is, for every kind that a route takes."""
    chapters: Mapping[str, str] = field(default_factory=dict)
    """What each tag is about."""
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)


def describe(tables: Sequence[Table], *, problems: Problems, about: About) -> Json:
    """Write the document."""
    rows = [(table.surface, route) for table in tables for route in table.routes if route.tag]
    shapes: list[Any] = [Problem, *(webhook.body for webhook in about.webhooks.values())]
    for _, route in rows:
        shapes += [shape for shape in (route.body, *route.answers.values()) if _is_object(shape)]
    paths: Json = {}
    for surface, route in rows:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, surface, problems)
    kinds = sorted({kind for _, route in rows for kind in route.who})
    versions = next((surface.versions for surface, _ in rows if surface.versions), ())
    return {
        "openapi": VERSION,
        "info": {"title": about.title, "version": about.version, "description": about.description},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": tag, "description": about.chapters.get(tag, "")}
            for tag in dict.fromkeys(route.tag for _, route in rows)
        ],
        "paths": paths,
        "webhooks": {name: _webhook(webhook) for name, webhook in about.webhooks.items()},
        "components": {
            "schemas": _schemas(shapes),
            "parameters": {**PARAMETERS, **_version_parameter(versions)},
            "headers": HEADERS,
            "securitySchemes": {
                kind: {"type": "http", "scheme": "bearer", "description": about.credentials[kind]}
                for kind in kinds
            },
        },
    }


def problems_of(route: Route, surface: Surface, problems: Problems) -> list[ProblemKind]:
    """Every problem that a route can answer with, by status and code, each once."""
    refusals: list[Enum] = [EdgeRefusal.HEADER_DOUBLED, EdgeRefusal.UNAVAILABLE]
    fields = (EdgeRefusal.UNKNOWN_FIELD, EdgeRefusal.MISSING_FIELD, EdgeRefusal.INVALID_FIELD)
    kinds = [DEFECT, BUSY, UNKNOWN_OUTCOME]
    if surface.versions:
        refusals.append(EdgeRefusal.VERSION_UNKNOWN)
    if route.who:
        refusals += [EdgeRefusal.CREDENTIAL_MISSING, EdgeRefusal.CREDENTIAL_INVALID]
        refusals += [EdgeRefusal.CREDENTIAL_NOT_ALLOWED]
    if route.who or surface.rate_of_anyone:
        refusals.append(EdgeRefusal.RATE_LIMITED)
    if route.scope:
        refusals.append(EdgeRefusal.SCOPE_MISSING)
    if route.ids:
        refusals.append(EdgeRefusal.NOT_FOUND)
    if route.query is not None or not surface.ignores_queries or route.body is not None:
        refusals += fields
    if route.method in WITH_BODY:
        refusals += [EdgeRefusal.MALFORMED_BODY, EdgeRefusal.BODY_TOO_LARGE, EdgeRefusal.BODY_TOO_SLOW]
        refusals += [EdgeRefusal.IDEMPOTENCY_KEY_INVALID]
    if route.idempotent:
        refusals.append(EdgeRefusal.IDEMPOTENCY_KEY_REUSED)
        kinds.append(STILL_UNDER_WAY)
    for refuses in route.refuses:
        refusals += list(refuses) if isinstance(refuses, type) else [refuses]
    kinds += [problems.of(refusal) for refusal in refusals]
    return sorted({kind.code: kind for kind in kinds}.values(), key=lambda kind: (kind.status, kind.code))


def example_of(shape: Any) -> Json:  # noqa: ANN401 - a class, or a list of one
    """The example of a type, as it is on the wire."""
    if get_origin(shape) is ListOf:
        (item,) = get_args(shape)
        return {"object": "list", "data": [example_of(item)], "has_more": False, "next_cursor": None}
    written: Json = msgspec.to_builtins(shape.example())
    return written


def _operation(route: Route, surface: Surface, problems: Problems) -> Json:
    operation: Json = {
        "operationId": operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.description,
        "parameters": list(_parameters(route, surface)),
        "responses": dict(_responses(route, surface, problems)),
        "security": [{kind: []} for kind in sorted(route.who)],
    }
    if route.scope:
        operation["x-scope"] = route.scope
    if route.body is not None:
        examples = {"example": route.body.example(), **route.examples}
        operation["requestBody"] = {
            "required": bool(_schemas([route.body])[route.body.__name__]["required"]),
            "content": {
                route.media.value: {
                    "schema": _reference(route.body),
                    "examples": {name: {"value": _sent(example)} for name, example in examples.items()},
                }
            },
        }
    return operation


def operation_id(route: Route) -> str:
    """A name for the call that is there once: `post_v1_payments_payment_capture`."""
    words = route.path.replace("{", "").replace("}", "").replace(".", "_").split("/")
    return "_".join([route.method.lower(), *filter(None, words)])


def _parameters(route: Route, surface: Surface) -> Iterator[Json]:
    for name in parameters_of(route.path):
        form = route.ids.get(name)
        schema = {"type": "string"} if form is None else {"type": "string", "pattern": form.pattern}
        example = "text" if form is None else f"{form.prefix}_{EXAMPLE_DIGITS}"
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
    if route.query is not None:
        schema = _schemas([route.query])[route.query.__name__]
        for name, of_field in schema["properties"].items():
            yield _query_parameter(name, of_field, required=name in schema["required"])
    if route.idempotent:
        yield {"$ref": f"{PARAMETER}IdempotencyKey"}
    if surface.versions:
        yield {"$ref": f"{PARAMETER}ApiVersion"}


def _query_parameter(name: str, schema: Json, *, required: bool) -> Json:
    """A field of a query: it is left out rather than sent as null."""
    schema = dict(schema)
    description = schema.pop("description", "")
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if others:
        schema.pop("anyOf")
        schema |= others[0] if len(others) == 1 else {"anyOf": others}
    if schema.get("default", ...) is None:
        del schema["default"]
    description = description or schema.pop("description", "")
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema}


def _responses(route: Route, surface: Surface, problems: Problems) -> Iterator[tuple[str, Json]]:
    common = {"Request-Id": {"$ref": f"{HEADER}RequestId"}}
    if surface.versions:
        common["X-Api-Version"] = {"$ref": f"{HEADER}ApiVersion"}
    for status, shape in route.answers.items():
        headers = dict(common)
        if route.idempotent:
            headers["Idempotent-Replayed"] = {"$ref": f"{HEADER}IdempotentReplayed"}
        yield (
            str(int(status)),
            {
                "description": HTTPStatus(status).phrase,
                "headers": headers,
                "content": _content(status, shape),
            },
        )
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in problems_of(route, surface, problems):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in by_status.items():
        assert status not in route.answers, f"{route.path}: {status} is an answer and a problem"
        yield str(int(status)), _problem_response(kinds, dict(common))


def _content(status: int, shape: Any) -> Json:  # noqa: ANN401 - a class, or a list of one
    if shape is EventStream:
        return {"text/event-stream": {"schema": {"type": "string"}, "example": ": still here\n\n"}}
    if shape is bytes:
        return {}
    media = "application/problem+json" if status == HTTPStatus.PAYMENT_REQUIRED else Media.JSON.value
    return {media: {"schema": _reference(shape), "example": example_of(shape)}}


def _problem_response(kinds: Sequence[ProblemKind], headers: Json) -> Json:
    status = kinds[0].status
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = {"$ref": f"{HEADER}Challenge"}
    if status == HTTPStatus.TOO_MANY_REQUESTS or any(kind.retry_seconds is not None for kind in kinds):
        headers["Retry-After"] = {"$ref": f"{HEADER}RetryAfter"}
    return {
        "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": _reference(Problem),
                "examples": {kind.code: {"value": _example_of_problem(kind)} for kind in kinds},
            }
        },
    }


def _example_of_problem(kind: ProblemKind) -> Json:
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status.value,
        "detail": kind.advice,
        "code": kind.code,
        "param": None,
        "request_id": f"req_{EXAMPLE_DIGITS}",
    }


def _webhook(webhook: Webhook) -> Json:
    return {
        "post": {
            "summary": webhook.summary,
            "parameters": [
                {"name": name, "in": "header", "required": True, "description": said, "schema": STRING}
                for name, said in SIGNED.items()
            ],
            "requestBody": {
                "content": {
                    Media.JSON.value: {
                        "schema": _reference(webhook.body),
                        "example": example_of(webhook.body),
                    }
                }
            },
            "responses": {"200": {"description": "Any answer of 2xx says that it has arrived."}},
        }
    }


def _version_parameter(versions: tuple[str, ...]) -> Json:
    if not versions:
        return {}
    return {
        "ApiVersion": {
            "name": "X-Api-Version",
            "in": "header",
            "description": "Pins the version of the API.",
            "schema": {"type": "string", "enum": list(versions), "default": versions[0]},
            "example": versions[0],
        }
    }


def _sent(example: Input) -> Json:
    """A body as somebody would write it: without the fields that are as they are anyway."""
    said: Json = msgspec.to_builtins(example)
    plain = {one.name: one.default for one in msgspec.structs.fields(example)}
    return {name: value for name, value in said.items() if name not in plain or plain[name] != value}


def _is_object(shape: Any) -> bool:  # noqa: ANN401 - what a route says that it answers
    kind = get_origin(shape) or shape
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _reference(shape: Any) -> Json:  # noqa: ANN401 - a class, or a list of one
    (reference,), _ = msgspec.json.schema_components([shape], ref_template=SCHEMA)
    return reference


def _schemas(shapes: Iterable[Any]) -> Json:
    """The schemas of types and of all that they hold. Fields that are always sent are called required.

    :raises NameUsedTwice: with the types
    """
    unique = list(dict.fromkeys(shapes))
    _, components = msgspec.json.schema_components(unique, ref_template=SCHEMA)
    if doubled := sorted(name for name in components if "." in name):
        # A name that is there twice is written out with its module, and what refers to it is not.
        raise NameUsedTwice(", ".join(doubled))
    sent = {kind.__name__: kind for kind in structs_in(unique) if issubclass(kind, Output)}
    for schema in components.values():
        kind = sent.get(schema.get("title", "").split("[")[0])
        if kind is not None:
            schema["required"] = [
                one.encode_name
                for one in msgspec.structs.fields(kind)
                if msgspec.UnsetType not in get_args(one.type)
            ]
    return components
