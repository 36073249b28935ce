"""The mail server the hub hands its mail to, as a URL says it."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from hub.vocabulary import HubError


class RelayUrlFault(HubError):
    """The mail relay's URL cannot be used:"""  # noqa: D400  # the fault follows


class Cover(Enum):
    """How the connection to the relay is covered."""

    NONE = "none"  # loopback alone
    STARTTLS = "starttls"  # required: without it nothing is sent
    TLS = "tls"


_SCHEMES: Final = {
    "smtp": (25, Cover.STARTTLS),
    "smtp+starttls": (587, Cover.STARTTLS),
    "smtps": (465, Cover.TLS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where the relay is, how the way there is covered, and who we are to it."""

    host: str
    port: int
    cover: Cover
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    pipelining: bool = True
    """Whether commands go in one piece where it offers to take them so (RFC 2920)."""

    @property
    def name(self) -> str:
        """Return the relay for people: host and port, never the password."""
        return f"{self.host}:{self.port}"


def relay_at(url: str, *, pipelining: bool = True) -> Relay:
    """Read `smtp://`, `smtp+starttls://` or `smtps://[user:password@]host[:port]`.

    TLS is always verified, and may be left out by `smtp://` to a loopback relay alone. Raises
    RelayUrlFault, which never repeats the URL: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RelayUrlFault("it is not a URL") from error
    if parts.scheme not in _SCHEMES:
        raise RelayUrlFault(f"its scheme is not one of {', '.join(_SCHEMES)}")
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise RelayUrlFault("it is not a scheme, a host and a port")
    usual, cover = _SCHEMES[parts.scheme]
    if parts.scheme == "smtp" and on_loopback(host):
        cover = Cover.NONE
    return Relay(
        host=host,
        port=port or usual,
        cover=cover,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        pipelining=pipelining,
    )


def on_loopback(host: str) -> bool:
    """Tell whether this host is this machine, by its spelling alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a verifying context, TLS 1.2 or later; `ca_file` is trusted beside the system's."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
