"""Kill the hub at a named point, start it again, and count what was lost and what came twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path
from typing import Final

from hub.adapters.catcher import MailCatcher, WebhookCatcher
from hub.adapters.register import migrate, open_register
from hub.ports import NoticeRecord
from hub.receipt import fold, height
from hub.vocabulary import DeliveryId, Rung, Setback
from tests.faults.child import main
from tests.faults.spool import left, publish

CONCERNS: Final = 3
PATIENCE: Final = 90.0
ROOT: Final = Path(__file__).parents[2]

TAKING: Final = (
    "take.before",
    "insert.after",
    "commit.before",
    "commit.after",
    "ack.after",
)
"""The failpoints of taking in; all others are passed while delivering."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one killing came to."""

    published: int
    applied: int
    owed: int
    """Deliveries that must have arrived."""
    arrived: int
    lost: int
    doubled: int
    altered: int
    """Deliveries whose copies differ, or differ from what was composed."""
    unflagged: int
    """Doubled ones that the register does not say may have gone out twice."""
    unproven: int
    """Deliveries that arrived, and of which the register claims nothing."""
    unaccounted: int
    unacknowledged: int
    queued: int


class Killing:
    """Servers that outlive the hub, and the hub as a child."""

    def __init__(self, register_url: str, folder: Path) -> None:
        self.mail = MailCatcher()
        self.hooks = WebhookCatcher()
        self._url = register_url
        self._folder = folder

    async def dies(self, what: str, failpoint: str) -> int:
        """Run a part of the hub as a child, to its death; return how it ended."""
        environment = {**os.environ, "HUB_FAILPOINT": failpoint}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.child", what, *self._where),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            return await asyncio.wait_for(process.wait(), PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _comes_back(self, what: str) -> None:
        """Do that part to its end, in another process than the one that died: this one."""
        await asyncio.wait_for(main(what, *self._where), PATIENCE)

    @property
    def _where(self) -> tuple[str, str, str, str]:
        return self._url, str(self._folder), self.mail.url, self.hooks.url("/hook")

    async def killed_at(self, failpoint: str) -> Verdict:
        """Publish, die at this point, come back, finish; return what it came to."""
        published = publish(self._folder, CONCERNS)
        taking = failpoint.partition(":")[0] in TAKING
        if taking:
            assert await self.dies("take", failpoint) == -signal.SIGKILL, "it was never reached"
        await self._comes_back("take")
        if not taking:
            assert await self.dies("deliver", failpoint) == -signal.SIGKILL, "it was never reached"
        await self._comes_back("deliver")
        return await self._verdict(published)

    async def _verdict(self, published: int) -> Verdict:
        register = await open_register(self._url)
        try:
            concerns = [await register.concern(c.id) for c in await register.concerns()]
            records = [r for c in concerns if c is not None for r in c.notices]
            depths = await register.depths()
        finally:
            await register.close()
        owed = {d.id: (d.sha256, record) for record in records for d in record.deliveries}
        came = self._came()
        doubled = {id_ for id_, copies in came.items() if len(copies) > 1}
        return Verdict(
            published=published,
            applied=depths.events - depths.waiting_events,
            owed=len(owed),
            arrived=len(came),
            lost=len(owed.keys() - came.keys()),
            doubled=len(doubled),
            altered=sum(set(copies) != {owed[id_][0]} for id_, copies in came.items()),
            unflagged=sum(not _flagged(id_, owed[id_][1]) for id_ in doubled),
            unproven=sum(not _proven(id_, record) for id_, (_, record) in owed.items()),
            unaccounted=depths.unaccounted,
            unacknowledged=len(list(left(self._folder))),
            queued=depths.queued + depths.leased,
        )

    def _came(self) -> dict[DeliveryId, list[str]]:
        """Return, for each delivery, the hash of every copy that came."""
        came: dict[DeliveryId, list[str]] = {}
        for mail in self.mail.mails:
            name = message_from_bytes(mail.content)["Message-ID"].strip("<>").partition("@")[0]
            came.setdefault(DeliveryId(name), []).append(sha256(mail.content).hexdigest())
        for call in self.hooks.calls:
            name = call.headers["webhook-id"]
            came.setdefault(DeliveryId(name), []).append(sha256(call.body).hexdigest())
        return came


def _flagged(delivery: DeliveryId, record: NoticeRecord) -> bool:
    """Whether the register says that this may have gone out twice."""
    mine = [r for r in record.receipts if r.delivery == delivery]
    said = Counter(receipt.setback for receipt in mine)
    return said[Setback.IN_DOUBT] > 0 and any(
        "possible duplicate" in dict(r.evidence) for r in mine
    )


def _proven(delivery: DeliveryId, record: NoticeRecord) -> bool:
    reached = fold(r for r in record.receipts if r.delivery == delivery)
    return height(reached.rung) >= height(Rung.SUBMITTED)


@asynccontextmanager
async def a_killing(register_url: str, folder: Path) -> AsyncIterator[Killing]:
    await migrate(register_url)
    killing = Killing(register_url, folder)
    await killing.mail.start()
    await killing.hooks.start()
    try:
        yield killing
    finally:
        await killing.mail.stop()
        await killing.hooks.stop()
