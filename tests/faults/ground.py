"""What a fault run stands on: the hub as a child, receivers, a case system, one history."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import asyncpg

from hub.adapters.register import open_register
from hub.adapters.topology import apply
from hub.ports import Register
from hub.receipt import height
from hub.vocabulary import HubError, Rung, Setback
from tests.faults.case_system import CaseSystem
from tests.faults.checker import QUARANTINE, RECORD, SUBMITTED, UNPROVEN, History, Verdict, check
from tests.faults.checker import read as read_history
from tests.faults.running import Asked
from tests.faults.sinks import Sinks

ROOT: Final = Path(__file__).parents[2]
STARTS_WITHIN: Final = 300.0
"""Seconds. A start takes three on a quiet machine; on one at a load of 18 it took 61."""
CLAIMED: Final = tuple(str(rung) for rung in Rung if height(rung) >= height(Rung.SUBMITTED))

_RECORDS: Final = """
SELECT d.id, d.sha256, n.event_id,
  EXISTS (SELECT FROM receipt r WHERE r.delivery_id = d.id AND r.setback = $1)
  AND EXISTS (SELECT FROM receipt r
              WHERE r.delivery_id = d.id AND r.evidence LIKE '%possible duplicate%') AS doubted,
  EXISTS (SELECT FROM receipt r WHERE r.delivery_id = d.id AND r.rung = ANY($2)) AS claimed
FROM delivery d JOIN notice n ON n.id = d.notice_id WHERE d.target <> ALL($3)
"""
_QUARANTINED: Final = """
SELECT encode(sha256(b.bytes), 'hex') AS sha256 FROM quarantine q JOIN body b ON b.id = q.body_id
"""


class ChildBroke(AssertionError):
    """The hub ended by itself, or did not begin."""


class HubChild:
    """The whole hub, or some of its roles, in a process that may be killed, frozen, started."""

    def __init__(self, asked: Asked, log: Path) -> None:
        self.asked = asked
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process."""
        return self._alive.pid

    @property
    def _alive(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            raise ChildBroke(f"the hub is not running\n{self.said()}")
        return self._process

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, and return once it runs."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.running", json.dumps(asdict(self.asked))),
                cwd=ROOT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        if self._process.stdout is None:
            raise ChildBroke
        async with asyncio.timeout(STARTS_WITHIN):
            if not await self._process.stdout.readline():
                await self._process.wait()
                raise ChildBroke(self.said())

    async def kill(self) -> None:
        """End it as a power cut would."""
        self._alive.send_signal(signal.SIGKILL)
        await self._alive.wait()

    def freeze(self) -> None:
        """Stop it where it stands: it keeps its sockets and its beliefs."""
        self._alive.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if no time had passed."""
        self._alive.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """Ask it to end, and return how it did."""
        process = self._alive
        process.send_signal(signal.SIGTERM)
        if process.stdin is not None:
            process.stdin.close()
        async with asyncio.timeout(STARTS_WITHIN):
            return await process.wait()

    async def end(self) -> None:
        """Leave nothing behind."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            await self._process.wait()

    def said(self, most: int = 3000) -> str:
        """Return the end of its log."""
        return self.log.read_text("utf-8", "replace")[-most:] if self.log.exists() else ""

    def logged(self, event: str) -> int:
        """Return how often it logged an event, since the very first start."""
        return self._lines(f'"event":"{event}"')

    def warned(self) -> int:
        """Return how many warnings and errors it logged, since the very first start."""
        return self._lines('"level":"warning"') + self._lines('"level":"error"')

    def _lines(self, word: str) -> int:
        return self.log.read_text("utf-8", "replace").count(word) if self.log.exists() else 0

    def peak_mb(self) -> float:
        """Return the most memory it ever had, in MiB."""
        return self._memory_mb("VmHWM")

    def rss_mb(self) -> float:
        """Return how much memory it has now, in MiB."""
        return self._memory_mb("VmRSS")

    def _memory_mb(self, which: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8")
        found = re.search(rf"^{which}:\s+(\d+)", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0


_TAKEN: Final = "SELECT count(*) AS number FROM event WHERE state = 'applied' AND id = ANY($1)"


@dataclass(kw_only=True)
class Ground:
    """One run: everything it stands on, and what came of it."""

    folder: Path
    amqp: str
    register_url: str
    history: History
    sinks: Sinks
    case_system: CaseSystem
    register: Register
    hub: HubChild
    stack: AsyncExitStack
    """Gives back what the run took."""

    def another(self, **otherwise: object) -> HubChild:
        """Return one more hub on the same register and broker, not started yet."""
        name = f"hub-{len(list(self.folder.glob('hub-*')))}"
        folder = self.folder / name
        folder.mkdir()
        asked = replace(self.hub.asked, folder=str(folder), **otherwise)  # type: ignore[arg-type]  # fields of Asked
        hub = HubChild(asked, folder / "log")
        self.stack.push_async_callback(hub.end)
        return hub

    async def settled(self, within: float, after: str = "") -> None:
        """Wait until everything confirmed has come and nothing is under way any more.

        `after`: which fault, for whoever reads that it did not.
        """
        try:
            async with asyncio.timeout(within):
                while not await self._is_settled():
                    await self.register.wake(0.1)
        except TimeoutError:
            says = f"not settled {after}: {await self._state()}\n{self.hub.said()}"
            raise AssertionError(says) from None

    async def verdict(self, apart: Sequence[str] = ()) -> Verdict:
        """Ask the register, write its answers into the history, and return the checker's word.

        `apart`: endpoints that are no sinks of ours, and whose deliveries the history cannot have.
        """
        asked = (str(Setback.IN_DOUBT), list(CLAIMED), list(apart))
        for row in await self.rows(_RECORDS, *asked):
            self.history.note(
                RECORD,
                SUBMITTED if row["claimed"] else UNPROVEN,
                event=row["event_id"],
                delivery=row["id"],
                sha256=row["sha256"],
                doubted=row["doubted"],
            )
        for row in await self.rows(_QUARANTINED):
            self.history.note(QUARANTINE, "kept", sha256=row["sha256"])
        return check(read_history(self.history.path))

    async def rows(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Ask the register's database itself."""
        url = self.register_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    async def _is_settled(self) -> bool:
        if len(self.sinks.copies) < self.case_system.owed:
            return False
        try:
            depths = await self.register.depths()
        except HubError:
            return False
        under_way = depths.queued + depths.leased + depths.unaccounted
        if under_way or depths.quarantined < self.case_system.poisoned:
            return False
        # What nobody confirmed may have come all the same: a count alone would be met too soon.
        known = await self.rows(_TAKEN, list(self.case_system.acknowledged))
        return bool(known[0]["number"] == len(self.case_system.acknowledged))

    async def _state(self) -> str:
        came, owed = len(self.sinks.copies), self.case_system.owed
        try:
            return f"{came} of {owed} came; {await self.register.depths()}"
        except HubError as away:
            return f"{came} of {owed} came; the register: {away}"


@asynccontextmanager
async def a_run(
    folder: Path,
    *,
    amqp: str,
    register_url: str,
    publisher: str,
    through: str | None = None,
    register_through: str | None = None,
    **asked: object,
) -> AsyncIterator[Ground]:
    """Open what one run stands on: a virtual host and a migrated database are given.

    `publisher`: the URL by which the case system publishes. `through`, `register_through`: by which
    URLs the hub reaches the broker and the register, where that is not the direct way.
    """
    async with AsyncExitStack() as stack:
        history = stack.enter_context(History(folder / "history.jsonl"))
        await apply(amqp, ["wscc"])
        sinks = await stack.enter_async_context(Sinks(history))
        case_system = await stack.enter_async_context(CaseSystem(publisher, history))
        register = await open_register(register_url)
        stack.push_async_callback(register.close)
        home = folder / "hub-0"
        home.mkdir()
        what = Asked(
            amqp=through or amqp,
            register=register_through or register_url,
            smtp=sinks.smtp,
            hooks=sinks.hooks,
            folder=str(home),
        )
        hub = HubChild(replace(what, **asked), home / "log")  # type: ignore[arg-type]  # fields of Asked
        stack.push_async_callback(hub.end)
        yield Ground(
            folder=folder,
            amqp=amqp,
            register_url=register_url,
            history=history,
            sinks=sinks,
            case_system=case_system,
            register=register,
            hub=hub,
            stack=stack,
        )
