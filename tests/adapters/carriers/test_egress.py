"""Where a webhook may go: every spelling of where it may not, and names that change their mind."""

import asyncio
import socket
from ipaddress import ip_address, ip_network

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hub.adapters.clock import SystemClock
from hub.adapters.egress import AddressRefused, Egress, literal, special, url_of
from hub.adapters.webhook import WebhookCarrier
from hub.adapters.webhook.wire import Sessions, Try
from hub.directory import Directory, Endpoint
from hub.notice import Accepted, Deferred, InDoubt, Outcome, Refused, RefusedBecause
from hub.vocabulary import Channel
from tests.adapters.carriers.ground import EVENT, HOOK, endpoint, leased
from tests.adapters.carriers.peers import Wire, peer

FORBIDDEN = [
    "0.0.0.0",  # noqa: S104  # an address that is refused, not one that is bound
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:a00:1",
    "::ffff:0:127.0.0.1",
    "::127.0.0.1",
    "::808:808",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
    "4000::1",
    "8000::1",
    "e000::1",
    "200::1",
    "fe00::1",
]

ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2a00:1450:4009:81f::200e",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "2620:4f:7fff::1",
]

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "0",
    "0.0.0.0",  # noqa: S104  # an address that is refused, not one that is bound
    "0x0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::1]",
    "[fec0::1]",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "10.1",
    "8.8.8.8",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020.0.1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_the_internets_is_refused(address: str) -> None:
    assert Egress().fault(address)


def test_there_are_at_least_sixty_of_them() -> None:
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize("address", ALLOWED)
def test_an_address_of_the_internet_is_not(address: str) -> None:
    assert Egress().fault(address) == ""


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "2002:7f00:1::1", "fec0::1", "224.0.0.1", "5f00::1", "3fff::1", "4000::1"],
)
def test_the_forms_that_the_standard_library_has_called_global_are_known_here(
    address: str,
) -> None:
    assert special(ip_address(address))


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_number_in_any_spelling_is_no_host_even_if_it_was_approved(host: str) -> None:
    assert isinstance(
        judged(f"https://{host}/hook", hosts=(host.strip("[]"), host, "127.0.0.1")), str
    )


@pytest.mark.parametrize(
    "host", ["agency.test", "a1.test", "1.agency", "0x.test", "xn--80ak6aa92e.com"]
)
def test_a_name_is_not_a_number(host: str) -> None:
    assert not literal(host)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://agency.test/hook", "https"),
        ("ftp://agency.test/hook", "https"),
        ("file:///etc/passwd", "https"),
        ("//agency.test/hook", "https"),
        ("agency.test", "https"),
        ("https://user@agency.test/hook", "user name"),
        ("https://user:password@agency.test/hook", "user name"),
        ("https://agency.test@evil.test/hook", "user name"),
        ("https://:@agency.test/hook", "user name"),
        ("https://evil.test/hook", "approved"),
        ("https://agency.test.evil.test/hook", "approved"),
        ("https://evil-agency.test/hook", "approved"),
        ("https://evil.agency.test/hook", "approved"),
        ("https://agency.test./hook", "approved"),
        ("https://agency.test:8443/hook", "port"),
        ("https://agency.test:22/hook", "port"),
        ("https://agency.test:99999/hook", "read"),
        ("https://agency.test\\@evil.test/hook", "characters"),
        ("https://agency.test/ho ok", "characters"),
        ("https://agency.test/\r\nX-Evil: 1", "characters"),
        ("https://[agency.test/hook", "read"),
        ("https:///hook", "approved"),
        ("", "https"),
    ],
)
def test_a_url_is_judged_as_it_is_written(url: str, why: str) -> None:
    fault = judged(url)

    assert isinstance(fault, str)
    assert why in fault


@pytest.mark.parametrize("url", ["https://agency.test/hook", "https://AGENCY.test:443/hook?a=1"])
def test_a_good_url_is_good(url: str) -> None:
    assert not isinstance(judged(url), str)


def test_plain_http_and_numbers_are_for_named_networks_alone() -> None:
    def local(url: str, port: int) -> object:
        hosts = ("127.0.0.1", "8.8.8.8", "10.0.0.1")
        return judged(url, hosts=hosts, ports=(port,), private=("127.0.0.0/8",))

    assert not isinstance(local("http://127.0.0.1/hook", 80), str)
    assert isinstance(local("http://127.0.0.1/hook", 443), str)
    assert isinstance(local("http://10.0.0.1/hook", 80), str)
    assert isinstance(local("https://8.8.8.8/hook", 443), str)


def test_plain_http_never_leaves_the_named_networks() -> None:
    networks = (ip_network("10.0.0.0/8"),)

    assert Egress(private=networks, only_private=True).fault("8.8.8.8")
    assert Egress(private=networks, only_private=True).fault("10.1.2.3") == ""
    assert Egress(private=networks).fault("8.8.8.8") == ""
    assert Egress(private=networks).fault("192.168.0.1")
    assert Egress(private=networks).fault("::ffff:10.1.2.3")


def test_a_private_network_that_is_none_refuses_everything() -> None:
    assert isinstance(judged("https://agency.test/", private=("10.0.0.0/33",)), str)


# At the moment of dialling.


class Names(AbstractResolver):
    """A resolver that gives each answer in turn, and the last for ever."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not answer:
            raise OSError(None, "no such name")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def dialled(names: Names, where: Directory) -> Outcome:
    carrier = WebhookCarrier(clock=SystemClock(), resolver=names)
    try:
        return await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
    finally:
        await carrier.close()


@pytest.mark.parametrize(
    "answers",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("64:ff9b::7f00:1",),
        ("8.8.8.8", "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8"),
        ("2606:4700::1111", "fe80::1"),
        ("8.8.8.8", "8.8.4.4", "10.0.0.1"),
    ],
)
async def test_one_bad_answer_refuses_all_and_nothing_is_dialled(answers: tuple[str, ...]) -> None:
    outcome = await dialled(
        Names(answers),
        endpoint("https://agency.test/hook", hosts=("agency.test",), private=()),
    )

    assert isinstance(outcome, Refused)
    assert outcome.because is RefusedBecause.EGRESS
    assert dict(outcome.evidence)["phase"] == "dial"


async def carried_twice(port: int, names: Names) -> tuple[Outcome, Outcome]:
    """Carry an event twice by one carrier to an agency that may be on 127.0.0.1 alone."""
    where = endpoint(
        f"http://agency.test:{port}/hook", hosts=("agency.test",), private=("127.0.0.1/32",)
    )
    carrier = WebhookCarrier(clock=SystemClock(), resolver=names)
    first = await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
    second = await carrier.carry(leased(EVENT, channel=Channel.WEBHOOK), where)
    await carrier.close()
    return first, second


async def test_a_name_that_changes_its_answer_is_judged_by_what_is_dialled() -> None:
    async def take_and_hang_up(wire: Wire) -> None:
        await wire.hear_request()
        await wire.say("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    async with peer(take_and_hang_up) as server:
        names = Names(("127.0.0.1",), ("127.0.0.2",))
        first, second = await carried_twice(server.port, names)

        assert isinstance(first, Accepted)
        assert isinstance(second, Refused)
        assert second.because is RefusedBecause.EGRESS
        assert names.asked == 2
        assert server.calls == 1


async def test_B03_what_went_out_is_in_doubt_though_its_name_then_leads_where_nobody_may_go() -> (
    None
):
    first = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.hear_request()
        if not first.is_set():
            first.set()
            await wire.say("HTTP/1.1 204 No Content\r\n\r\n")
            # It takes the second event, and hangs up without an answer.
            await wire.hear_request()

    async with peer(script) as server:
        names = Names(("127.0.0.1",), ("127.0.0.2",))
        _, outcome = await carried_twice(server.port, names)

        assert isinstance(outcome, InDoubt)
        assert names.asked == 2
        assert server.calls == 1


async def test_a_kept_connection_into_one_endpoints_network_serves_no_other_endpoint() -> None:
    async def take(wire: Wire) -> None:
        while await wire.hear_request():
            await wire.say("HTTP/1.1 204 No Content\r\n\r\n")

    async with peer(take) as server:
        plain = f"http://agency.test:{server.port}/hook"
        carrier = WebhookCarrier(clock=SystemClock(), resolver=Names(("127.0.0.1",)))
        inside = await carrier.carry(
            leased(EVENT, channel=Channel.WEBHOOK), endpoint(plain, hosts=("agency.test",))
        )
        outside = await carrier.carry(
            leased(EVENT, channel=Channel.WEBHOOK),
            endpoint(plain, hosts=("agency.test",), private=("10.0.0.0/8",)),
        )
        await carrier.close()

        assert isinstance(inside, Accepted)
        assert isinstance(outside, Refused)
        assert server.calls == 1


async def test_the_socket_itself_is_guarded_where_no_name_is_asked() -> None:
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))

    with pytest.raises(OSError, match="loopback"):
        Egress().socket(found)


async def test_what_is_dialled_without_asking_for_a_name_is_judged_all_the_same() -> None:
    nobody = Sessions(ca_file=None, resolver=Names(()), user_agent="test", connect=5)

    async def dial(private: tuple[str, ...]) -> BaseException | None:
        reach = Egress(private=tuple(ip_network(each) for each in private))
        running = Try(started=0.0)
        with pytest.raises(OSError) as refused:
            await nobody.post(reach, URL("https://127.0.0.1:1/hook"), {}, b"{}", running)
        assert not running.sent
        return refused.value.__cause__

    outside, inside = await dial(()), await dial(("127.0.0.0/8",))
    await nobody.close()

    assert isinstance(outside, AddressRefused)
    assert isinstance(inside, ConnectionRefusedError)  # It was dialled, and nobody was there.


async def test_a_name_that_cannot_be_found_is_our_own_fault() -> None:
    outcome = await dialled(
        Names(()), endpoint("https://agency.test/hook", hosts=("agency.test",), private=())
    )

    assert isinstance(outcome, Deferred)
    assert outcome.ours


def judged(
    url: str,
    *,
    hosts: tuple[str, ...] = ("agency.test",),
    ports: tuple[int, ...] = (443,),
    private: tuple[str, ...] = (),
) -> object:
    only: Endpoint = endpoint("https://x", hosts=hosts, ports=ports, private=private).endpoints[0]
    return url_of(
        Endpoint(
            id=HOOK,
            agency=only.agency,
            roles=only.roles,
            url=url,
            hosts=only.hosts,
            ports=only.ports,
            private_networks=only.private_networks,
        )
    )
