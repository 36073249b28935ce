"""One batch into one transaction: decode, admit, enter, plan, write; the bad apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter

from hub.admit import admit, host_faults, host_named, identify, unknown_pack
from hub.decision import OccasionKind
from hub.directory import Directory, Publisher
from hub.events import ConcernOpened
from hub.events.envelope import Event, Fault
from hub.events.ground import ground_of
from hub.failpoint import failpoint
from hub.intake.elsewhere import HeldElsewhere
from hub.intake.past import with_past
from hub.intake.reading import decoded, synonyms_of
from hub.intake.took import Became, TookIn
from hub.intake.urgent import flagged, is_urgent, somebody_must_look, urgent_name
from hub.page import Page, Poison, Standing
from hub.plan import Tools, plan
from hub.ports import Entry, Received, Register, RegisterAway, Taking
from hub.vocabulary import AgencyId, ConcernId, HubError, PublisherId

ToolsFor = Callable[[str, Directory], Tools | None]
"""The pack in force, words and the rest for a partnership; None where this hub has no such pack."""
Partnerships = Callable[[], Iterable[str]]
"""The partnerships this hub has packs for, to be named in faults."""


class PackMissing(HubError):
    """The pack of this concern's partnership is not loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Admitted:
    """One message of the batch, read, and its publisher known and granted."""

    index: int
    received: Received
    event: Event
    tools: Tools
    named: str | None = None
    """The partnership that an urgent event named, where this hub has no pack of it."""


async def take_in(
    register: Register,
    tools_for: ToolsFor,
    partnerships: Partnerships,
    batch: Sequence[Received],
) -> tuple[TookIn, ...]:
    """Take a batch in, in one transaction; return what became of each message, in order.

    Raises RegisterAway where nothing, or nobody knows what, was written: take the batch again.
    """
    synonyms = synonyms_of(tools_for(name, Directory()) for name in partnerships())
    read = [decoded(one, synonyms) for one in batch]
    failpoint("take.before")
    async with register.entry() as entry:
        directory, now = await entry.directory(), await entry.now()
        taking = _Taking(entry, directory, now, tools_for, partnerships)
        await taking.take(batch, read)
    return tuple(taking.became[index] for index in range(len(batch)))


async def keep_raw(register: Register, received: Received, fault: Fault) -> TookIn:
    """Quarantine a message as it came, without reading it."""
    async with register.entry() as entry:
        kept = await entry.quarantine(poison(received, (fault,), None, urgent=True))
    return TookIn(became=Became.QUARANTINED, faults=(fault,), quarantine=kept)


def poison(
    received: Received, faults: tuple[Fault, ...], publisher: PublisherId | None, *, urgent: bool
) -> Poison:
    """Return what quarantine keeps of a message: its bytes, and everything that came with them."""
    beside = {"content-type": received.content_type, "user-id": received.user_id or ""}
    return Poison(
        body=received.body,
        headers=tuple(sorted({**received.headers, **beside}.items())),
        publisher=publisher,
        routing_key=received.routing_key,
        faults=faults,
        urgent=urgent,
        received=received.received,
    )


class _Taking:
    """One transaction while it takes a batch."""

    def __init__(
        self,
        entry: Entry,
        directory: Directory,
        now: datetime,
        tools_for: ToolsFor,
        partnerships: Partnerships,
    ) -> None:
        self._entry = entry
        self._directory = directory
        self._now = now
        self._tools_for = tools_for
        self._partnerships = partnerships
        self._tools: dict[str, Tools | None] = {}
        self.became: dict[int, TookIn] = {}

    async def take(
        self, batch: Sequence[Received], events: Sequence[Event | tuple[Fault, ...]]
    ) -> None:
        """Quarantine what may not come in, and enter the rest."""
        admitted: list[_Admitted] = []
        for index, (received, event) in enumerate(zip(batch, events, strict=True)):
            if not isinstance(event, Event):
                await self._refuse(index, received, None, event)
                continue
            tools, named = self._tools_of(event.partnership), None
            if tools is None and (tools := self._in_force_for(received, event)) is not None:
                named = event.partnership
                event = replace(event, partnership=tools.pack.partnership)  # noqa: PLW2901
            faults = self._objections(received, event, tools)
            if faults or tools is None:
                await self._refuse(index, received, event, faults)
            else:
                admitted.append(
                    _Admitted(index=index, received=received, event=event, tools=tools, named=named)
                )
        if admitted:
            await self._enter(admitted)

    def _tools_of(self, partnership: str) -> Tools | None:
        if partnership not in self._tools:
            self._tools[partnership] = self._tools_for(partnership, self._directory)
        return self._tools[partnership]

    def _in_force_for(self, received: Received, event: Event) -> Tools | None:
        """Return what decides an urgent event whose `policypack` nobody knows (M001).

        The pack in force of the one partnership whose authority table lets this publisher say it
        of this host; None where it can wait, or where two might be meant: nothing is guessed.
        """
        publisher = _sender(received, event, self._directory)
        if isinstance(publisher, Fault) or not urgent_name(event.name):
            return None
        host = host_named(event)
        found = [
            tools
            for tools in map(self._tools_of, self._partnerships())
            if tools is not None
            and any(
                grant.publisher == publisher.id
                and event.name in grant.events
                and (host is None or host in grant.hosts)
                for grant in tools.pack.grants
            )
        ]
        return found[0] if len(found) == 1 else None

    def _objections(
        self, received: Received, event: Event, tools: Tools | None
    ) -> tuple[Fault, ...]:
        publisher = _sender(received, event, self._directory)
        found = (publisher,) if isinstance(publisher, Fault) else ()
        if tools is None:
            return (*found, unknown_pack(event.partnership, self._partnerships()))
        if isinstance(publisher, Fault):
            return found
        return admit(event, publisher, tools.pack, self._directory)

    async def _enter(self, some: Sequence[_Admitted]) -> None:
        """Enter them all; where that fails, halve, until the bad one stands alone."""
        try:
            async with self._entry.savepoint():
                await self._write(some)
        except RegisterAway:
            raise
        except Exception as error:  # noqa: BLE001 (whatever one event does, the others go in)
            if len(some) == 1:
                one = some[0]
                await self._refuse(one.index, one.received, one.event, (_could_not(error),))
                return
            middle = len(some) // 2
            await self._enter(some[:middle])
            await self._enter(some[middle:])

    async def _write(self, some: Sequence[_Admitted]) -> None:
        concerns = sorted({one.event.concern for one in some})
        standing = await self._entry.standing(concerns)
        standing = await with_past(self._entry, standing, [one.event for one in some])
        elsewhere = await HeldElsewhere.ask(self._entry, standing, [one.event for one in some])
        taken = await self._take(await self._of_their_host(some, standing))
        by_concern: dict[ConcernId, list[_Admitted]] = {one.event.concern: [] for one in taken}
        for one in taken:
            by_concern[one.event.concern].append(one)
        for concern, mine in sorted(by_concern.items(), key=itemgetter(0)):
            tools = self._tools_about(standing[concern], mine)
            known = elsewhere.beside(standing[concern], concern)
            events = [one.event for one in mine]
            page = plan(known, events, tools, self._now)
            elsewhere.note(page)
            misnamed = [(one.event, one.named) for one in mine if one.named is not None]
            await self._entry.write(flagged(page, events, misnamed, tools, self._now))
            self.became |= {one.index: _receipt(one.event, page) for one in mine}

    def _tools_about(self, standing: Standing, mine: Sequence[_Admitted]) -> Tools:
        """Return the tools of the concern's own partnership, whatever its events name."""
        if standing.concern is None:
            opens = (one.tools for one in mine if _makes_it(one.event))
            return next(opens, mine[0].tools)
        tools = self._tools_of(standing.concern.partnership)
        if tools is None:
            raise PackMissing(standing.concern.partnership)
        return tools

    async def _of_their_host(
        self, some: Sequence[_Admitted], standing: Mapping[ConcernId, Standing]
    ) -> list[_Admitted]:
        """Return those whose publisher may speak of this concern's host authority."""
        hosts: dict[ConcernId, AgencyId] = {
            concern: known.concern.host_authority
            for concern, known in standing.items()
            if known.concern is not None
        }
        good = []
        for one in some:
            event = one.event
            if _makes_it(event) and (named := host_named(event)) is not None:
                hosts.setdefault(event.concern, named)
            host = hosts.get(event.concern)
            faults = host_faults(event, host, one.tools.pack, self._directory) if host else ()
            if faults:
                await self._refuse(one.index, one.received, event, faults)
            else:
                good.append(one)
        return good

    async def _take(self, some: Sequence[_Admitted]) -> list[_Admitted]:
        """Enter the events; return the new ones, and answer for the others."""
        if not some:
            return []
        takings = await self._entry.take([one.event for one in some])
        new = []
        for one, taking in zip(some, takings, strict=True):
            match taking:
                case Taking.NEW:
                    new.append(one)
                case Taking.DUPLICATE:
                    self.became[one.index] = _answer(Became.DUPLICATE, one.event)
                case Taking.CONFLICT:
                    says = "was used before, by an event with another body"
                    fault = Fault(pointer="/id", says=says)
                    await self._refuse(one.index, one.received, one.event, (fault,), conflict=True)
        return new

    async def _refuse(
        self,
        index: int,
        received: Received,
        event: Event | None,
        faults: tuple[Fault, ...],
        *,
        conflict: bool = False,
    ) -> None:
        publisher, urgent = self._publisher(received.user_id), is_urgent(received)
        known = publisher.id if publisher else None
        kept = await self._entry.quarantine(poison(received, faults, known, urgent=urgent))
        if urgent and event is not None:
            await self._ring(event, publisher)
        self.became[index] = TookIn(
            became=Became.CONFLICT if conflict else Became.QUARANTINED,
            event=event.id if event else None,
            source=event.source if event else None,
            concern=event.concern if event else None,
            faults=faults,
            quarantine=kept,
        )

    async def _ring(self, event: Event, publisher: Publisher | None) -> None:
        """Let a person look at an urgent event in quarantine (M001); its host's, or the sender's.

        What a stranger sends rings nobody: quarantine shows it.
        """
        tools = next(filter(None, map(self._tools_of, self._partnerships())), None)
        if publisher is None or tools is None:
            return
        host = host_named(event) or publisher.agency
        owed = somebody_must_look(event, host, "it is in quarantine", tools.mint, self._now)
        await self._entry.owe([owed])

    def _publisher(self, user_id: str | None) -> Publisher | None:
        return next((p for p in self._directory.publishers if p.id == user_id), None)


def _makes_it(event: Event) -> bool:
    """Whether a concern may begin with this event."""
    return isinstance(event.data, ConcernOpened) or ground_of(event.data) is not None


def _sender(received: Received, event: Event, directory: Directory) -> Publisher | Fault:
    by_http = received.tag == 0
    routing_key = None if by_http else received.routing_key
    return identify(received.user_id, routing_key, event.source, directory)


def _answer(became: Became, event: Event) -> TookIn:
    return TookIn(became=became, event=event.id, source=event.source, concern=event.concern)


def _receipt(event: Event, page: Page) -> TookIn:
    """Return what became of one event on its concern's page."""
    key = (event.source, event.id)
    refused = next((r for r in page.refused if (r.event.source, r.event.id) == key), None)
    waits = next((w for w in page.waiting if (w.source, w.event) == key), None)
    decisions = {
        d.id
        for d in page.decisions
        if (d.occasion.event_source, d.occasion.event) == key
        # What somebody else is given late of it, by another event of the batch, is not its own.
        and d.occasion.kind is not OccasionKind.FOUND_LATE
    }
    became = Became.WAITING if waits else Became.QUARANTINED if refused else Became.ACCEPTED
    return TookIn(
        became=became,
        event=event.id,
        source=event.source,
        concern=event.concern,
        faults=refused.faults if refused else (),
        decisions=len(decisions),
        notices=sum(notice.decision in decisions for notice in page.notices),
        why=waits.why if waits else "",
    )


def _could_not(error: Exception) -> Fault:
    """Return the fault of an event that the hub itself could not take; the type alone is safe."""
    detail = f": {error}" if isinstance(error, HubError) else ""
    return Fault(pointer="", says=f"could not be taken: {type(error).__name__}{detail}")
