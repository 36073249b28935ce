"""Where a webhook may go: the guard that stands between the directory and the socket.

A URL in the directory is somebody else's words. It may name this machine, the cloud's metadata
service, a printer, or a name that answers differently when asked again. So the URL is judged as
written, and every address is judged again when it is dialled, against our own table:
`ipaddress.is_global` calls several forbidden forms global, such as `64:ff9b::7f00:1`.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hub.directory import Endpoint
from hub.vocabulary import HubError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ip_network(network), said)
    for network, said in (
        # IANA IPv4 Special-Purpose Address Registry, and multicast.
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        # IANA IPv6 Special-Purpose Address Registry, within what is global unicast.
        ("2001::/23", "protocol assignments, Teredo, ORCHID"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
        # Outside it: named, so that the evidence says what was refused.
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::ffff:0:0:0/96", "IPv4-translated"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discard only"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_UNICAST: Final = ip_network("2000::/3")
"""All of IPv6 that has been given out for the Internet; what lies outside is nobody's."""
_LOCAL: Final = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"),
        *("fc00::/7", "::1/128"),
    )
)
"""Where somebody's own network may be: RFC 1918, RFC 4193, RFC 6598, and this machine."""
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""What an interface identifier begins with that holds an IPv4 address (RFC 5214, 6.1)."""
_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.ASCII)
"""A host name in lower case, the encoded form of others included (RFC 1123, 2.1; RFC 5890)."""
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f\\]")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE | re.ASCII)


class AddressRefused(HubError, OSError):
    """The guard refuses this address:"""  # noqa: D400  # what it is follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """Which addresses may be dialled: the Internet's, and these networks if there are any."""

    private: tuple[Network, ...] = ()
    only_private: bool = False
    """True for plain http, which never leaves the networks that were named."""

    def fault(self, address: str) -> str:
        """Say why this address may not be dialled; an empty string: it may."""
        plain, zone, _ = address.partition("%")
        try:
            parsed = ip_address(plain)
        except ValueError:
            return "it is not an address"
        if self.named(address):
            return ""
        if self.only_private:
            return "plain http stays within the endpoint's private networks"
        # No address of the Internet is bound to one of our interfaces.
        return special(parsed) or ("it names an interface" if zone else "")

    def named(self, address: str) -> bool:
        """Tell whether this address, spelled as it should be, is in a private network."""
        try:
            parsed = ip_address(address.strip("[]"))
        except ValueError:
            return False
        return any(parsed in network for network in self.private)

    def socket(
        self, found: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
    ) -> socket.socket:
        """Make the socket for one address, at the moment of dialling. Raises AddressRefused."""
        family, kind, protocol, _, where = found
        if fault := self.fault(where[0]):
            raise AddressRefused(fault)
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """Asks another resolver, and refuses the whole answer if one address in it is refused."""

    def __init__(self, inner: AbstractResolver, egress: Egress) -> None:
        self._inner = inner
        self._egress = egress

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host. Raises AddressRefused, or OSError as the other does."""
        answers = await self._inner.resolve(host, port, family)
        for answer in answers:
            if fault := self._egress.fault(answer["host"]):
                raise AddressRefused(fault)
        return answers

    async def close(self) -> None:
        """Leave the other resolver alone: it is shared."""


def special(address: Address) -> str:
    """Say what is special about an address that is not the Internet's; an empty string: nothing."""
    for network, said in _SPECIAL:
        if address.version == network.version and address in network:
            return said
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return "not given out"
    if address.version == 6 and (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return "ISATAP"
    return ""


def beyond(network: Network) -> bool:
    """Tell whether a network holds what is nobody's own: the Internet, or the cloud's metadata."""
    return not any(
        network.version == local.version and network.subnet_of(local)  # type: ignore[arg-type]
        for local in _LOCAL
    )


def egress_of(endpoint: Endpoint, url: URL) -> Egress:
    """Return which addresses this endpoint may have. Raises ValueError: a CIDR is not one."""
    return _egress(endpoint.private_networks, url.scheme)


def url_of(endpoint: Endpoint) -> URL | str:
    """Return the URL, parsed once for judge and dialler alike, or what is wrong with it."""
    return _judged(endpoint.url, endpoint.hosts, endpoint.ports, endpoint.private_networks)


# Judged by the words alone, so the same words are judged once; each dial is judged anew.


@lru_cache(maxsize=4096)
def _egress(private_networks: tuple[str, ...], scheme: str) -> Egress:
    networks = tuple(ip_network(network) for network in private_networks)
    return Egress(private=networks, only_private=scheme == "http")


@lru_cache(maxsize=4096)
def _judged(
    written: str, hosts: tuple[str, ...], ports: tuple[int, ...], private_networks: tuple[str, ...]
) -> URL | str:
    if _UNFIT.search(written):
        return "the URL holds characters that no URL holds"
    try:
        url = URL(written)
        egress = _egress(private_networks, url.scheme)
        port = url.port
    except ValueError:
        return "the URL or a private network cannot be read"
    host = (url.raw_host or "").lower()
    if any(map(beyond, egress.private)):
        return "a private network is not within those that anybody may use"
    if url.scheme != "https" and not (url.scheme == "http" and egress.private):
        return "the URL is not https"
    if url.raw_user is not None or url.raw_password is not None:
        return "the URL holds a user name"
    if not host or host not in {approved.lower() for approved in hosts}:
        return "the host is not one the agency approved"
    if port != 443 and port not in ports:
        return "the port is not one the agency approved"
    if literal(host) and not egress.named(host):
        return "the host is a number, not a name"
    if not literal(host) and not _HOST.fullmatch(host):
        # `127%2e0%2e0%2e1` and its like: what it means is for whoever reads it next to decide.
        return "the host is not a plain name"
    return url


def literal(host: str) -> bool:
    """Tell whether some system may read this host as an address: `127.1`, `0x7f.1`, `17`."""
    if ":" in host:
        return True
    return _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]) is not None
