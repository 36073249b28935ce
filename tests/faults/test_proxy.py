"""The bad wire is bad in each of the ways it says, and a good one again when it is healed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.faults.proxy import Proxy, Way


class Echo:
    """Says back what it hears, and notes it."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.hung_up = asyncio.Event()
        """Set when a client has gone."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1024):
                self.heard += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            self.hung_up.set()
            writer.close()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo.answer, "127.0.0.1", 0)
    async with Proxy(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy
    server.close()


Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    yield reader, writer
    writer.close()


async def said_back(client: Client, words: bytes, within: float = 5) -> bytes:
    reader, writer = client
    writer.write(words)
    async with asyncio.timeout(within):
        return await reader.readexactly(len(words))


async def silent(client: Client, words: bytes) -> bool:
    """Whether nothing comes back, not even an end, for a fifth of a second."""
    try:
        await said_back(client, words, within=0.2)
    except TimeoutError:
        return True
    return False


async def test_a_good_wire_passes_everything_on(proxy: Proxy, client: Client) -> None:
    words = bytes(range(256)) * 400

    assert await said_back(client, words) == words
    assert proxy.passed[Way.UP] == proxy.passed[Way.DOWN] == len(words)
    assert proxy.links == proxy.accepted == 1


async def test_latency_holds_each_way_back(proxy: Proxy, client: Client) -> None:
    loop = asyncio.get_running_loop()
    proxy.slow(0.1)

    began = loop.time()
    await said_back(client, b"hello")

    assert loop.time() - began >= 0.2


async def test_a_drip_passes_so_many_octets_a_second(proxy: Proxy, client: Client) -> None:
    loop = asyncio.get_running_loop()
    proxy.drip(200)

    began = loop.time()
    assert await said_back(client, b"x" * 60) == b"x" * 60

    assert loop.time() - began >= 0.3


@pytest.mark.parametrize("way", Way)
async def test_a_connection_is_cut_after_so_many_octets_either_way(
    proxy: Proxy, client: Client, echo: Echo, way: Way
) -> None:
    assert await said_back(client, b"before") == b"before"
    proxy.cut_after(3, way)

    reader, writer = client
    writer.write(b"hello")

    came = await asyncio.wait_for(reader.read(), 5)
    assert proxy.passed[way] == len(b"before") + 3
    if way is Way.DOWN:
        assert came == b"hel"
    await asyncio.wait_for(echo.hung_up.wait(), 5)


async def test_a_connection_can_be_cut_by_a_reset(proxy: Proxy, client: Client) -> None:
    proxy.cut_after(3, Way.UP, reset=True)

    reader, writer = client
    writer.write(b"hello")

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 5)


async def test_every_open_connection_can_be_reset(proxy: Proxy, client: Client) -> None:
    await said_back(client, b"hello")

    proxy.reset()

    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(client[0].read(), 5)


async def test_a_black_hole_takes_connections_passes_nothing_and_lets_go_when_healed(
    proxy: Proxy, client: Client, echo: Echo
) -> None:
    await said_back(client, b"hello")
    proxy.black_hole()

    assert await silent(client, b"old")
    new = await asyncio.open_connection(proxy.host, proxy.port)
    assert await silent(new, b"new")
    assert echo.heard == b"hello"
    proxy.heal()

    async with asyncio.timeout(5):
        assert await client[0].readexactly(3) == b"old"
        assert await new[0].readexactly(3) == b"new"
    new[1].close()


async def test_of_a_half_open_connection_only_the_server_knows_and_new_ones_are_good(
    proxy: Proxy, client: Client, echo: Echo
) -> None:
    await said_back(client, b"hello")

    proxy.half_open()

    await asyncio.wait_for(echo.hung_up.wait(), 5)
    assert await silent(client, b"anybody there?")
    assert echo.heard == b"hello"
    proxy.heal()
    assert await silent(client, b"and now?")
    new = await asyncio.open_connection(proxy.host, proxy.port)
    assert await said_back(new, b"new") == b"new"
    new[1].close()


async def test_who_hangs_up_is_hung_up_on_and_a_server_that_is_not_there_is_an_end(
    proxy: Proxy, client: Client, echo: Echo
) -> None:
    client[1].close()
    await asyncio.wait_for(echo.hung_up.wait(), 5)

    async with Proxy(9) as nowhere:
        reader, writer = await asyncio.open_connection(nowhere.host, nowhere.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


def test_a_url_leads_through_the_proxy() -> None:
    proxy = Proxy(1)
    proxy.port = 4321

    assert proxy.url("amqp://hub:word@127.0.0.1:5672/v%2F") == "amqp://hub:word@127.0.0.1:4321/v%2F"
