"""Several `hub run` on one register, each a real process: started, killed, stopped, let go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.adapters.catcher import MailCatcher
from tests.servers.ground import free_port

HUB: Final = str(Path(sys.executable).with_name("hub"))
STARTS_WITHIN: Final = 300.0
"""Seconds: on a machine at a load of 18 a start took 61."""


@dataclass
class Member:
    """One process of the fleet."""

    process: Process
    url: str
    said: bytearray
    """Everything it has logged so far."""
    reader: asyncio.Task[None]

    def kill(self) -> None:
        """End it at once, as a lost machine would."""
        self.process.send_signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it stands, as a machine that is paused or swaps would."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    async def ended(self) -> int:
        """Ask it to end, wait for it, and return how it ended."""
        if self.process.returncode is None:
            self.thaw()
            self.process.terminate()
        async with asyncio.timeout(60):
            code = await self.process.wait()
            await self.reader
        return code

    async def says(self, word: bytes, within: float = 30) -> None:
        """Return once it has logged this."""
        async with asyncio.timeout(within):
            while word not in self.said:
                await asyncio.wait([self.reader], timeout=0.05)
                assert not self.reader.done() or word in self.said, self.said.decode()


@dataclass
class Fleet:
    """Starts processes on one register, and ends them all."""

    folder: Path
    settings: dict[str, str]
    members: list[Member]

    async def start(self, *roles: str, **settings: str) -> Member:
        """Start one process, with these roles alone where any is named."""
        port = str(free_port())
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        asked = self.settings | settings | {"HUB_WEB_PORT": port, "HUB_LOG_FORM": "json"}
        process = await asyncio.create_subprocess_exec(
            HUB,
            "run",
            *(word for role in roles for word in ("--only", role)),
            cwd=self.folder,
            env=kept | asked,
            stderr=asyncio.subprocess.PIPE,
        )
        said = bytearray()
        reader = asyncio.create_task(_read(process, said))
        member = Member(process, f"http://127.0.0.1:{port}", said, reader)
        self.members.append(member)
        await member.says(b"hub.started", STARTS_WITHIN)
        return member


async def _read(process: Process, into: bytearray) -> None:
    assert process.stderr is not None
    while some := await process.stderr.read(65536):
        into += some


@asynccontextmanager
async def a_fleet(folder: Path, register_url: str, **settings: str) -> AsyncIterator[Fleet]:
    """Give a fleet whose processes are all gone at the end."""
    common = {
        "HUB_DATA_DIR": str(folder / "data"),
        "HUB_REGISTER_URL": register_url,
        "HUB_SECRET": "one secret for all",
        "HUB_MAIL_DOMAIN": "hub.test",
        "HUB_SIGNING_KEY": "A" * 43,
    }
    fleet = Fleet(folder, common | settings, [])
    try:
        yield fleet
    finally:
        for member in fleet.members:
            if member.process.returncode is None:
                member.kill()
            await member.process.wait()
            await member.reader


class SlowCatcher(MailCatcher):
    """Takes the content at once, and answers the final dot when it is let to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self.begun = asyncio.Semaphore(0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, and let its sender wait."""
        answer = await super().handle_DATA(server, session, envelope)  # type: ignore[arg-type]  # its own server
        self.begun.release()
        await self.may_answer.wait()
        return answer
