"""What the pages of the documents show, taken from the OpenAPI document: calls, fields, examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

DEEP: Final = 2
"""How many objects within each other are unfolded into rows."""

KEYS_SHOWN: Final = {
    "secret_key": "sk_test_...",
    "publishable_key": "pk_test_...",
    "restricted_key": "rk_test_...",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field or a parameter."""

    name: str
    type: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A table of fields or parameters."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer with its example."""

    status: str
    description: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    who: tuple[str, ...]
    scope: str
    tables: tuple[Fields, ...]
    answers: tuple[Shown, ...]
    problems: tuple[Json, ...]
    curl: str

    @property
    def words(self) -> str:
        """What it is found by."""
        return f"{self.method} {self.path} {self.summary}".lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The calls of a tag."""

    name: str
    description: str
    calls: tuple[Call, ...]


class Reference:
    """Reads a document."""

    def __init__(self, document: Json, *, base_url: str) -> None:
        """`base_url` stands in the examples, such as `http://127.0.0.1:8420`."""
        self._document = document
        self._base_url = base_url

    def chapters(self) -> tuple[Chapter, ...]:
        """All calls, by chapter, in the document's order."""
        calls = [
            (operation["tags"][0], self._call(path, method.upper(), operation))
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
        ]
        return tuple(
            Chapter(
                name=tag["name"],
                description=tag["description"],
                calls=tuple(call for name, call in calls if name == tag["name"]),
            )
            for tag in self._document["tags"]
        )

    def _call(self, path: str, method: str, operation: Json) -> Call:
        parameters = [self._resolved(one) for one in operation["parameters"]]
        body = next(iter(operation.get("requestBody", {}).get("content", {}).values()), None)
        tables = [
            Fields(name=name, rows=tuple(_row_of(one) for one in parameters if one["in"] == place))
            for place, name in (("path", "In the path"), ("query", "In the query"), ("header", "Headers"))
        ]
        if body is not None:
            tables.append(Fields(name="Body", rows=tuple(self._rows(body["schema"]))))
        examples = [one["content"] for one in operation["responses"].values() if "content" in one]
        problems = [
            one["value"]
            for content in examples
            for one in content.get("application/problem+json", {}).get("examples", {}).values()
        ]
        kinds = tuple(kind for one in operation["security"] for kind in one)
        return Call(
            id=operation["operationId"],
            method=method,
            path=path,
            summary=operation["summary"],
            description=operation["description"],
            who=kinds,
            scope=operation.get("x-scope", ""),
            tables=tuple(table for table in tables if table.rows),
            answers=tuple(_answers(operation)),
            problems=tuple(problems),
            curl=self._curl(path, method, kinds, parameters, body),
        )

    def _curl(
        self,
        path: str,
        method: str,
        kinds: tuple[str, ...],
        parameters: list[Json],
        body: Json | None,
    ) -> str:
        for one in parameters:
            if one["in"] == "path":
                path = path.replace("{" + one["name"] + "}", str(one["example"]))
        lines = [
            f"curl {self._base_url}{path}" if method == "GET" else f"curl -X {method} {self._base_url}{path}"
        ]
        if kinds:
            key = next((KEYS_SHOWN[kind] for kind in kinds if kind in KEYS_SHOWN), "TOKEN")
            lines.append(f"-H 'Authorization: Bearer {key}'")
        lines += [
            f"-H '{one['name']}: {one['example']}'" for one in parameters if one["name"] == "Idempotency-Key"
        ]
        if body is not None:
            example = next(iter(body["examples"].values()))["value"]
            text = json.dumps(example, ensure_ascii=False, indent=2).replace("'", "'\\''")
            lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
        return " \\\n  ".join(lines)

    def _rows(self, schema: Json, *, prefix: str = "", deep: int = 0) -> Iterator[Row]:
        schema = self._resolved(schema)
        required = schema.get("required", ())
        for name, of_field in schema.get("properties", {}).items():
            inner = self._object_in(of_field)
            yield Row(
                name=prefix + name,
                type=self._type(of_field),
                description=_description(of_field) or _description(inner or {}),
                required=name in required,
            )
            if inner is not None and deep < DEEP:
                yield from self._rows(inner, prefix=f"{prefix}{name}.", deep=deep + 1)

    def _object_in(self, schema: Json) -> Json | None:
        for one in (schema, *schema.get("anyOf", ())):
            found = self._resolved(one)
            if "properties" in found:
                return found
        return None

    def _type(self, schema: Json) -> str:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            return " or ".join(self._type(one) for one in schema["anyOf"] if one != {"type": "null"})
        if "enum" in schema:
            return " or ".join(f"“{one}”" for one in schema["enum"])
        if schema.get("type") == "array":
            return f"list of {self._type(schema['items'])}"
        kind: str = schema.get("type", "any")
        return kind

    def _resolved(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        found: Json = self._document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found


def _row_of(parameter: Json) -> Row:
    schema = parameter["schema"]
    return Row(
        name=parameter["name"],
        type=schema.get("type", "string"),
        description=parameter.get("description", ""),
        required=parameter.get("required", False),
    )


def _description(schema: Json) -> str:
    found = [schema, *schema.get("anyOf", ())]
    return next((one["description"] for one in found if "description" in one), "")


def _answers(operation: Json) -> Iterator[Shown]:
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if "example" in content:
                example = content["example"]
                text = (
                    example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)
                )
                yield Shown(status=status, description=response["description"], example=text)
