"""The inbox keeps what is ours before it says so, and takes nothing else."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import pytest
from aiosmtplib import SMTP, SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.inbox import MOST_TAKEN, Inbox
from hub.adapters.register import open_register
from hub.adapters.smtp import verp_address, verp_delivery
from hub.bounce import ReturnedMail
from hub.ports import Register, RegisterAway
from hub.vocabulary import DeliveryId

DOMAIN: Final = "hub.example"
KEY: Final = b"the key of these tests"
OURS: Final = verp_address(DeliveryId("d-1"), domain=DOMAIN, key=KEY)
ALSO_OURS: Final = verp_address(DeliveryId("d-2"), domain=DOMAIN, key=KEY)
FORGED: Final = verp_address(DeliveryId("d-1"), domain=DOMAIN, key=b"another")
RAW: Final = b"Subject: back\r\n\r\n.dots\r\n..and \xff octets\r\n"


class Cut:
    """A register that can be away."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self.away = False

    async def keep_mail(self, mail: ReturnedMail) -> None:
        if self.away:
            raise RegisterAway("as the test says")
        await self._register.keep_mail(mail)


@dataclass
class Scene:
    inbox: Inbox
    register: Register
    line: Cut

    async def kept(self) -> list[ReturnedMail]:
        return list(await self.register.unread_mail(99))

    @asynccontextmanager
    async def client(self) -> AsyncIterator[SMTP]:
        client = SMTP(hostname="127.0.0.1", port=self.inbox.port, timeout=10, start_tls=False)
        await client.connect()
        try:
            yield client
        finally:
            client.close()

    async def send(self, *to: str, sender: str = "", raw: bytes = RAW) -> None:
        async with self.client() as client:
            await client.sendmail(sender, list(to), raw)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    register = await open_register("sqlite+aiosqlite://")
    line, stop = Cut(register), asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        names = partial(verp_delivery, domain=DOMAIN, key=KEY)
        inbox = Inbox(
            line,  # type: ignore[arg-type]  # it is asked for one thing alone
            SystemClock(),
            RandomMint(),
            door,
            names=names,
            host_name=DOMAIN,
        )
        running = asyncio.create_task(inbox.run(stop))
        yield Scene(inbox, register, line)
        stop.set()
        async with asyncio.timeout(10):
            await running
    await register.close()


async def test_B04_a_mail_that_comes_back_is_kept_byte_for_byte(scene: Scene) -> None:
    await scene.send(OURS)
    await scene.send(OURS.upper(), sender="jo@surrey.example")

    first, second = await scene.kept()
    assert (first.raw, first.sender, first.recipient) == (RAW, "", OURS)
    assert (second.sender, second.recipient) == ("jo@surrey.example", OURS.upper())
    assert first.id != second.id


@pytest.mark.parametrize(
    "address", [FORGED, f"postmaster@{DOMAIN}", f"b+{'a' * 30}@{DOMAIN}", "somebody@else.example"]
)
async def test_B04_what_is_no_bounce_address_of_ours_is_refused(scene: Scene, address: str) -> None:
    with pytest.raises(SMTPRecipientsRefused) as refused:
        await scene.send(address)

    assert refused.value.recipients[0].code == 550
    assert "5.1.1" in refused.value.recipients[0].message
    assert await scene.kept() == []


async def test_B04_what_is_too_large_is_refused_by_its_size_and_by_its_octets(
    scene: Scene,
) -> None:
    large = RAW + (b"x" * 98 + b"\r\n") * (MOST_TAKEN // 100 + 1)

    with pytest.raises(SMTPResponseException) as by_size:
        await scene.send(OURS, raw=large)
    async with scene.client() as client:
        await client.ehlo()
        await client.mail("")
        await client.rcpt(OURS)
        with pytest.raises(SMTPDataError) as by_octets:
            await client.data(large)

    assert (by_size.value.code, by_octets.value.code) == (552, 552)
    assert await scene.kept() == []


async def test_B04_what_is_as_large_as_may_be_and_in_one_long_line_is_kept(scene: Scene) -> None:
    raw = b"Subject: long\r\n\r\n" + b"y" * 60_000 + b"\r\n" + (b"z" * 98 + b"\r\n") * 10_000

    await scene.send(OURS, raw=raw)

    (kept,) = await scene.kept()
    assert kept.raw == raw


async def test_B04_nothing_is_taken_before_it_is_committed(scene: Scene) -> None:
    scene.line.away = True
    with pytest.raises(SMTPDataError) as put_off:
        await scene.send(OURS)
    assert put_off.value.code == 451
    assert await scene.kept() == []

    scene.line.away = False
    await scene.send(OURS)

    assert len(await scene.kept()) == 1


async def test_B04_one_recipient_is_taken_at_a_time_and_the_other_is_sent_again(
    scene: Scene,
) -> None:
    async with scene.client() as client:
        refused, _ = await client.sendmail("", [OURS, ALSO_OURS], RAW)

    assert [answer.code for answer in refused.values()] == [452]
    assert [mail.recipient for mail in await scene.kept()] == [OURS]


async def test_B04_it_speaks_lmtp_as_well(scene: Scene) -> None:
    def send() -> None:
        with smtplib.LMTP("127.0.0.1", scene.inbox.port, timeout=10) as client:
            client.sendmail("", [OURS], RAW)

    await asyncio.to_thread(send)

    assert [mail.raw for mail in await scene.kept()] == [RAW]


async def test_B04_who_hangs_up_before_the_last_dot_has_sent_nothing(scene: Scene) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.inbox.port)
    writer.write(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<" + OURS.encode() + b">\r\nDATA\r\n" + RAW)
    async with asyncio.timeout(10):
        while b"354" not in await reader.readline():
            pass
    writer.transport.abort()

    await scene.send(OURS, sender="after@surrey.example")

    assert [mail.sender for mail in await scene.kept()] == ["after@surrey.example"]
