"""Routes made ready: found by path in one look, with everything that can be prepared prepared."""

import inspect
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, get_origin, get_type_hints

from milletpay.apps.http.asgi import HeaderLine
from milletpay.apps.http.reading import Read, form_reader, json_reader, multipart_reader, query_reader
from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.apps.http.routes import Media, Route, Surface, Table
from milletpay.apps.http.shapes import Input, structs_in
from milletpay.apps.http.streams import EventStream
from milletpay.plumbing.ids import IdForm, NotAnId

READING: Final = ("GET", "HEAD")
WITH_BODY: Final = ("POST", "PUT", "PATCH")
READERS: Final = {Media.JSON: json_reader, Media.FORM: form_reader, Media.MULTIPART: multipart_reader}


class Nothing(Input, frozen=True, kw_only=True):
    """The body or the query of a request that has nothing to say."""

    @classmethod
    def example(cls) -> "Nothing":
        """Nothing."""
        return cls()


class Endpoint:
    """One route, ready to be called."""

    __slots__ = (
        "body_max",
        "gives_body",
        "handler",
        "headers",
        "names",
        "page_keys",
        "read_body",
        "read_query",
        "route",
        "scope",
        "shapes",
        "status",
        "surface",
        "wants_query",
        "who",
    )

    def __init__(self, route: Route, surface: Surface) -> None:
        self.route = route
        self.surface = surface
        self.handler = route.handler
        self.who = route.who
        self.scope = route.scope
        self.body_max = route.body_max
        self.wants_query = route.query is not None
        self.status = route.status
        self.names: tuple[tuple[str, IdForm[Any] | None], ...] = tuple(
            (name, route.ids.get(name)) for name in parameters_of(route.path)
        )
        self.gives_body = route.body is not None
        self.read_body = _body_reader(route)
        self.read_query = _query_reader(route, surface)
        self.shapes: dict[int, Any] = {
            int(status): get_origin(shape) or shape for status, shape in route.answers.items()
        }
        self.headers = headers_of(surface)
        keys = surface.page_keys
        self.page_keys = keys.begins if keys is not None and keys.kind in route.who else b""
        _agree(route)

    def arguments(self, captured: Sequence[str]) -> dict[str, Any]:
        """Read the parameters of the path; an id that is none of its kind names nothing: it is not found."""
        read: dict[str, Any] = {}
        for (name, form), text in zip(self.names, captured, strict=True):
            if form is None:
                read[name] = text
                continue
            try:
                read[name] = form.read(text)
            except NotAnId as error:
                raise Refuse(EdgeRefusal.NOT_FOUND, f"{error}.", param=name) from error
        return read


class Node:
    """A place in the tree of paths."""

    __slots__ = ("any", "methods", "names")

    def __init__(self) -> None:
        self.names: dict[str, Node] = {}
        self.any: Node | None = None
        self.methods: dict[str, Endpoint] = {}


class Found:
    """What is at a path: the endpoint of each method, and the texts of the path's parameters."""

    __slots__ = ("captured", "methods")

    def __init__(self, methods: dict[str, Endpoint], captured: Sequence[str]) -> None:
        self.methods = methods
        self.captured = captured


class Paths:
    """All endpoints, by path: those without parameters in a dictionary, the others in a small tree."""

    def __init__(self, tables: Sequence[Table]) -> None:
        """Compile the tables; two routes for one method and path are an error."""
        self.surfaces = sorted((table.surface for table in tables), key=lambda one: -len(one.prefix))
        assert self.surfaces[-1].prefix == "/", "one surface has all the paths that no other one has"
        self._exact: dict[str, Found] = {}
        self._tree = Node()
        for table in tables:
            for route in table.routes:
                self._add(Endpoint(route, table.surface))

    def find(self, path: str) -> Found | None:
        """What is at a path, if anything is."""
        found = self._exact.get(path)
        if found is not None:
            return found
        node = self._tree
        captured = []
        for name in path.split("/")[1:]:
            following = node.names.get(name)
            if following is None:
                following = node.any
                if following is None or not name:
                    return None
                captured.append(name)
            node = following
        return Found(node.methods, captured) if node.methods else None

    def surface_of(self, path: str) -> Surface:
        """Whose manners hold at a path, also where nothing is."""
        return next(surface for surface in self.surfaces if path.startswith(surface.prefix))

    def _add(self, endpoint: Endpoint) -> None:
        route = endpoint.route
        if endpoint.names:
            node = self._tree
            for name in route.path.split("/")[1:]:
                if not name.startswith("{"):
                    node = node.names.setdefault(name, Node())
                    continue
                if node.any is None:
                    node.any = Node()
                node = node.any
            methods = node.methods
        else:
            methods = self._exact.setdefault(route.path, Found({}, ())).methods
        for method in READING if route.method == "GET" else (route.method,):
            assert method not in methods, f"two routes for {method} {route.path}"
            methods[method] = endpoint


def headers_of(surface: Surface) -> tuple[HeaderLine, ...]:
    """What every answer of a surface is sent with."""
    version = ((b"x-api-version", surface.versions[0].encode()),) if surface.versions else ()
    return (*surface.headers, *version)


def parameters_of(path: str) -> list[str]:
    """The names in a template: `payment` for /v1/payments/{payment}."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _body_reader(route: Route) -> Read | None:
    if route.body is None:
        return json_reader(Nothing) if route.method in WITH_BODY else None
    assert route.method in WITH_BODY, f"{route.method} {route.path} takes no body"
    for kind in structs_in([route.body]):
        assert kind.__struct_config__.forbid_unknown_fields, f"{kind.__name__} passes fields over: use Input"
    return READERS[route.media](route.body)


def _query_reader(route: Route, surface: Surface) -> Read | None:
    if route.query is None:
        return None if surface.ignores_queries else query_reader(Nothing)
    return query_reader(route.query)


def _agree(route: Route) -> None:
    """See that the handler takes what the route gives: a mistake is found when the program starts."""
    hints = get_type_hints(route.handler)
    taken = list(inspect.signature(route.handler).parameters)[1:]
    given = {name: hints.get(name) for name in parameters_of(route.path)}
    if route.query is not None:
        given["query"] = route.query
    if route.body is not None:
        given["body"] = route.body
    row = f"{route.method} {route.path}"
    assert sorted(taken) == sorted(given), f"{row}: the handler takes {taken}, and is given {list(given)}"
    wrong = [name for name, kind in given.items() if kind is not hints.get(name)]
    assert not wrong, f"{row}: the handler's annotations of {wrong} are not those of the route"
    assert set(route.ids) <= set(parameters_of(route.path)), f"{row}: ids of parameters that are not there"
    is_stream = hints.get("return") is EventStream
    assert is_stream is (EventStream in route.answers.values()), f"{row}: it promises a stream or gives one"
    assert all(HTTPStatus.OK <= status < HTTPStatus.BAD_REQUEST or status == 402 for status in route.answers)
