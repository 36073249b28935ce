"""Returned mail in a whole hub: the settings open the way back, and what comes in is read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, cast

import pytest
from aiosmtplib import SMTP
from prometheus_client import generate_latest
from pydantic import SecretStr

from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.register import migrate
from hub.adapters.register.sql import SqlRegister
from hub.adapters.smtp import verp_address, verp_delivery
from hub.app import Hub, open_hub, ways
from hub.bounce import Filing, ReadAs, ReturnedMail
from hub.ports import Register, RegisterAway
from hub.returns import AT_ONCE, Counts, Returns
from hub.routes.deps import WEB
from hub.settings import Settings
from hub.vocabulary import DeliveryId
from tests.adapters.by_hand import look
from tests.core import returned as r
from tests.flow.scene import Scene, a_scene
from tests.servers.ground import free_port

SECRET: Final = "the secret of this hub, which signs"
OURS: Final = verp_address(DeliveryId(r.DELIVERY), domain=r.DOMAIN, key=SECRET.encode())


async def a_hub(folder: Path, roles: Collection[str], **more: Any) -> Hub:  # noqa: ANN401 - of any setting
    settings = Settings(
        data_dir=folder, web_port=0, secret=SecretStr(SECRET), policy_watch_seconds=0, **more
    )
    folder.mkdir(exist_ok=True)
    await migrate(settings.register)
    return await open_hub(settings, roles)


async def test_B04_a_mail_that_comes_back_to_a_running_hub_is_kept_and_read(tmp_path: Path) -> None:
    hub = await a_hub(tmp_path, ("inbox",), inbox_port=free_port(), trusted_mtas=(r.RELAY,))
    back, stop = hub.parts.back, asyncio.Event()
    assert back is not None
    running = asyncio.create_task(hub.run(stop))

    async with asyncio.timeout(20):
        async with SMTP(hostname="127.0.0.1", port=back.inbox.port, start_tls=False) as client:
            await client.sendmail("", [OURS], r.FAILED)
        await back.returns.read_all()
    ((name,),) = await look(cast(SqlRegister, hub.register), "SELECT id FROM inbound_mail")
    read = await hub.register.mail(str(name))
    counted = generate_latest(hub.site[WEB].metrics).decode()
    stop.set()
    await running

    assert read is not None
    assert (read.raw, read.sender, read.recipient) == (r.FAILED, "", OURS)
    assert read.read_as is ReadAs.DELIVERY_REPORT
    assert "hub_returns_read_total 1.0" in counted


def way_back(folder: Path, port: int, stack: AsyncExitStack) -> ways.WayBack | None:
    settings = Settings(data_dir=folder, secret=SecretStr(SECRET), inbox_port=port)
    register = cast(Register, None)  # nothing asks it anything here
    return ways.way_back(settings, register, SystemClock(), RandomMint(), stack)


def test_without_a_port_nothing_listens(tmp_path: Path) -> None:
    assert way_back(tmp_path, 0, AsyncExitStack()) is None


async def test_a_port_that_is_taken_is_said_at_the_start(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ways.DoorTaken):
            way_back(tmp_path, taken.getsockname()[1], stack)


def reader(scene: Scene) -> Returns:
    return Returns(
        scene.register,
        scene.clock,
        scene.tools.mint,
        names=lambda address: verp_delivery(address, domain=r.DOMAIN, key=SECRET.encode()),
        domain=r.DOMAIN,
    )


async def keep(scene: Scene, *names: str) -> None:
    for name in names:
        mail = ReturnedMail(
            id=name, sender="", recipient=OURS, raw=r.FAILED, received=scene.clock.now()
        )
        await scene.register.keep_mail(mail)


async def unread(scene: Scene) -> list[str]:
    return [mail.id for mail in await scene.register.unread_mail(AT_ONCE)]


async def test_B04_a_mail_that_cannot_be_filed_stays_and_the_others_are_read() -> None:
    async with a_scene() as scene:
        await keep(scene, "bad", "good")
        filed = scene.line.file_mail

        async def stumbling(filing: Filing) -> bool:
            if filing.mail == "bad":
                raise ValueError(filing.mail)
            return bool(await filed(filing))

        scene.line.file_mail = stumbling  # type: ignore[attr-defined]  # the line takes any name
        returns = reader(scene)

        assert await returns.read_all() == 1
        assert await unread(scene) == ["bad"]

        del scene.line.file_mail
        assert await returns.read_all() == 1
        assert await unread(scene) == []
        assert returns.counts == Counts(read=2, unfiled=1)


async def test_B04_while_the_register_is_away_mail_waits_and_is_read_afterwards() -> None:
    async with a_scene() as scene:
        await keep(scene, "waits")
        scene.line.away.add("sent")
        returns, stop = reader(scene), asyncio.Event()
        with pytest.raises(RegisterAway):
            await returns.read_all()

        running = asyncio.create_task(returns.run(stop))
        await scene.line.quiet()
        scene.line.away.clear()
        stop.set()
        async with asyncio.timeout(20):
            await running
        assert await returns.read_all() in {0, 1}

        assert await unread(scene) == []
