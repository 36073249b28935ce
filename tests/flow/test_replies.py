"""People press Reply: their answer comes to the inbox, about that very notice, for a person."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from aiosmtplib import SMTP
from pydantic import SecretStr

from hub.adapters.inbox import Inbox
from hub.adapters.smtp import reply_address, verp_address, verp_delivery
from hub.app import ways
from hub.bounce import REPLIES, ReadAs
from hub.intake.took import Became
from hub.receipt import fold
from hub.returns import Returns
from hub.settings import Settings
from hub.vocabulary import DeliveryId, ObligationKind, Rung
from tests.core import returned as r
from tests.flow.scenarios.stage import OPENING, THE_CQC, Letter, Play, a_play, mails_to
from tests.servers.ground import free_port

SECRET: Final = b"the secret of these replies"
INSPECTOR: Final = "ines.doyle@cqc.example"
NAMES: Final = partial(verp_delivery, domain=r.DOMAIN, key=SECRET)


@asynccontextmanager
async def an_inbox(play: Play) -> AsyncIterator[Inbox]:
    """Listen for what comes back, as `hub run` does."""
    scene, stop = play.scene, asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:
        inbox = Inbox(
            scene.register, scene.clock, scene.tools.mint, door, names=NAMES, host_name=r.DOMAIN
        )
        running = asyncio.create_task(inbox.run(stop))
        try:
            yield inbox
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await running


async def told(play: Play) -> Letter:
    """A concern is opened by a hub that takes replies; return what the regulator got."""
    to = partial(reply_address, domain=r.DOMAIN, key=SECRET)
    sender = replace(play.scene.tools.sender, reply_to=to, message_id_domain=r.DOMAIN)
    play.scene.tools = replace(play.scene.tools, sender=sender)
    await play.opens()
    (letter,) = mails_to(await play.sent(), THE_CQC)
    return letter


def reply_to(letter: Letter) -> str:
    return str(letter.mail["Reply-To"]).strip("<>")


async def comes(play: Play, to: str, raw: bytes, sender: str = INSPECTOR) -> ReadAs:
    """A mail comes in by SMTP, and is read; return as what."""
    async with (
        an_inbox(play) as inbox,
        SMTP(hostname="127.0.0.1", port=inbox.port, start_tls=False) as client,
    ):
        await client.sendmail(sender, [to], raw)
    (kept,) = await play.scene.register.unread_mail(9)
    returns = Returns(
        play.scene.register,
        play.scene.clock,
        play.scene.tools.mint,
        names=NAMES,
        domain=r.DOMAIN,
        trusted=(r.RELAY,),
    )
    assert await returns.read_all() == 1
    read = await play.scene.register.mail(kept.id)
    assert read is not None
    assert read.read_as is not None
    return read.read_as


def written(letter: Letter, *headers: str) -> bytes:
    lines = (
        f"From: Ines Doyle <{INSPECTOR}>",
        f"To: {reply_to(letter)}",
        "Subject: Re: your notice",
        f"In-Reply-To: {letter.mail['Message-ID']}",
        *headers,
        "",
        "We have it, thank you.",
        "",
    )
    return "\r\n".join(lines).encode()


def report(letter: Letter, action: str, status: str) -> bytes:
    raw = r.postfix(action, status).decode()
    return raw.replace(r.ATTEMPT, "nobody-knows").replace(r.DELIVERY, _of(letter)).encode()


def _of(letter: Letter) -> str:
    return letter.carried.delivery.id


async def rung(play: Play, letter: Letter) -> Rung:
    """What may be claimed of this one mail: another way may have reached them too."""
    receipts = [receipt for each in (await play.record()).notices for receipt in each.receipts]
    return fold(one for one in receipts if one.delivery == letter.carried.delivery.id).rung


async def test_B04_a_reply_comes_back_about_its_own_notice_and_stands_in_the_leos_queue() -> None:
    async with a_play() as play:
        letter = await told(play)
        before = await rung(play, letter)

        read = await comes(play, reply_to(letter), written(letter))

        assert read is ReadAs.HUMAN_REPLY
        (owed,) = await play.owes(ObligationKind.PERSON)
        assert owed.notice == letter.carried.delivery.notice
        assert owed.delivery == letter.carried.delivery.id
        assert "somebody replied" in owed.says
        # A person must say what it means: until then it proves nothing.
        assert await rung(play, letter) is before


async def test_B04_the_address_is_one_for_each_delivery_and_in_the_bytes_of_every_try() -> None:
    async with a_play() as play:
        await told(play)

        addresses = {reply_to_of(one.delivery.body) for one in play.scene.mail.carried}

        assert len(addresses) == len(play.scene.mail.carried) > 3
        for one in play.scene.mail.carried:
            address = reply_to_of(one.delivery.body)
            assert address.startswith(f"{REPLIES}+")
            assert NAMES(address) == one.delivery.id


def reply_to_of(body: bytes) -> str:
    (line,) = [one for one in body.split(b"\r\n") if one.startswith(b"Reply-To: ")]
    return line.decode().removeprefix("Reply-To: ").strip("<>")


async def test_B04_an_automatic_reply_is_no_answer_there_either() -> None:
    async with a_play() as play:
        letter = await told(play)

        read = await comes(play, reply_to(letter), written(letter, "Auto-Submitted: auto-replied"))

        assert read is ReadAs.AUTOMATIC_REPLY
        assert await play.owes(ObligationKind.PERSON) == []


async def test_B04_a_success_that_is_reported_where_people_reply_is_not_believed() -> None:
    async with a_play() as play:
        letter = await told(play)
        before = await rung(play, letter)

        read = await comes(play, reply_to(letter), report(letter, "relayed", "2.0.0"), "")

        assert read is ReadAs.DELIVERY_REPORT
        assert await rung(play, letter) is before is Rung.SUBMITTED


async def test_B04_the_same_success_counts_where_mail_servers_report() -> None:
    async with a_play() as play:
        letter = await told(play)
        bounces = verp_address(letter.carried.delivery.id, domain=r.DOMAIN, key=SECRET)

        await comes(play, bounces, report(letter, "relayed", "2.0.0"), "")

        assert await rung(play, letter) is Rung.RELAYED


async def test_B04_a_failure_counts_wherever_it_is_reported() -> None:
    async with a_play() as play:
        letter = await told(play)

        await comes(play, reply_to(letter), report(letter, "failed", "5.1.1"), "")

        assert await rung(play, letter) is Rung.QUEUED
        assert await play.owes(ObligationKind.REACH) != []


def test_B04_the_token_of_the_one_address_is_no_token_of_the_other() -> None:
    delivery = DeliveryId("019ac1d2-7400-7000-8000-00000000de11")
    replies = reply_address(delivery, domain=r.DOMAIN, key=SECRET)
    bounces = verp_address(delivery, domain=r.DOMAIN, key=SECRET)

    assert NAMES(replies) == NAMES(bounces) == NAMES(replies.upper()) == delivery
    assert NAMES("b" + replies[1:]) is None
    assert NAMES("r" + bounces[1:]) is None


@pytest.mark.parametrize("inbox", [True, False])
def test_replies_come_to_the_inbox_where_there_is_one_and_else_to_the_sender(
    tmp_path: Path, inbox: bool
) -> None:
    settings = Settings(
        data_dir=tmp_path, secret=SecretStr("s"), inbox_port=free_port() if inbox else 0
    )

    found = ways.sender(settings, "https://hub.example").reply_to

    if not inbox:
        assert found is None
        return
    assert found is not None
    address = found(DeliveryId("d-1"))
    assert verp_delivery(address, domain=settings.mail_domain, key=b"s") == "d-1"


async def test_an_address_that_no_header_can_carry_is_refused_before_anything_is_sent() -> None:
    async with a_play() as play:
        sender = replace(play.scene.tools.sender, reply_to=lambda _: "x\r\nBcc: y@z.example")
        play.scene.tools = replace(play.scene.tools, sender=sender)

        heard = await play.says("concern.opened", became=Became.QUARANTINED, **OPENING)

        assert "Reply-To" in heard.took.faults[0].says
        assert play.scene.carried == []
