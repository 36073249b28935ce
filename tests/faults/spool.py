"""A queue of files, a broker for killings: what was not acknowledged is there after a death."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hub.ports import Received

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
STORY: Final = ("concern-opened", "lead-agency-set", "placement-register-declared")
"""What happens in each concern: ten agencies are told, by mail and by webhook."""


def publish(folder: Path, concerns: int) -> int:
    """Put the beginning of the story into the folder, once for each concern; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for name in STORY:
        for number in range(concerns):
            whole = _example(name, number)
            (folder / f"{written:06}.json").write_text(json.dumps(whole), "utf-8")
            written += 1
    return written


def _example(name: str, number: int) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text("utf-8"))
    concern = f"019ac1d2-7400-7000-8000-{number:012}"
    return whole | {
        "id": f"{whole['id']}-{number}",
        "concernid": concern,
        "subject": f"concern/{concern}",
    }


class Spool:
    """A consuming session on a folder (`Broker` of the ports)."""

    def __init__(self, folder: Path) -> None:
        self.emptied = asyncio.Event()
        """Set once everything has been acknowledged."""
        self._folder = folder
        self._given: dict[int, Path] = {}
        self._drained = asyncio.Event()

    async def session(self) -> Spool:
        """Open the session: one process consumes."""
        return self

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        """Return what waits; empty once drained."""
        del linger
        waiting = [p for p in sorted(self._folder.iterdir()) if p not in self._given.values()]
        if not waiting:
            await self._drained.wait()
            return ()
        return tuple(self._received(path) for path in waiting[:limit])

    async def ack_through(self, tag: int) -> None:
        """Forget every message up to this tag."""
        for given in sorted(t for t in self._given if t <= tag):
            self._given.pop(given).unlink()
        if not any(self._folder.iterdir()):
            self.emptied.set()

    async def drain(self) -> None:
        """Hand out nothing more."""
        self._drained.set()

    async def close(self) -> None:
        """Keep what was not acknowledged."""
        self._given.clear()

    def _received(self, path: Path) -> Received:
        body = path.read_bytes()
        name = json.loads(body)["type"].removeprefix("concernhub.").removesuffix(".v1")
        # Tags count from 1; 0 is what came by HTTP.
        tag = int(path.stem) + 1
        self._given[tag] = path
        headers: Mapping[str, str] = {}
        return Received(
            tag=tag,
            body=body,
            content_type="application/cloudevents+json",
            headers=headers,
            user_id="wscc",
            routing_key=f"wscc.{name}",
            delivery_count=0,
            received=datetime.now(UTC),
        )


def left(folder: Path) -> Iterable[Path]:
    """Return what was never acknowledged."""
    return sorted(folder.iterdir())
