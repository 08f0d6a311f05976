"""The words of ASGI, the interface between the server and us."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HeaderLine = tuple[bytes, bytes]
"""Name in lower case, and value."""

Headers = dict[bytes, bytes]
"""The headers of a request, by their names in lower case."""
