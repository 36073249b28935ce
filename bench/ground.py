"""What the measuring happens on: private servers, the sinks, and each side in its own process."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from bench.processes import cpu_of, forget_peak_of, peak_mb_of
from bench.sinks import Came
from bench.work import PUBLISHER, Sent, Voice
from hub.adapters.register import migrate
from hub.adapters.topology import apply
from tests.servers.postgres import Postgres
from tests.servers.rabbit import Rabbit
from tests.servers.session import Servers

OF_THE_HUB: Final = frozenset({"hub", "behind", "intake", "rows", "queue"})
"""The sides that keep a register of the hub's own."""
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")


class SideBroke(RuntimeError):
    """One side of the benchmark ended too early."""


@dataclass(slots=True)
class Sinks:
    """The process in which mail and webhooks end."""

    process: asyncio.subprocess.Process
    smtp: str
    hooks: str
    folder: Path

    async def count(self) -> int:
        """Return how many deliveries came since the last `take`."""
        return int(await self._order("count"))

    async def take(self) -> list[Came]:
        """Return what came, and forget it."""
        path = self.folder / "came.json"
        await self._order(f"dump {path}")
        came: list[Came] = orjson.loads(path.read_bytes())
        return came

    async def _order(self, order: str) -> str:
        if self.process.stdin is None or self.process.stdout is None:
            raise SideBroke("sinks")
        self.process.stdin.write(f"{order}\n".encode())
        return (await self.process.stdout.readline()).decode()


@dataclass(slots=True)
class Side:
    """One side's processes, seen from outside: their CPU time and their memory."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    voice: Voice
    register: str
    """The URL of its database."""
    found: list[Sent]
    """What was in its queue before it started."""

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have used so far."""
        return cpu_of(self.process.pid)

    def peak_rss_mb(self) -> float:
        """Return the most memory its processes had since the peak was forgotten, in MB."""
        return peak_mb_of(self.process.pid)

    def forget_peak(self) -> None:
        """Count the peak anew, from the memory it has now."""
        forget_peak_of(self.process.pid)

    async def hear(self) -> dict[str, Any]:
        """Return the next line it says. Raises SideBroke where it ended instead."""
        if self.process.stdout is None:
            raise SideBroke(self.name)
        line = await self.process.stdout.readline()
        if not line:
            raise SideBroke(f"{self.name}:\n{self.log.read_text()[-4000:]}")
        said: dict[str, Any] = json.loads(line)
        return said

    def go(self) -> None:
        """Let it begin."""
        if self.process.stdin is not None:
            self.process.stdin.write(b"go\n")

    async def end(self) -> None:
        """Hang up, and wait until it is gone."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), 30)
        except TimeoutError:
            self.process.kill()
        await self.voice.close()


class Ground:
    """Servers that are ours alone, and gone afterwards."""

    def __init__(self, folder: Path, rabbit: Any, postgres: Any, stack: AsyncExitStack) -> None:  # noqa: ANN401  # as the servers are
        self.folder = folder
        self._rabbit = rabbit
        self.postgres = Postgres(postgres, postgres.url)
        self._stack = stack
        self._sides = 0
        for name in _DURABLE:
            # The tests' cluster does not wait for the disk; here a commit is a commit.
            self.postgres.sql(f"ALTER SYSTEM SET {name} = on")
        self.postgres.sql("SELECT pg_reload_conf()")

    async def sinks(self) -> Sinks:
        """Start the sinks."""
        process = await self._process("bench.sinks", log=self.folder / "sinks.log")
        if process.stdout is None:
            raise SideBroke("sinks")
        mail, hooks = (await process.stdout.readline()).split()
        return Sinks(
            process, f"smtp://127.0.0.1:{int(mail)}", f"127.0.0.1:{int(hooks)}", self.folder
        )

    @asynccontextmanager
    async def side(self, name: str, sinks: Sinks, **more: float) -> AsyncIterator[Side]:
        """Start one side on a virtual host and a database of its own; it ends with the block."""
        side = await self._side(name, sinks, more)
        try:
            yield side
        finally:
            await side.end()

    async def _side(self, name: str, sinks: Sinks, more: dict[str, float]) -> Side:
        self._sides += 1
        host = Rabbit(self._rabbit, self._rabbit.url, self._rabbit.api_url)
        self._stack.callback(host.close)
        publisher = host.add_user(PUBLISHER, write=".*", read=".*")
        await apply(host.url, [PUBLISHER])
        register = self.postgres.new_database()
        if name in OF_THE_HUB:
            await migrate(register)
        folder = self.folder / f"{name}-{self._sides}"
        folder.mkdir()
        asked = {
            "amqp": host.url,
            "register": register,
            "smtp": sinks.smtp,
            "hooks": sinks.hooks,
            "folder": str(folder),
        } | more
        log = folder / "log"
        voice = await Voice.open(publisher)
        found = await voice.all_at_once(int(more.get("warm", 0) + more.get("count", 0)))
        process = await self._process("bench.sides", name, json.dumps(asked), log=log)
        side = Side(name, process, log, voice, register, found)
        await side.hear()
        return side

    async def _process(self, *words: str, log: Path) -> asyncio.subprocess.Process:
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        self._stack.push_async_callback(_ended, process)
        return process


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


@asynccontextmanager
async def open_ground() -> AsyncIterator[Ground]:
    """Start RabbitMQ and PostgreSQL for this run alone, and end everything with the block."""
    servers = Servers()
    try:
        servers.begin("rabbit")
        servers.begin("postgres")
        rabbit = await asyncio.to_thread(servers.rabbit)
        postgres = await asyncio.to_thread(servers.postgres)
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            async with AsyncExitStack() as stack:
                yield Ground(Path(folder), rabbit, postgres, stack)
    finally:
        await asyncio.to_thread(servers.end)


async def until_count(sinks: Sinks, side: Side, count: int, within: float) -> None:
    """Wait until so many deliveries came, or until no more come for `within` seconds."""
    have, since = -1, time.monotonic()
    while True:
        now = await sinks.count()
        if now >= count:
            return
        if now != have:
            have, since = now, time.monotonic()
        if time.monotonic() - since > within:
            return
        if side.process.returncode is not None:
            raise SideBroke(f"{side.name}:\n{side.log.read_text()[-4000:]}")
        await asyncio.sleep(0.02)
