"""The register on a database: the port's methods, each one connection and one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from hub.adapters.register import climbing, in_force, look, queue, screens
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.answered import Answered
from hub.adapters.register.api_keys import AnsweredOnceHere, KeysHere
from hub.adapters.register.bell import Bell
from hub.adapters.register.changes import Changes
from hub.adapters.register.chases import ChasesHere
from hub.adapters.register.contacts import read_tried, replaced
from hub.adapters.register.cooled import CooledHere
from hub.adapters.register.dialect import Database
from hub.adapters.register.due import found_due
from hub.adapters.register.emergency_access import BreaksGlassHere
from hub.adapters.register.entry import SqlEntry
from hub.adapters.register.failing import FailingHere
from hub.adapters.register.listed import ListsHere
from hub.adapters.register.locations import LocationsHere
from hub.adapters.register.lockfile import LockFile
from hub.adapters.register.logged import LoggedHere
from hub.adapters.register.looks import LooksHere
from hub.adapters.register.marked import MarkedHere
from hub.adapters.register.minding import MindedHere
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.outcomes import complete
from hub.adapters.register.reading import ReadersHere
from hub.adapters.register.reckoned import read_recorded
from hub.adapters.register.records import obligation_of, obligation_row
from hub.adapters.register.relayed import Relayed
from hub.adapters.register.releases import AsksReleaseHere
from hub.adapters.register.replays import ReplaysHere
from hub.adapters.register.restored import PausedHere
from hub.adapters.register.returned import MailKeeper
from hub.adapters.register.shut import ShutHere
from hub.adapters.register.signed_in import SignedInHere
from hub.adapters.register.strays import Audited
from hub.adapters.register.suspected import SuspectsHere
from hub.adapters.register.tracked import TrackedHere
from hub.adapters.register.waiting import KeptWaiting
from hub.adapters.register.workers import WorkersHere
from hub.concern import Concern, Party
from hub.directory import Agency, Contact, Directory, Endpoint
from hub.figures import Recorded, Tried
from hub.leaf import Leaf
from hub.notice import Delivery, Leased
from hub.obligation import Obligation, ObligationKind
from hub.ports import (
    BytesChanged,
    Completion,
    ConcernRecord,
    Depths,
    Entry,
    LastLook,
    NoticeRecord,
    Quarantined,
    RegisterAway,
)
from hub.vocabulary import ConcernId, Lane, NoticeId

ASIDE_FOR: Final = timedelta(hours=1)
"""How long a row whose bytes were altered is put off before it complains again."""


class SqlRegister(
    Relayed,
    MailKeeper,
    Answered,
    Audited,
    TrackedHere,
    KeptWaiting,
    ShutHere,
    FailingHere,
    ReplaysHere,
    CooledHere,
    SuspectsHere,
    LocationsHere,
    MindedHere,
    WorkersHere,
    PausedHere,
    SignedInHere,
    KeysHere,
    AnsweredOnceHere,
    ListsHere,
    ReadersHere,
    AsksReleaseHere,
    ChasesHere,
    LoggedHere,
    BreaksGlassHere,
    LooksHere,
    MarkedHere,
):
    """The durable memory on SQLite or PostgreSQL. Made by `open_register`."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        ids: Callable[[], str],
        lock: LockFile | None,
        source: str,
    ) -> None:
        self._database = database
        self._bell = bell
        self._ids = ids
        self._lock = lock
        self._agencies = Agencies(database)
        self._outbox = Outbox(database, self._agencies, source)

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[Entry]:
        """Open one transaction."""
        async with self._database.writing("commit") as wire:
            entry = SqlEntry(wire, self._database, self._agencies, self._outbox, self._ids)
            try:
                yield entry
                await entry.finish()
            except BaseException:
                await entry.abandon()
                raise
        if entry.brought_work:
            self._bell.ring()

    async def directory(self) -> Directory:
        """Return the live directory."""
        async with self._database.reading() as wire:
            if (known := await self._agencies.unchanged(wire)) is not None:
                return known
        async with self._database.snapshot() as wire:
            return await self._agencies.read(wire)

    async def seed(self, directory: Directory) -> None:
        """Put in what is not there yet, by id."""
        async with self._database.writing("seed") as wire:
            await self._agencies.seed(wire, directory, await self._database.now(wire))

    async def put_agencies(self, agencies: Sequence[Agency]) -> None:
        """Correct or add agencies in one transaction; a new version of each is kept."""
        await self._put(*agencies)

    async def put_contact(self, contact: Contact) -> None:
        """Correct or add one contact; a new version is kept."""
        await self._put(contact)

    async def put_endpoint(self, endpoint: Endpoint) -> None:
        """Correct or add one endpoint; its rows drain in order where it is open again."""
        await self._put(endpoint)

    async def _put(self, *entries: Agency | Contact | Endpoint) -> None:
        async with self._database.writing("put") as wire:
            now = await self._database.now(wire)
            for entry in entries:
                await self._agencies.put(wire, entry, now)
            freed = {each for entry in entries for each in await replaced(wire, entry.id, now)}
            await self._database.notify(wire)
            await self._outbox.write(wire, Changes(discharging=freed), now)
        self._bell.ring()
        if any(isinstance(entry, Endpoint) for entry in entries):
            with suppress(RegisterAway):  # It is written; the rest of its rows the next look moves.
                await self.keep_apart()

    async def lease(
        self,
        lane: Lane,
        *,
        limit: int,
        lease_for: timedelta,
        worker: str,
        avoid: frozenset[str] = frozenset(),
    ) -> tuple[Leased, ...]:
        """Lease what is due, with each attempt's intent. Raises BytesChanged, leasing nothing."""
        async with self._database.reading() as wire:
            due = await found_due(wire, self._database, lane, avoid, limit)
        if due is None:
            return ()
        try:
            async with self._database.writing("lease") as wire:
                return await queue.lease(
                    wire,
                    self._database,
                    lane,
                    due=due,
                    limit=limit,
                    lease_for=lease_for,
                    worker=worker,
                    avoid=avoid,
                    ids=self._ids,
                )
        except queue.StoredBytesDiffer as found:
            await self._set_aside(found.deliveries)
            raise BytesChanged(", ".join(d.id for d in found.deliveries)) from None

    async def _set_aside(self, altered: Sequence[Delivery]) -> None:
        """Let the lane go on, and make a person look."""
        async with self._database.writing("aside") as wire:
            now = await self._database.now(wire)
            await queue.set_aside(wire, self._database, altered, now + ASIDE_FOR)
            rows = [obligation_row(self._look(delivery, now)) for delivery in altered]
            await self._owe(wire, rows, now)

    def _look(self, delivery: Delivery, now: datetime) -> Obligation:
        return Obligation(
            id=self._ids(),
            concern=delivery.concern,
            kind=ObligationKind.PERSON,
            party=Party(agency=delivery.party.agency, role=delivery.party.role),
            due=now,
            opened_at=now,
            key=f"bytes:{delivery.id}",
            notice=delivery.notice,
            delivery=delivery.id,
            says="The stored bytes of this delivery are not those composed; it will not be sent",
        )

    async def last_look(self, leased: Sequence[Leased]) -> LastLook:
        """Return which of these may not be sent, and who is where, at one moment (semantics 5)."""
        return await look.last_look(self._database, self._agencies, leased, self.directory)

    async def complete(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        """Write results in one commit; False where the lease had gone."""
        if not completions:
            return ()
        async with self._database.writing("outcome") as wire:
            ours = await complete(wire, self._database, self._agencies, self._outbox, completions)
        if await self._made_way(completions):
            self._bell.ring()
        return ours

    async def _made_way(self, completions: Sequence[Completion]) -> bool:
        """Whether the next notice to the same party may go now, or one of these again.

        Asked after the commit: whatever is queued later rings by itself. Ringing for nothing costs
        a lease of each lane.
        """
        if any(each.again_at is not None for each in completions):
            return True
        tried = [each.leased.delivery for each in completions]
        try:
            async with self._database.reading() as wire:
                return await queue.followed(wire, self._database, tried)
        except RegisterAway:
            return True  # The results are written; who asks again finds out.

    async def next_due(self) -> datetime | None:
        """Return when the next queue row may be leased; None when there is none."""
        async with self._database.reading() as wire:
            return await queue.next_due(wire)

    async def wake(self, timeout: float) -> None:  # noqa: ASYNC109  # the port's own word
        """Return when new work may have come, or after `timeout` seconds."""
        await self._bell.wait(timeout)

    async def unreached(self, limit: int) -> tuple[Obligation, ...]:
        """Return open obligations to reach another contact, oldest first."""
        async with self._database.reading() as wire:
            return await screens.read_unreached(wire, limit)

    async def climbing(self, limit: int) -> tuple[Obligation, ...]:
        """Return open obligations whose next instant has come, the longest due first."""
        async with self._database.reading() as wire:
            due = await climbing.read_due(wire, await self._database.now(wire), limit)
        return tuple(obligation_of(row) for row in due)

    async def next_step(self) -> datetime | None:
        """Return when the next ladder's instant comes; None where none will."""
        async with self._database.reading() as wire:
            return await climbing.next_step(wire, await self._database.now(wire))

    async def wanting(self) -> tuple[ConcernId, ...]:
        """Return the concerns of which a party waits for a channel that may tell it everything."""
        async with self._database.reading() as wire:
            return await climbing.read_wanting(wire)

    async def asking(self, limit: int) -> tuple[ConcernId, ...]:
        """Return the concerns whose ladders ask desks for what stands on no list yet."""
        async with self._database.reading() as wire:
            return await climbing.read_asking(wire, limit)

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice, or None."""
        async with self._database.snapshot() as wire:
            return await screens.read_notice(wire, notice)

    async def in_force(self, subject: str) -> str | None:
        """Return which version of this subject is on record as in force."""
        async with self._database.reading() as wire:
            return await in_force.read(wire, subject)

    async def put_in_force(
        self, subject: str, value: str, said: Callable[[str], Leaf | None]
    ) -> bool:
        """Put on record what is in force from now on; once, however many processes say so."""
        async with self._database.writing("in force") as wire:
            return await in_force.put(wire, self._database, subject, value, said)

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        """Return everything the screens show of one concern, or None."""
        async with self._database.snapshot() as wire:
            return await screens.read_concern(wire, self._database, concern)

    async def concerns(self, limit: int = 100) -> tuple[Concern, ...]:
        """Return concerns, newest first."""
        async with self._database.reading() as wire:
            return await screens.read_concerns(wire, limit)

    async def quarantined(self, limit: int = 100) -> tuple[Quarantined, ...]:
        """Return what is in quarantine, newest first."""
        async with self._database.reading() as wire:
            return await screens.read_quarantined(wire, limit)

    async def tried(self) -> tuple[Tried, ...]:
        """Return what came of each mailbox and webhook since it was last corrected."""
        async with self._database.snapshot() as wire:
            return await read_tried(wire)

    def recorded(self, since: datetime, until: datetime) -> AsyncIterator[Recorded]:
        """Yield what the figures need; between pages the register is free for others."""
        return read_recorded(self._database, since, until)

    async def depths(self) -> Depths:
        """Return the counts for readiness and metrics."""
        async with self._database.reading() as wire:
            return await screens.read_depths(wire, await self._database.now(wire))

    async def close(self) -> None:
        """Give back every connection, and the right to write."""
        await self._bell.close()
        await self._database.close()
        if self._lock is not None:
            self._lock.release()
