"""The shapes of what is said over HTTP: one class for each object that goes in or comes out.

    class NewRefund(Input, frozen=True, kw_only=True):
        \"\"\"Money back for a payment.\"\"\"

        payment: str
        amount: Minor

        @classmethod
        def example(cls) -> "NewRefund":
            return NewRefund(payment="pay_01kdz9m4h0000g40r40m30e209", amount=500)

The class decodes, encodes, and is described in the OpenAPI document; its example stands there.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_origin

import msgspec

from milletpay.apps.http.refusals import EdgeRefusal, Refuse
from milletpay.money import AMOUNT_MAX
from milletpay.plumbing import shapes as said

Output = said.Output

LIMIT_MAX = 100
"""Most objects of one answer to a list."""

Minor = Annotated[
    int,
    msgspec.Meta(gt=0, le=AMOUNT_MAX, description="A positive amount in minor units, such as fen."),
]
"""An amount that is asked for."""

CurrencyCode = Annotated[
    str,
    msgspec.Meta(
        min_length=3,
        max_length=3,
        description="A currency of ISO 4217.",
        extra_json_schema={"examples": ["CNY"]},
    ),
]

Metadata = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=40)],
        Annotated[str, msgspec.Meta(max_length=500)],
    ],
    msgspec.Meta(max_length=50, description="Up to 50 texts of yours, kept with the object."),
]


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request says. Unknown fields are refused; a text is never taken for a number."""

    @classmethod
    def example(cls) -> Self:
        """Give one that could be sent, for the documents."""
        raise NotImplementedError(f"{cls.__name__} has no example yet")


Item = TypeVar("Item", bound=Output)
Row = TypeVar("Row")


class ListOf(Output, Generic[Item], frozen=True, kw_only=True):
    """Some objects of many, the newest first, and where the next ones begin."""

    object: Literal["list"] = "list"
    data: list[Item]
    has_more: bool
    next_cursor: Annotated[
        str | None, msgspec.Meta(description="Send it as `cursor` to read on; null at the end.")
    ] = None


class ListQuery(Input, frozen=True, kw_only=True):
    """Which part of a list is wanted."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX, description="How many objects at most.")] = 20
    cursor: Annotated[
        str | None,
        msgspec.Meta(description="The `next_cursor` of the answer before; none for the first part."),
    ] = None

    @classmethod
    def example(cls) -> Self:
        """As it is when nothing is said."""
        return cls()

    @property
    def after(self) -> int | None:
        """The place after which the wanted part begins; refused when it is not a cursor of ours."""
        return None if self.cursor is None else read_cursor(self.cursor)


def list_of(
    found: Sequence[Row], *, query: ListQuery, place: Callable[[Row], int], show: Callable[[Row], Item]
) -> ListOf[Item]:
    """Make the answer to a list.

    :param found: one row more than `query.limit` when there are more, in the order of the list
    :param place: a row's place in that order, at most 128 bits; what `query.after` gives for the next part
    """
    shown = found[: query.limit]
    more = len(found) > query.limit
    return ListOf(
        data=[show(row) for row in shown],
        has_more=more,
        next_cursor=write_cursor(place(shown[-1])) if more else None,
    )


def write_cursor(place: int) -> str:
    """A place in a list as an opaque text."""
    return base64.urlsafe_b64encode(place.to_bytes(16)).rstrip(b"=").decode()


def read_cursor(text: str) -> int:
    """The place that a cursor stands for; refused when it is none."""
    try:
        place = base64.b64decode(text + "==", altchars=b"-_", validate=True)
        if len(place) == 16 and write_cursor(int.from_bytes(place)) == text:
            return int.from_bytes(place)
    except (binascii.Error, ValueError):
        pass
    raise Refuse(
        EdgeRefusal.INVALID_FIELD,
        f"{text[:60]!r} is not a cursor: send the `next_cursor` of an answer, unchanged.",
        param="cursor",
    )


def structs_in(shapes: Iterable[Any]) -> set[type[msgspec.Struct]]:
    """The classes of objects in types: themselves, and all that they hold, however deep."""
    found: set[type[msgspec.Struct]] = set()
    waiting: list[Any] = list(msgspec.inspect.multi_type_info(shapes))
    seen: set[Any] = set()
    while waiting:
        match waiting.pop():
            case msgspec.inspect.StructType(cls=kind, fields=fields) if kind not in seen:
                seen.add(kind)
                found.add(get_origin(kind) or kind)
                waiting += [one.type for one in fields]
            case msgspec.inspect.UnionType(types=types):
                waiting += types
            case msgspec.inspect.Metadata(type=inner):
                waiting.append(inner)
            case (
                msgspec.inspect.ListType(item_type=inner)
                | msgspec.inspect.VarTupleType(item_type=inner)
                | msgspec.inspect.DictType(value_type=inner)
            ):
                waiting.append(inner)
    return found
