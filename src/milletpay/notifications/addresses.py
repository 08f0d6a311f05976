"""Where we may call: URLs that merchants give us, and the addresses that their names lead to. Pure.

Whoever may name a URL for us to call would like to reach what only we reach: our database, the cloud's
metadata, a router. So a URL is checked when it is given, and each address that its name leads to whenever it
is called.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

URL_MAX: Final = 2_000
PRINTABLE: Final = re.compile(r"[!-~]+")
HOST: Final = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|[0-9a-f:.]+", re.IGNORECASE)
HTTPS: Final = 443
HTTP: Final = 80
PORT_OF_SERVICES: Final = 1024
"""Ports below are those of mail, databases' older siblings and the like: none of ours to knock at."""

NAT64: Final = IPv6Network("64:ff9b::/96")
"""Addresses that a translator turns into the IPv4 address of their last 32 bits (RFC 6052)."""


class Reach(Enum):
    """How far we call."""

    PUBLIC = auto()
    """Addresses of the public internet, over TLS, on port 443 or from 1024 on."""
    NEARBY = auto()
    """As well this machine and private networks, with or without TLS, on any port: for a demo."""


class UrlRefused(ValueError):
    """A URL that we do not call; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL, taken apart for calling it."""

    tls: bool
    host: str
    """A name or an address, without brackets."""
    port: int
    authority: str
    """What the header `Host` says."""
    path: str
    """With its query."""


def read_target(url: str, *, reach: Reach) -> Target:
    """Take a URL apart.

    :raises UrlRefused: one that is not a plain URL of HTTP, or that leads where we do not call
    """
    if len(url) > URL_MAX or not PRINTABLE.fullmatch(url):
        raise UrlRefused(
            f"The URL has up to {URL_MAX} printable ASCII characters; write other names in xn-- form."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlRefused("The URL is not understood: write it as https://shop.example/hooks.") from None
    host = parts.hostname or ""
    tls = parts.scheme == "https"
    if parts.scheme not in {"https", "http"} or not HOST.fullmatch(host):
        raise UrlRefused("The URL is not understood: write it as https://shop.example/hooks.")
    if not tls and reach is Reach.PUBLIC:
        raise UrlRefused("The URL begins with https://: what we send is for your eyes only.")
    if "@" in parts.netloc or parts.fragment:
        raise UrlRefused("The URL has no user name, password or fragment; you know us by our signature.")
    if port is None:
        port = HTTPS if tls else HTTP
    if reach is Reach.PUBLIC and port != HTTPS and port < PORT_OF_SERVICES:
        raise UrlRefused(f"The port is {HTTPS} or at least {PORT_OF_SERVICES}, not {port}.")
    if _is_address(host) and not may_call(host, reach=reach):
        raise UrlRefused("The address is not one of the public internet.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls=tls, host=host, port=port, authority=parts.netloc, path=path)


def may_call(address: str, *, reach: Reach) -> bool:
    """Whether we call this address of version 4 or 6. What is no address is not called."""
    try:
        inner = _inner(ip_address(address))
    except ValueError:
        return False
    if inner.is_multicast or inner.is_unspecified or inner.is_link_local:
        return False
    if reach is Reach.NEARBY and inner.is_loopback:
        return True
    if inner.is_reserved or (isinstance(inner, IPv6Address) and inner.is_site_local):
        return False
    return inner.is_global or (reach is Reach.NEARBY and inner.is_private)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address that packets to this one end at, where an IPv6 address carries one of version 4."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
