"""A private address in any spelling: refused before a socket opens, and so is every way round."""

import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from aiohttp import ThreadedResolver
from yarl import URL

from hub.adapters.clock import SystemClock
from hub.adapters.egress import Egress, special, url_of
from hub.adapters.webhook import WebhookCarrier
from hub.directory import Directory
from hub.notice import Accepted, InDoubt, Outcome, Refused, RefusedBecause
from hub.vocabulary import Channel
from tests.adapters.carriers.ground import EVENT, endpoint, leased
from tests.adapters.carriers.peers import Wire, peer
from tests.adapters.carriers.test_egress import Names

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "127.0.0.1..",
    "2130706433",
    "2130706433.",
    "0x7f000001",
    "0X7F000001",
    "0x7F.0x0.0x0.0x1",
    "0x7f.1",
    "0x7f.0.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "017700000001",
    "00000177.0.0.1",
    "127.0.0.01",
    "127.000.000.001",
    "0",
    "00",
    "0x0",
    "0x",
    "0.0.0.0",  # noqa: S104  # an address that is refused, not one that is bound
    "4294967295",
    "10.1",
    "192.168.257",
    "172.1048577",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "[::ffff:a9fe:a9fe]",
    "127.0.0.1%00",
    "127.0.0.1%20",
    "%31%32%37.0.0.1",
    "%31%32%37%2e0%2e0%2e1",
    "127%2e0%2e0%2e1",
    "127.0.0.1%2e",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "１２７.0.0.1",
    "１２７。０。０。１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.0.0.1",
    "١٢٧.0.0.1",
    "१२७.0.0.1",
    "²130706433",
    "0ⅹ7f.1",
    "0ｘ7f.1",
    "𝟏𝟐𝟕.𝟎.𝟎.𝟏",
    "xn--9hbcp.0.0.1",
    "xn--0-yha.0.0.1",
    "127.0.0.1\xad",
    "127\xad.0.0.1",
    "127.0.0.1\u200b",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::0:1]",
    "[::]",
    "[::1%25lo]",
    "[::1%lo]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:7F00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::1]",
    "[fe80::1%25eth0]",
    "[fe80::5efe:127.0.0.1]",
    "[2606:4700::5efe:7f00:1]",
    "[2a00::200:5efe:10.0.0.1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "::1",
    "[::1",
    "::1]",
    "[127.0.0.1]",
    "[v1.127]",
    "[::1]x",
    "x[::1]",
    "user@127.0.0.1",
    "agency.test@127.0.0.1",
    "127.0.0.1@agency.test",
    "127.0.0.1:443@agency.test",
    "127.0.0.1#@agency.test",
    "127.0.0.1?@agency.test",
    "127.0.0.1\\@agency.test",
    "127.0.0.1;agency.test",
    "127.0.0.1,agency.test",
    "+127.0.0.1",
    "-1",
    "127.0.0.1-",
    "0b1111111.0.0.1",
    "0o177.0.0.1",
]
"""Hosts that some system reads as an address that is not the Internet's, or as none at all."""

NAMES = [
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhoſt",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "localhost.localdomain",
    "ip6-localhost",
    "a.localhost",
    "127.0.0.1.nip.example",
    "7f000001.rebind.example",
    "metadata.google.internal",
    "instance-data",
    "0x7f.example",
    "1e3",
    "xn--1-7ga",
    "agency.test",
    "AGENCY.TEST",
]
"""Names whose only fault is where they lead; what an agency approved may lead there too."""

GOOD = [
    "agency.test",
    "AGENCY.TEST",
    "a.b.c.agency.test",
    "a1.test",
    "1a.test",
    "1.agency",
    "x--y.test",
    "xn--bcher-kva.example",
    "bücher.example",
    "0x7f.agency.test",
    "127.0.0.1.agency.test",
    "localhost.agency.test",
]

# The IANA IPv4 and IPv6 Special-Purpose Address Registries, line by line, as of 2025.
IPV4_REGISTRY = [
    "0.0.0.0/8",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.88.99.2/32",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
]
IPV6_REGISTRY = [
    "::1/128",
    "::/128",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
]
OTHERS = ["224.0.0.0/4", "::/96", "::ffff:0:0:0/96", "fec0::/10", "ff00::/8"]
"""Multicast, and forms that left the registry or were never in it."""


def approved(url: str, host: str) -> Directory:
    """An agency that approved the host in every form in which it may be compared."""
    try:
        read = URL(url).raw_host or ""
    except ValueError:
        read = ""
    hosts = (host, host.strip("[]"), read, read.lower(), "127.0.0.1", "agency.test")
    return endpoint(url, hosts=hosts, ports=(443,), private=())


async def carried(where: Directory, *answers: tuple[str, ...]) -> Outcome:
    carrier = WebhookCarrier(clock=SystemClock(), resolver=Names(*answers) if answers else None)
    try:
        return await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
    finally:
        await carrier.close()


def listening(where: Directory, port: int) -> Directory:
    """The same endpoint, at a port where somebody listens, and allowed to be there."""
    (only,) = where.endpoints
    moved = only.url.replace("/hook", f":{port}/hook", 1)
    return replace(where, endpoints=(replace(only, url=moved, ports=(443, port)),))


# Spellings.


def test_there_are_at_least_sixty_spellings() -> None:
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_private_address_is_refused_in_this_spelling_even_if_it_was_approved(host: str) -> None:
    assert isinstance(url_of(approved(f"https://{host}/hook", host).endpoints[0]), str)


async def test_nobody_is_called_by_any_spelling() -> None:
    let_through = []
    async with peer(lambda wire: wire.gone()) as server:
        carrier = WebhookCarrier(clock=SystemClock())
        for host in SPELLINGS:
            where = listening(approved(f"https://{host}/hook", host), server.port)
            outcome = await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
            if not (isinstance(outcome, Refused) and outcome.because is RefusedBecause.EGRESS):
                let_through.append((host, outcome))
        await carrier.close()

        assert let_through == []
        assert server.calls == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"])
async def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_dialled(
    address: str,
) -> None:
    carrier = WebhookCarrier(clock=SystemClock(), resolver=Names((address,)))
    outcomes = [
        await carrier.carry(
            leased(EVENT, channel=Channel.WEBHOOK), approved(f"https://{host}/hook", host)
        )
        for host in NAMES
    ]
    await carrier.close()

    assert all(isinstance(each, Refused) for each in outcomes)
    assert {each.because for each in outcomes if isinstance(each, Refused)} == {
        RefusedBecause.EGRESS
    }
    assert {dict(each.evidence)["phase"] for each in outcomes} == {"dial"}


async def test_this_machines_own_resolver_does_not_lead_home_either() -> None:
    carrier = WebhookCarrier(clock=SystemClock(), resolver=ThreadedResolver())

    outcome = await carrier.carry(
        leased(EVENT, channel=Channel.WEBHOOK), approved("https://localhost/hook", "localhost")
    )
    await carrier.close()

    assert isinstance(outcome, Refused)
    assert "loopback" in outcome.detail


@pytest.mark.parametrize("host", GOOD)
def test_a_plain_name_that_was_approved_is_good(host: str) -> None:
    where = approved(f"https://{host}/hook", host)

    assert not isinstance(url_of(where.endpoints[0]), str)


# The table.


@pytest.mark.parametrize("network", [*IPV4_REGISTRY, *IPV6_REGISTRY, *OTHERS])
def test_every_special_purpose_range_is_refused_from_end_to_end(network: str) -> None:
    range_ = ip_network(network)

    for address in (range_[0], range_[range_.num_addresses // 2], range_[-1]):
        assert special(address), address
        assert Egress().fault(str(address))


@pytest.mark.parametrize(
    "address",
    [
        "9.255.255.255",
        "11.0.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.31.195.255",
        "192.31.197.0",
        "198.51.99.255",
        "203.0.114.0",
        "2001:200::",
        "2001:db7:ffff::",
        "2001:db9::",
        "2003::",
        "2620:4f:8001::",
        "3ffe:ffff::",
        "2000::",
        "2606:4700::5eff:7f00:1",
    ],
)
def test_what_lies_beside_a_special_range_is_the_internets(address: str) -> None:
    assert special(ip_address(address)) == ""


@pytest.mark.parametrize("prefix", ["2606:4700::", "2a00:1:2:3:"])
@pytest.mark.parametrize("flag", ["0:5efe", "200:5efe"])
@pytest.mark.parametrize("inside", ["10.0.0.1", "127.0.0.1", "8.8.8.8"])
def test_an_ipv4_address_inside_an_isatap_identifier_is_refused(
    prefix: str, flag: str, inside: str
) -> None:
    assert Egress().fault(f"{prefix}{flag}:{inside}") == "ISATAP"


@pytest.mark.parametrize("address", ["2606:4700::1111%eth0", "2a00::1%1", "fe80::1%eth0"])
def test_an_address_with_a_zone_is_refused(address: str) -> None:
    assert Egress().fault(address)


@pytest.mark.parametrize(
    "network",
    ["0.0.0.0/0", "8.0.0.0/6", "10.0.0.0/7", "169.254.0.0/16", "::/0", "2000::/3", "fe80::/10"],
)
def test_an_endpoints_private_network_can_not_be_the_internet_or_link_local(network: str) -> None:
    found = endpoint("https://agency.test/hook", hosts=("agency.test",), private=(network,))

    fault = url_of(found.endpoints[0])

    assert isinstance(fault, str)
    assert "private network" in fault


@pytest.mark.parametrize("network", ["10.1.0.0/16", "192.168.7.0/24", "fd00:1::/32", "127.0.0.1"])
def test_an_endpoints_private_network_may_be_any_that_somebody_has(network: str) -> None:
    found = endpoint("https://agency.test/hook", hosts=("agency.test",), private=(network,))

    assert not isinstance(url_of(found.endpoints[0]), str)


def test_one_endpoints_private_network_is_no_other_endpoints() -> None:
    ours, others = (
        Egress(private=(ip_network(network),)) for network in ("10.1.0.0/16", "10.2.0.0/16")
    )

    assert ours.fault("10.1.2.3") == ""
    assert others.fault("10.1.2.3") == "private"
    assert ours.fault("::ffff:10.1.2.3")
    assert ours.fault("64:ff9b::10.1.2.3")


# Names that change their mind.


async def test_a_name_that_turns_private_while_a_kept_connection_is_replaced_is_not_dialled() -> (
    None
):
    async def one_each(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say("HTTP/1.1 204 No Content\r\n\r\n")
        await wire.hear_request()

    async with peer(one_each) as server:
        where = endpoint(
            f"http://agency.test:{server.port}/hook",
            hosts=("agency.test",),
            private=("127.0.0.1/32",),
        )
        carrier = WebhookCarrier(
            clock=SystemClock(), resolver=Names(("127.0.0.1",), ("127.0.0.2",))
        )
        first = await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
        second = await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
        await carrier.close()

        assert isinstance(first, Accepted)
        # It went out on the connection that was kept; whether it was taken there nobody can say.
        assert isinstance(second, InDoubt)
        assert "reconnected" in dict(second.evidence)
        assert server.calls == 1


@pytest.mark.parametrize(
    "answers",
    [
        ("2606:4700::1111", "8.8.8.8", "10.0.0.1"),
        ("8.8.8.8", "::ffff:10.0.0.1"),
        ("2606:4700::1111", "2606:4700::5efe:a00:1"),
        ("8.8.8.8", "2606:4700::1111%lo"),
        ("8.8.8.8", "not an address"),
    ],
)
async def test_one_bad_answer_among_good_ones_refuses_all(answers: tuple[str, ...]) -> None:
    outcome = await carried(approved("https://agency.test/hook", "agency.test"), answers)

    assert isinstance(outcome, Refused)
    assert dict(outcome.evidence)["phase"] == "dial"


async def test_an_alias_of_a_private_host_is_judged_by_its_address() -> None:
    class Aliased(Names):
        """Answers as a resolver does that followed a CNAME: under the other name."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list:  # type: ignore[type-arg]
            found = await super().resolve(host, port, family)
            return [{**each, "hostname": "intranet.agency.test"} for each in found]

    carrier = WebhookCarrier(clock=SystemClock(), resolver=Aliased(("10.0.0.7",)))
    outcome = await carrier.carry(
        leased(EVENT, channel=Channel.WEBHOOK), approved("https://agency.test/hook", "agency.test")
    )
    await carrier.close()

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.EGRESS


# No way round by way of others.


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login hub password hunter2\ndefault login a password b\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text(path.read_text())
    return path


@pytest.mark.parametrize("case", [str.upper, str.lower])
async def test_no_proxy_and_no_netrc_of_the_environment_is_ever_used(
    case: Callable[[str], str], netrc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[bytes] = []

    async def take(wire: Wire) -> None:
        heard.append(await wire.hear_request())
        await wire.say("HTTP/1.1 204 No Content\r\n\r\n")

    async with peer(lambda wire: wire.gone()) as proxy, peer(take) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(case(name), f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)

        outcome = await carried(endpoint(f"http://127.0.0.1:{server.port}/hook"))

        assert isinstance(outcome, Accepted)
        assert proxy.calls == 0
    (request,) = heard
    assert netrc.exists()
    assert request.startswith(b"POST /hook HTTP/1.1\r\n")
    assert b"authorization" not in request.lower()
    assert b"hunter2" not in request
