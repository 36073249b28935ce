"""A hub whose policy lies in a folder of the test's own: changed, broken, put right, read again."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from hub.adapters.clock import RandomMint
from hub.adapters.memory import VirtualClock
from hub.adapters.register import open_register
from hub.adapters.register.sql import SqlRegister
from hub.adapters.scripted import ScriptedCarrier
from hub.adapters.shipped import shipped
from hub.app.books import Books, open_books
from hub.app.reload import Reload, Shelf, Source, look_at
from hub.compose import Sender
from hub.directory import Directory
from hub.intake import Intake, TookIn
from hub.ports import ConcernRecord
from tests.adapters.by_hand import look
from tests.flow.intake_scene import CONCERN, REAL_SECONDS, START, received
from tests.flow.scene import Line, Scene

EVERY: Final = timedelta(seconds=5)
SENDER: Final = Sender(
    from_name="West Sussex Safeguarding",
    from_address="hub@hub.westsussex.example",
    message_id_domain="hub.westsussex.example",
    public_url="https://hub.westsussex.example",
    source="https://hub.westsussex.example",
)

BROKEN: Final = (
    ("sharing.toml", r'with = "regulator"', 'with = "regulatr"'),
    ("sharing.toml", r'basis = "care_act"', 'basis = "care_akt"'),
    ("sharing.toml", r'hold = "H9"', 'hold = "H11"'),
    ("sharing.toml", r"review_by = \d{4}", "review_by = 2099"),
    ("sharing.toml", r"approved_by = \[.*\]", 'approved_by = ["Caldicott Guardian"]'),
    ("sharing.toml", r"\nbecause = ", "\nbecuase = "),
    ("routing.toml", r'lane = "immediate"', 'lane = "imediate"'),
    ("routing.toml", r'required = "relayed"', 'required = "relaid"'),
    ("authority.toml", r'kind = "H2"', 'kind = "H22"'),
    ("authority.toml", r'hosts = ".*"', 'hosts = "gss:E1"'),
)
"""Ten ways to break a pack: a file, what is there, and what is put in its place, once each."""


@dataclass(kw_only=True)
class Renewal:
    """One hub with its folder, on a clock that stands still."""

    folder: Path
    clock: VirtualClock
    register: SqlRegister
    reload: Reload
    intake: Intake
    mail: ScriptedCarrier
    hooks: ScriptedCarrier

    @property
    def shelf(self) -> Shelf:
        return self.reload.shelf

    @property
    def hash(self) -> str:
        """The hash of the pack in force."""
        return self.shelf.books.packs["west-sussex"].hash

    def change(self, file: str, found: str, put: str) -> int:
        """Put one text in another's place, the first time it stands; return its line."""
        path = self.folder / "west-sussex" / file
        text = path.read_text("utf-8")
        at = re.search(found, text)
        assert at is not None, f"{file} has no {found}"
        path.write_text(text[: at.start()] + put + text[at.end() :], "utf-8")
        return text[: at.start()].count("\n") + put.count("\n") + 1

    def add(self, file: str, text: str) -> None:
        path = self.folder / "west-sussex" / file
        path.write_text(f"{path.read_text('utf-8')}\n{text}", "utf-8")

    def new_version(self, version: str = "2027.7") -> None:
        """Write what the partnership has agreed anew."""
        self.change("sharing.toml", r'version = "[0-9.]+"', f'version = "{version}"')

    def repair(self) -> None:
        """Put the shipped pack back."""
        shutil.copytree(
            shipped("policy") / "west-sussex", self.folder / "west-sussex", dirs_exist_ok=True
        )

    async def takes(self, body: bytes) -> TookIn:
        (took,) = await self.intake.take_in([received(body)])
        return took

    async def record(self) -> ConcernRecord:
        found = await self.register.concern(CONCERN)
        assert found is not None
        return found

    def scene(self) -> Scene:
        """The same hub, for workers to run in."""
        tools = self.shelf.tools_for("west-sussex", Directory())
        assert tools is not None
        line = Line(self.register)
        return Scene(clock=self.clock, line=line, tools=tools, mail=self.mail, hooks=self.hooks)

    async def leaves(self, kind: str) -> list[dict[str, str]]:
        """The log's entries of this kind, oldest first."""
        rows = await look(self.register, "SELECT data FROM audit_leaf ORDER BY seq")
        every = [json.loads(row[0]) for row in rows if isinstance(row[0], bytes)]
        return [one for one in every if one["type"] == kind]

    def another(self) -> Reload:
        """Another process on the same register and the same folder."""
        return reload_of(self.folder, self.register, self.clock)


def reader(folder: Path) -> Callable[[], Books]:
    return lambda: open_books(folder, None, SENDER, RandomMint())


def reload_of(
    folder: Path,
    register: SqlRegister,
    clock: VirtualClock,
    read: Callable[[], Books] | None = None,
) -> Reload:
    async def seed(books: Books) -> None:
        for seeds in books.seeds.values():
            await register.seed(seeds)

    source = Source(read=read or reader(folder), look=lambda: look_at([folder]), seed=seed)
    as_read, books = source.look(), reader(folder)()
    return Reload(Shelf(books), source, register, clock, every=EVERY, as_read=as_read)


@asynccontextmanager
async def renewal(
    tmp_path: Path, read: Callable[[], Books] | None = None
) -> AsyncIterator[Renewal]:
    """A hub that has started on a copy of the shipped pack."""
    folder = tmp_path / "policy"
    shutil.copytree(shipped("policy") / "west-sussex", folder / "west-sussex")
    clock = VirtualClock(START)
    register = await open_register("sqlite+aiosqlite://", clock=clock)
    assert isinstance(register, SqlRegister)
    try:
        reload = reload_of(folder, register, clock, read)
        await reload.start()
        shelf = reload.shelf
        yield Renewal(
            folder=folder,
            clock=clock,
            register=register,
            reload=reload,
            intake=Intake(register, shelf.tools_for, clock, partnerships=shelf.partnerships),
            mail=ScriptedCarrier(clock=clock),
            hooks=ScriptedCarrier(clock=clock),
        )
    finally:
        await register.close()


@asynccontextmanager
async def watching(hub: Renewal) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Let the hub watch its folder; call and await what is given for one look at it."""
    stop = asyncio.Event()
    run = asyncio.create_task(hub.reload.run(stop))

    async def looked() -> None:
        async with asyncio.timeout(REAL_SECONDS):
            await hub.clock.asleep()
            await hub.clock.advance(EVERY)
            await hub.clock.asleep()

    try:
        yield looked
    finally:
        stop.set()
        async with asyncio.timeout(REAL_SECONDS):
            await run
