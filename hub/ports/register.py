"""The durable memory: one transaction, and everything else that is asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from hub.closure import Attestation
from hub.concern import Concern, Elsewhere
from hub.directory import Contact, Directory
from hub.events.envelope import Event
from hub.figures import Recorded, Tried
from hub.leaf import Leaf
from hub.notice import Leased
from hub.obligation import Climb, Obligation, Taken
from hub.page import Discharge, Page, Poison, Standing
from hub.ports.audited import Audits
from hub.ports.cooling import KeepsCooling
from hub.ports.directories import KeepsDirectory
from hub.ports.paused import Paused
from hub.ports.records import (
    Completion,
    ConcernRecord,
    Depths,
    LastLook,
    NoticeRecord,
    OutgoingFact,
    Quarantined,
    Taking,
)
from hub.ports.releasing import AskedRelease, Decided
from hub.ports.replaying import Replays
from hub.ports.returned import ReturnedMails
from hub.ports.screens import ForScreens
from hub.ports.suspects import KeepsSuspects
from hub.ports.tracked import Tracked
from hub.ports.waiting import KnowsWaiting, LooksAgain
from hub.ports.workers import Workers
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, ConcernId, Lane, NoticeId, PublisherId


class Entry(LooksAgain, Protocol):
    """One transaction. It commits when the context ends well, and else leaves nothing."""

    async def now(self) -> datetime:
        """Return the database's clock, in UTC."""
        ...

    async def take(self, events: Sequence[Event]) -> tuple[Taking, ...]:
        """Enter events by (source, id), for ever; answers in the order given."""
        ...

    async def standing(self, concerns: Sequence[ConcernId]) -> Mapping[ConcernId, Standing]:
        """Lock these concerns, in id order, and return what is known of each; every id is in it."""
        ...

    async def holding(
        self, providers: Sequence[AgencyId], most: int
    ) -> Mapping[AgencyId, tuple[Elsewhere, ...]]:
        """Return which concerns hold these providers now, the last to hold first, `most` of each.

        A provider that no concern holds is not in it.
        """
        ...

    async def past(self, concerns: Sequence[ConcernId]) -> Mapping[ConcernId, tuple[Event, ...]]:
        """Return every event of these concerns that has followed, in the order they came in."""
        ...

    async def directory(self) -> Directory:
        """Return the live directory."""
        ...

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice as it stands in this transaction, or None."""
        ...

    async def write(self, page: Page) -> None:
        """Write one page. Raises if the concern's version has moved."""
        ...

    async def quarantine(self, poison: Poison) -> str:
        """Keep a message that cannot be taken, byte for byte; return its id."""
        ...

    async def discharge(self, concern: ConcernId, discharges: Sequence[Discharge]) -> int:
        """Discharge open obligations; return how many."""
        ...

    async def owe(self, obligations: Sequence[Obligation]) -> None:
        """Open obligations; where one of the same (concern, kind, key) is open, it stands."""
        ...

    async def owe_once(self, obligation: Obligation) -> bool:
        """Open one obligation; False, and nothing is written, where one of its key is open."""
        ...

    async def move_on(self, owed: Obligation, climb: Climb | None) -> bool:
        """Write how far an obligation has climbed its ladder, and close it where that has ended.

        False, and nothing is written, where it is not as it was read: another has taken the step.
        None: no ladder serves it, and nobody need look again.
        """
        ...

    async def bring_forward(self, concern: ConcernId, notice: NoticeId) -> None:
        """Let the ladder of this notice take its next step now: it could not be delivered."""
        ...

    async def note(self, leaves: Sequence[Leaf]) -> None:
        """Append to the log what no page says."""
        ...

    async def asked(self, concern: ConcernId) -> tuple[Obligation, ...]:
        """Return the open tasks that ladders ask of desks and that stand on no list yet."""
        ...

    async def listed(self, tasks: Sequence[Obligation]) -> None:
        """Write down that the lists these stand on are decided: nobody is asked twice."""
        ...

    async def attest(self, attestation: Attestation, leaf: Leaf) -> None:
        """Write the LEO's confirmation. One a concern; raises AlreadyAttested on a second."""
        ...

    async def agree_release(self, asked: AskedRelease, decided: Decided) -> bool:
        """Write down who agreed to a release; False where it is decided already.

        To be written in the transaction that releases, and in no other.
        """
        ...

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """Open a savepoint: what fails inside is rolled back to here, the rest stands."""
        ...


class Register(
    KeepsDirectory,
    KeepsSuspects,
    ReturnedMails,
    Audits,
    Tracked,
    KnowsWaiting,
    Replays,
    KeepsCooling,
    Workers,
    Paused,
    ForScreens,
    Protocol,
):
    """The durable memory. What stands below it may not be lost."""

    def entry(self) -> AbstractAsyncContextManager[Entry]:
        """Open one transaction."""
        ...

    async def lease(
        self,
        lane: Lane,
        *,
        limit: int,
        lease_for: timedelta,
        worker: str,
        avoid: frozenset[str] = frozenset(),
    ) -> tuple[Leased, ...]:
        """Lease what is due, each attempt's intent in the same commit, before any socket opens.

        Rows whose `dest` is in `avoid` are left alone: their destination is full or hangs.
        """
        ...

    async def last_look(self, leased: Sequence[Leased]) -> LastLook:
        """Return which of these may not be sent, and who is where, at one moment (semantics 5)."""
        ...

    async def complete(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        """Write results in one commit; False where the lease had gone (kept as fenced evidence)."""
        ...

    async def next_due(self) -> datetime | None:
        """Return when the next queue row is due; None when the queue is empty."""
        ...

    async def wake(self, timeout: float) -> None:  # noqa: ASYNC109  # its bell waits, not a task
        """Return when new work may have come, or after `timeout` seconds; a hint, no promise."""
        ...

    async def unreached(self, limit: int) -> tuple[Obligation, ...]:
        """Return open obligations to reach another contact, oldest first."""
        ...

    async def climbing(self, limit: int) -> tuple[Obligation, ...]:
        """Return open obligations whose next instant has come, the longest due first."""
        ...

    async def next_step(self) -> datetime | None:
        """Return when the next ladder's instant comes; what has come already is not asked for."""
        ...

    async def wanting(self) -> tuple[ConcernId, ...]:
        """Return the concerns of which a party waits for a channel that may tell it everything."""
        ...

    async def asking(self, limit: int) -> tuple[ConcernId, ...]:
        """Return the concerns of which a desk is asked what stands on no list yet, oldest first."""
        ...

    async def notice(self, notice: NoticeId) -> NoticeRecord | None:
        """Return one notice, or None."""
        ...

    async def wrong_code(self, notice: NoticeId, at: datetime, obligation: Obligation) -> int:
        """Count one wrong code; at the fifth write the obligation. Return how many there were."""
        ...

    async def receive(
        self,
        receipts: Sequence[Receipt],
        discharges: Sequence[tuple[ConcernId, Discharge]],
        leaves: Sequence[Leaf],
        *,
        owed: Sequence[Obligation] = (),
        corrected: Sequence[Contact] = (),
    ) -> None:
        """Append receipts; an equal answer of a person to the same notice is appended once.

        What is `owed`, and the contacts `corrected` by it, are written in the same commit. Where
        no receipt is new, neither they nor the leaves are.
        """
        ...

    async def put_in_hand(self, owed: Obligation, taken: Taken, leaf: Leaf) -> bool:
        """Write who has an open obligation in hand until when, with its leaf, in one commit.

        No step of its ladder comes before then. False, and nothing is written, where it is not as
        it was read: it is discharged, in other hands, or its ladder has moved on.
        """
        ...

    async def seen_nonce(self, scope: str, nonce: str, at: datetime) -> bool:
        """Remember a nonce; return True where it had been seen before (replay)."""
        ...

    async def in_force(self, subject: str) -> str | None:
        """Return which version of this subject (a pack, the words) is on record as in force."""
        ...

    async def put_in_force(
        self, subject: str, value: str, said: Callable[[str], Leaf | None]
    ) -> bool:
        """Put on record what is in force from now on, with the leaf of `said(previous)`.

        False, and no leaf, where it is on record already: of many processes, one says it.
        `previous` is empty the first time.
        """
        ...

    async def concern(self, concern: ConcernId) -> ConcernRecord | None:
        """Return everything the screens show of one concern, or None."""
        ...

    async def concerns(self, limit: int = 100) -> tuple[Concern, ...]:
        """Return concerns, newest first."""
        ...

    async def quarantined(self, limit: int = 100) -> tuple[Quarantined, ...]:
        """Return what is in quarantine, newest first."""
        ...

    async def tried(self) -> tuple[Tried, ...]:
        """Return what came of each mailbox and webhook since it was last corrected.

        One that nothing has been sent to is not in it.
        """
        ...

    def recorded(self, since: datetime, until: datetime) -> AsyncIterator[Recorded]:
        """Yield what the figures need, of notices written from `since` up to `until` (UTC).

        What is open, and every concern, are yielded as they stand now. No body is read.
        """
        ...

    def relaying(self) -> AbstractAsyncContextManager[bool]:
        """Take the turn to publish facts; False where another process has it."""
        ...

    async def facts(
        self, limit: int, *, avoid: Collection[PublisherId] = ()
    ) -> tuple[OutgoingFact, ...]:
        """Return facts that are not published yet, oldest first, but for these subscribers."""
        ...

    async def published(self, facts: Sequence[OutgoingFact]) -> None:
        """Write down that the broker has these."""
        ...

    async def say_overdue(self, limit: int) -> int:
        """Write a fact of each obligation past its time, once for ever; return how many."""
        ...

    async def depths(self) -> Depths:
        """Return the counts for readiness and metrics."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...
