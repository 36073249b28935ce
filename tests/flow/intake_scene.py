"""Intake on a register and a broker in memory, with a line that can be cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from hub.adapters.memory import MemoryBroker, MemorySession, SequentialMint, VirtualClock
from hub.adapters.register import open_register
from hub.compose import Sender, Words
from hub.concern import Party
from hub.directory import Directory
from hub.intake import Became, Intake, TookIn
from hub.plan import Tools
from hub.ports import Received, Register
from hub.vocabulary import ConcernId, Role
from tests.core.packs import directory, pack, words
from tests.flow.scene import Line

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CONCERN: Final = ConcernId("019ac1d2-7400-7000-8000-0000000c0001")
START: Final = datetime(2027, 4, 15, 9, 0, tzinfo=UTC)
STRUCTURED: Final = "application/cloudevents+json"
REAL_SECONDS: Final = 120
USERS: Final = {
    "https://cases.westsussex.example/concerns": ("wscc", "wscc"),
    "https://cases.sussex-police.example/concerns": ("sussex-police", "sxp"),
}


def document(name: str, /, concern: int = 1, **changes: object) -> dict[str, Any]:
    """One event of the story, about the n-th concern, with attributes changed."""
    whole: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    number = f"{CONCERN[:-4]}{concern:04}"
    whole |= {"concernid": number, "subject": f"concern/{number}"}
    if concern != 1:
        whole["id"] = f"{whole['id']}-{concern}"
    return whole | changes


def body_of(name: str, /, concern: int = 1, **changes: object) -> bytes:
    return json.dumps(document(name, concern, **changes)).encode()


def received(body: bytes, *, user: str | None = None, key: str | None = None) -> Received:
    """One message as the broker delivers it, from the publisher its source names."""
    try:
        source = json.loads(body)["source"]
    except (ValueError, KeyError, TypeError):
        source = ""
    sender, prefix = USERS.get(source, ("wscc", "wscc"))
    return Received(
        tag=1,
        body=body,
        content_type=STRUCTURED,
        headers={"x-trace": "1"},
        user_id=sender if user is None else user,
        routing_key=f"{prefix}.event" if key is None else key,
        delivery_count=0,
        received=START,
    )


class BreakingWords:
    """Words that cannot be put for one location: stands for any defect one event brings out."""

    LOCATION: Final = "Breaks House"

    def __init__(self, words: Words) -> None:
        self._words = words
        self.printed = words.printed

    def write(self, notice: str, role: Role, facts: Mapping[str, str]) -> object:
        if self.LOCATION in facts.values():
            msg = "the words broke"
            raise ZeroDivisionError(msg)
        return self._words.write(notice, role, facts)


@dataclass(kw_only=True)
class IntakeScene:
    clock: VirtualClock
    line: Line
    broker: MemoryBroker
    intake: Intake
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    sessions: list[MemorySession] = field(default_factory=list)
    open_dead: Callable[[], Awaitable[MemorySession]] | None = None

    @property
    def register(self) -> Register:
        return cast(Register, self.line)

    async def takes(self, *bodies: bytes) -> tuple[TookIn, ...]:
        return await self.intake.take_in([received(body) for body in bodies])

    def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            one = received(body)
            self.broker.publish(body, user_id=one.user_id, routing_key=one.routing_key)

    async def open_session(self) -> MemorySession:
        session = await self.broker.session()
        self.sessions.append(session)
        return session

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the loop; it must end by itself once stop is set."""
        run = asyncio.create_task(self.intake.run(self.open_session, self.stop, self.open_dead))
        try:
            yield run
        finally:
            self.stop.set()
            await asyncio.wait_for(run, REAL_SECONDS)

    async def emptied(self) -> None:
        """Return once all that was published is acknowledged."""
        await asyncio.wait_for(self.broker.emptied(), REAL_SECONDS)

    async def asleep(self) -> None:
        """Return once intake waits for the clock."""
        await asyncio.wait_for(self.clock.asleep(), REAL_SECONDS)

    async def verdicts(self, concern: int = 1) -> set[tuple[Party, str]]:
        record = await self.register.concern(ConcernId(f"{CONCERN[:-4]}{concern:04}"))
        return {(d.party, type(d).__name__) for d in record.decisions} if record else set()

    async def kept(self) -> list[tuple[bytes, str]]:
        """What is in quarantine, oldest first: the body and the first fault's words."""
        found = await self.register.quarantined()
        return [(q.poison.body, q.poison.faults[0].says) for q in reversed(found)]


@asynccontextmanager
async def scene(
    tools_for: Callable[[str, Directory, Tools], Tools | None] | None = None,
    publishers: Iterable[str] = ("wscc", "sussex-police"),
) -> AsyncIterator[IntakeScene]:
    clock = VirtualClock(START)
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    seeds = directory()
    allowed = tuple(p for p in seeds.publishers if p.id in set(publishers))
    await register.seed(replace(seeds, publishers=allowed))
    tools = Tools(
        pack=pack(),
        directory=seeds,
        words=words(),
        sender=Sender(
            from_name="West Sussex Safeguarding",
            from_address="hub@hub.westsussex.example",
            message_id_domain="hub.westsussex.example",
            public_url="https://hub.westsussex.example",
            source="https://hub.westsussex.example",
        ),
        mint=SequentialMint(),
    )

    def shipped(partnership: str, now: Directory) -> Tools | None:
        if tools_for is not None:
            return tools_for(partnership, now, tools)
        return replace(tools, directory=now) if partnership == "west-sussex" else None

    line = Line(register)
    intake = Intake(cast(Register, line), shipped, clock, partnerships=lambda: ("west-sussex",))
    try:
        yield IntakeScene(clock=clock, line=line, broker=MemoryBroker(clock), intake=intake)
    finally:
        await register.close()


def became(took: Iterable[TookIn]) -> list[Became]:
    return [one.became for one in took]
