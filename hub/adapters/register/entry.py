"""One transaction of the register: what was taken, what was planned from it, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select

from hub.adapters.register import climbing, releases
from hub.adapters.register import tables as t
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.changes import Changes
from hub.adapters.register.dialect import Database
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.pages import DISCHARGE, Pages, discharge_row, open_obligations
from hub.adapters.register.records import (
    attestation_row,
    event_rows,
    leaf_row,
    obligation_of,
    obligation_row,
)
from hub.adapters.register.screens import read_notice
from hub.adapters.register.standing import read_holding, read_past, read_standing
from hub.adapters.register.waiting import read_still_waiting
from hub.adapters.register.wire import Wire
from hub.closure import Attestation
from hub.concern import Elsewhere
from hub.directory import Directory
from hub.events.envelope import Event
from hub.failpoint import failpoint
from hub.leaf import Leaf
from hub.obligation import ENDED, Climb, Obligation
from hub.page import Discharge, Page, Poison, Standing
from hub.ports import AlreadyAttested, NoticeRecord, Taking, VersionMoved
from hub.ports.releasing import AskedRelease, Decided
from hub.ports.waiting import StillWaiting
from hub.vocabulary import AgencyId, ConcernId, DeliveryId, NoticeId

Key = tuple[str, str]
"""An event's source and id."""

BESIDE: Final = 25
"""So many new concerns are written while the next are planned; at twice as many planning waits."""


class SqlEntry:
    """An open transaction. Pages are gathered and written in batches, at the latest at its end."""

    def __init__(
        self,
        wire: Wire,
        database: Database,
        agencies: Agencies,
        outbox: Outbox,
        ids: Callable[[], str],
    ) -> None:
        self._wire = wire
        self._database = database
        self._agencies = agencies
        self._outbox = outbox
        self._changes = Changes()
        self._ids = ids
        self._pages = Pages()
        self._new = Pages()
        self._writing: asyncio.Task[None] | None = None
        self._versions: dict[ConcernId, int] = {}
        self._instant: datetime | None = None
        self.brought_work = False
        """Whether this entry queued a delivery or opened an obligation."""

    async def now(self) -> datetime:
        """Return the database's clock, in UTC."""
        await self._written()
        return await self._database.now(self._wire)

    async def _recorded(self) -> datetime:
        """Return when this transaction's rows were written, as one instant."""
        if self._instant is None:
            self._instant = await self.now()
        return self._instant

    async def take(self, events: Sequence[Event]) -> tuple[Taking, ...]:
        """Enter events by (source, id), for ever; answers in the order given."""
        await self._written()
        now = await self._recorded()
        first: dict[Key, Event] = {}
        for event in events:
            first.setdefault((event.source, event.id), event)
        # In one order always, so that two processes with the same events do not wait in a ring.
        rows = {key: event_rows(first[key], now) for key in sorted(first)}
        new = await self._enter([row for row, _ in rows.values()])
        await self._wire.insert(t.body, [rows[key][1] for key in rows if key in new])
        known = await self._hashes([key for key in first if key not in new])
        failpoint("insert.after")
        answers, answered = [], set()
        for event in events:
            key = (event.source, event.id)
            if key in new and key not in answered:
                answers.append(Taking.NEW)
            else:
                same = known.get(key, first[key].body_sha256) == event.body_sha256
                answers.append(Taking.DUPLICATE if same else Taking.CONFLICT)
            answered.add(key)
        return tuple(answers)

    async def _enter(self, rows: Sequence[Mapping[str, object]]) -> frozenset[Key]:
        if not rows:
            return frozenset()
        insert = (
            self._database.insert(t.event)
            .on_conflict_do_nothing(index_elements=[t.event.c.source, t.event.c.id])
            .returning(t.event.c.source, t.event.c.id)
        )
        return frozenset((r["source"], r["id"]) for r in await self._wire.rows(insert, rows))

    async def _hashes(self, keys: Sequence[Key]) -> dict[Key, str]:
        if not keys:
            return {}
        asked = {
            "sources": sorted({source for source, _ in keys}),
            "ids": sorted({event for _, event in keys}),
        }
        found = await self._wire.rows(self._database.prepared(_hashing), asked)
        every = {(row["source"], row["id"]): row["body_sha256"] for row in found}
        return {key: every[key] for key in keys if key in every}

    async def standing(self, concerns: Sequence[ConcernId]) -> Mapping[ConcernId, Standing]:
        """Lock these concerns and return what is known of each; every id is in it."""
        await self._flush()
        await self._database.lock(self._wire, concerns)
        found = await read_standing(self._wire, self._database, concerns)
        self._versions |= {concern: standing.version for concern, standing in found.items()}
        return found

    async def still_waiting(
        self, concern: ConcernId, deliveries: Sequence[DeliveryId]
    ) -> StillWaiting | None:
        """Lock a concern, and return which of these are in the queue yet."""
        await self._flush()
        await self._database.lock(self._wire, [concern])
        return await read_still_waiting(self._wire, self._database, concern, deliveries)

    async def holding(
        self, providers: Sequence[AgencyId], most: int
    ) -> Mapping[AgencyId, tuple[Elsewhere, ...]]:
        """Return which concerns hold these providers now, the last to hold first."""
        await self._flush()
        return await read_holding(self._wire, self._database, providers, most)

    async def past(self, concerns: Sequence[ConcernId]) -> Mapping[ConcernId, tuple[Event, ...]]:
        """Return every event of these concerns that has followed, in the order they came in."""
        await self._flush()
        return await read_past(self._wire, self._database, concerns)

    async def directory(self) -> Directory:
        """Return the live directory."""
        await self._written()
        return await self._agencies.read(self._wire)

    async def write(self, page: Page) -> None:
        """Write one page. Raises VersionMoved if the concern is not as it was read."""
        if page.id in self._pages.concerns or page.id in self._new.concerns:
            await self._flush()
        if await self._version(page.id) != page.version:
            raise VersionMoved(page.id)
        # Nobody else knows a new concern, or waits for a row of it: it need not wait for the stops
        # of other pages, which come before whatever others may wait for.
        pages = self._pages if page.version or page.stops else self._new
        pages.add(page, await self._recorded(), [self._ids() for _ in page.refused])
        self._versions[page.id] = page.version + 1
        self.brought_work |= bool(page.deliveries or page.obligations)
        await self._write_beside()

    async def _write_beside(self) -> None:
        """Begin to write new concerns, once there are many, and let the database get on with it."""
        idle, many = self._writing is None or self._writing.done(), len(self._new.concerns)
        if many >= (BESIDE if idle else 2 * BESIDE):
            await self._written()
            pages, self._new = self._new, Pages()
            self._writing = asyncio.create_task(self._write_new(pages))
        elif idle:
            return
        await asyncio.sleep(0)

    async def _write_new(self, pages: Pages) -> None:
        """Write new concerns, and their facts: nobody else can wait for the lock of these yet."""
        changes = await pages.write(self._wire, self._database)
        await self._outbox.write(self._wire, changes, await self._recorded())

    async def _written(self) -> None:
        """Wait until what is written beside is written. Raises what came of it."""
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    async def abandon(self) -> None:
        """Give up what is written beside, so that the transaction can be rolled back."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _version(self, concern: ConcernId) -> int:
        if concern not in self._versions:
            # Whoever did not ask for the standing has not locked either.
            await self._written()
            await self._database.lock(self._wire, [concern])
            asked = select(t.concern.c.version).where(t.concern.c.id == concern)
            found = await self._wire.rows(asked)
            self._versions[concern] = found[0]["version"] if found else 0
        return self._versions[concern]

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice as it stands in this transaction, or None."""
        await self._flush()
        return await read_notice(self._wire, notice)

    async def quarantine(self, poison: Poison) -> str:
        """Keep a message that cannot be taken, byte for byte; return its id."""
        poison_id = self._ids()
        self._pages.keep(poison_id, poison, await self._recorded())
        return poison_id

    async def discharge(self, concern: ConcernId, discharges: Sequence[Discharge]) -> int:
        """Discharge open obligations; return how many."""
        await self._flush()
        now = await self._recorded()
        rows = [discharge_row(concern, each, now) for each in discharges]
        done = sum([await self._wire.run(DISCHARGE, row) for row in rows])
        if done:
            self._changes.discharging.add(concern)
        return done

    async def owe(self, obligations: Sequence[Obligation]) -> None:
        """Open obligations; where one of the same (concern, kind, key) is open, it stands."""
        self._pages.obligations += [obligation_row(each) for each in obligations]
        self.brought_work |= bool(obligations)

    async def owe_once(self, obligation: Obligation) -> bool:
        """Open one obligation; False where one of the same (concern, kind, key) is open."""
        await self._flush()
        new = await open_obligations(self._wire, self._database, [obligation_row(obligation)])
        self._changes.opened += new
        self.brought_work |= bool(new)
        return bool(new)

    async def move_on(self, owed: Obligation, climb: Climb | None) -> bool:
        """Write how far an obligation has climbed, where it is as it was read."""
        await self._flush()
        moved = await climbing.move_on(self._wire, owed, climb, await self._recorded())
        if moved and climb is not None and climb.state in ENDED:
            self._changes.discharging.add(owed.concern)
        return moved

    async def bring_forward(self, concern: ConcernId, notice: NoticeId) -> None:
        """Let the ladder of this notice take its next step now."""
        await self._flush()
        await climbing.bring_forward(self._wire, concern, notice, await self._recorded())

    async def note(self, leaves: Sequence[Leaf]) -> None:
        """Append to the log what no page says."""
        now = await self._recorded()
        self._pages.leaves += [leaf_row(each, now) for each in leaves]

    async def asked(self, concern: ConcernId) -> tuple[Obligation, ...]:
        """Return what ladders ask of desks and stands on no list yet, oldest first."""
        await self._flush()
        return tuple(obligation_of(row) for row in await climbing.read_asked(self._wire, concern))

    async def listed(self, tasks: Sequence[Obligation]) -> None:
        """Write down that the lists these stand on are decided."""
        await self._flush()
        await climbing.write_listed(self._wire, tasks, await self._recorded())

    async def attest(self, attestation: Attestation, leaf: Leaf) -> None:
        """Write the LEO's confirmation. Raises AlreadyAttested on a second."""
        await self._flush()
        now = await self._recorded()
        insert = (
            self._database.insert(t.attestation)
            .on_conflict_do_nothing(index_elements=[t.attestation.c.concern_id])
            .returning(t.attestation.c.id)
        )
        if not await self._wire.rows(insert, [attestation_row(attestation, now)]):
            raise AlreadyAttested(attestation.concern)
        await self._wire.insert(t.audit_leaf, [leaf_row(leaf, now)])
        self._changes.attested.append(attestation)

    async def agree_release(self, asked: AskedRelease, decided: Decided) -> bool:
        """Write down who agreed to a release; False where it is decided already."""
        await self._written()
        return await releases.settle(self._wire, asked, decided)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Open a savepoint: what fails inside is rolled back to here, the rest stands."""
        await self._flush()
        versions, brought_work = dict(self._versions), self.brought_work
        before, self._changes = self._changes, Changes()
        try:
            async with self._wire.savepoint():
                try:
                    yield
                    await self._flush()
                except BaseException:
                    await self.abandon()
                    raise
        except BaseException:
            self._pages, self._new = Pages(), Pages()
            self._versions, self.brought_work = versions, brought_work
            self._changes = before
            raise
        before.add(self._changes)
        self._changes = before

    async def finish(self) -> None:
        """Write what is still gathered and the facts of it; tell others if there is work."""
        await self._flush()
        if self._changes.concerns():
            await self._outbox.write(self._wire, self._changes, await self._recorded())
        if self.brought_work:
            await self._database.notify(self._wire)

    async def _flush(self) -> None:
        await self._written()
        gathered, self._new, self._pages = (self._new, self._pages), Pages(), Pages()
        for pages in gathered:
            self._changes.add(await pages.write(self._wire, self._database))


def _hashing(database: Database) -> Select[Any]:
    """Return the statement that asks for what is known by these sources and these ids."""
    return select(t.event.c.source, t.event.c.id, t.event.c.body_sha256).where(
        database.one_of(t.event.c.source, "sources"), database.one_of(t.event.c.id, "ids")
    )
