"""Release by two people, and a stop by one, at the console (semantics 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

import structlog

from hub.access import Act, Official
from hub.answers.amending import Release, Wanted, planned_release
from hub.answers.console import (
    Refused,
    ToolsFor,
    may_place,
    may_release,
    placing,
    planned,
)
from hub.answers.results import Incomplete, NotFound, NotYours
from hub.concern import Party, PlacedHold
from hub.directory import Directory
from hub.events.envelope import Fault
from hub.leaf import Leaf, leaf
from hub.plan import Tools
from hub.ports import Clock, ConcernRecord, Register
from hub.ports.releasing import AskedRelease, Asker, Became, Decided
from hub.vocabulary import ConcernId, HoldId, HoldKind, InfoClass

log = structlog.get_logger()

STOPS: Final = (HoldKind.H1, HoldKind.H3)
"""What a person may stop at once for: the police ask for it, or somebody's safety does."""
LONGEST_REASON: Final = 1_000

_GONE: Final = "It is not waiting any more: somebody decided it, or its time ran out. Ask again."
_OTHER: Final = "Another person must agree: you asked for it yourself"
_NOT_SEEN: Final = "What would go is not what you were shown. Read it again, as it would go now"
_CHANGED: Final = (
    "What would go now is not word for word what was asked for. Refuse it, with why, and let it be "
    "asked for again"
)
_MOVED: Final = "The hold is not what it was when this was asked. Ask again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is written down, and in force."""

    concern: ConcernId
    request: str = ""
    """Which release was asked for; empty: it was decided, or it is a stop."""


Result = Done | Incomplete | NotFound | NotYours


@dataclass(frozen=True, slots=True, kw_only=True)
class Releasing:
    """Asks for releases, decides them and puts holds, for people of the host authority."""

    register: Register
    clock: Clock
    tools_for: ToolsFor

    async def preview(
        self, record: ConcernRecord, wanted: Wanted, who: Official
    ) -> Release | Incomplete:
        """Return what would go to whom if this were released now."""
        async with self.register.entry() as entry:
            now, tools = await entry.now(), self._tools(record, await entry.directory())
            if tools is None:
                return _fault("", "This hub has no pack for the concern")
            try:
                return await planned_release(
                    entry, record.concern, wanted, who, "preview", tools, now
                )
            except Refused as refused:
                return Incomplete(faults=refused.faults)

    async def ask(
        self,
        record: ConcernRecord,
        hold: HoldId,
        classes: frozenset[InfoClass],
        reason: str,
        who: Official,
        leave_out: frozenset[str] = frozenset(),
        seen: str = "",
    ) -> Result:
        """Ask for a release. Nothing is released by this: another person must agree.

        `seen`: the SHA-256 of what was shown to whoever asks to leave facts out; they ask for that
        and for nothing else.
        """
        found, now = hold_of(record, hold), self.clock.now()
        tools = self._tools(record, await self.register.directory())
        if found is None or tools is None or record.concern.host_authority != who.agency:
            return NotFound()
        if refused := _may_not(who, found, record, tools):
            return refused
        if says := _reason_fault(reason):
            return _fault("/reason", says)
        if not classes or not classes <= found.classes:
            return _fault("/classes", "Choose what is to be released")
        asked = AskedRelease(
            id=tools.mint.id(),
            concern=record.concern.id,
            hold=found.id,
            classes=classes,
            reason=reason.strip(),
            by=_asker(who),
            at=now,
        )
        if leave_out:
            wanted = Wanted(hold=found, classes=classes, leave_out=leave_out)
            amended = await self.preview(record, wanted, who)
            if isinstance(amended, Incomplete):
                return amended
            if amended.sha256 != seen:
                return _fault("/leave_out", _NOT_SEEN)
            asked = replace(asked, left_out=amended.left_out, sha256=amended.sha256)
        return await self._ask(asked)

    async def _ask(self, asked: AskedRelease) -> Result:
        if not await self.register.ask_release(asked, asked.at, _asked_leaf(asked)):
            return _fault("/classes", "A release of this hold waits already for a second person")
        log.info("release.asked", concern=asked.concern, request=asked.id)
        return Done(concern=asked.concern, request=asked.id)

    async def agree(
        self, record: ConcernRecord, request: str, who: Official, seen: str = ""
    ) -> Result:
        """Agree to a release: it takes effect in the same transaction, or nothing does.

        `seen`: the SHA-256 of what was shown to this person. Where facts are left out it must be
        what was asked for, and what goes now; anywhere it is given, it must be what goes now.
        """
        asked = await self._asked(record, request)
        if asked is None or record.concern.host_authority != who.agency:
            return NotFound()
        if asked.by.id == who.id:
            return NotYours(says=_OTHER)
        decided = Decided(by=_asker(who), at=self.clock.now(), became=Became.AGREED)
        if not asked.pending(decided.at):
            return _fault("", _GONE)
        try:
            return await self._agree(asked, decided, who, seen)
        except Refused as refused:
            return Incomplete(faults=refused.faults)

    async def _agree(
        self, asked: AskedRelease, decided: Decided, who: Official, seen: str
    ) -> Result:
        async with self.register.entry() as entry:
            now = await entry.now()
            standing = (await entry.standing([asked.concern]))[asked.concern]
            concern = standing.concern
            tools = None
            if concern is not None:
                tools = self.tools_for(concern.partnership, await entry.directory())
            if concern is None or tools is None:
                return NotFound()
            hold = next((one for one in concern.holds if one.id == asked.hold), None)
            if hold is None or not asked.classes <= hold.classes:
                return _fault("", _MOVED)
            if not (who.may(Act.RELEASE) and may_release(who, hold, concern, tools.pack)):
                return NotYours(says=_nobody_here(hold, tools))
            if not await entry.agree_release(asked, decided):
                return _fault("", _GONE)
            why = f"{asked.reason} (asked by {asked.by.name}, agreed by {who.name})"
            wanted = Wanted(hold=hold, classes=asked.classes, leave_out=asked.left_out)
            release = await planned_release(entry, concern, wanted, who, why, tools, now)
            _as_agreed(release, asked, seen)
            await entry.take([release.event])
            await entry.write(release.page)
            people = {"asked_by": asked.by.id, "person": who.id}
            ids = {"request": asked.id, "hold": hold.id, "event": release.event.id}
            note = leaf("release.agreed", now, concern.id, **ids, **people, **_amended(asked))
            await entry.note([note])
        log.info("release.agreed", concern=asked.concern, request=asked.id)
        return Done(concern=asked.concern)

    async def refuse(
        self, record: ConcernRecord, request: str, reason: str, who: Official
    ) -> Result:
        """Refuse a release, with a reason; whoever asked may take it back in this way too."""
        asked = await self._asked(record, request)
        if asked is None or record.concern.host_authority != who.agency:
            return NotFound()
        if not who.may(Act.RELEASE):
            return NotYours(says="Your post does not decide on releases")
        if says := _reason_fault(reason):
            return _fault("/reason", says)
        decided = Decided(
            by=_asker(who),
            at=self.clock.now(),
            became=Became.REFUSED,
            reason=reason.strip(),
        )
        ids = {"request": asked.id, "hold": asked.hold, "person": who.id}
        note = leaf("release.refused", decided.at, asked.concern, **ids)
        if not await self.register.refuse_release(asked, decided, note):
            return _fault("", _GONE)
        log.info("release.refused", concern=asked.concern, request=asked.id)
        return Done(concern=asked.concern)

    async def stop(
        self, record: ConcernRecord, party: Party, kind: HoldKind, reason: str, who: Official
    ) -> Result:
        """Hold everything from one party at once; what waits for it is not sent (semantics 5)."""
        if record.concern.host_authority != who.agency:
            return NotFound()
        if says := _reason_fault(reason):
            return _fault("/reason", says)
        if party not in record.concern.parties():
            return _fault("/party", "Choose who must not be told")
        try:
            return await self._stop(record, party, kind, reason.strip(), who)
        except Refused as refused:
            return Incomplete(faults=refused.faults)

    async def _stop(
        self, record: ConcernRecord, party: Party, kind: HoldKind, reason: str, who: Official
    ) -> Result:
        async with self.register.entry() as entry:
            now, tools = await entry.now(), self._tools(record, await entry.directory())
            if tools is None:
                return NotFound()
            may = kind in STOPS and may_place(who, kind, record.concern, tools.pack)
            if not may or not who.may(Act.RELEASE):
                return _fault("/kind", "Choose why they must not be told")
            event = placing(record.concern, party, kind, who, reason, tools, now)
            await entry.take([event])
            page = await planned(entry, record.concern.id, event, tools, now)
            await entry.write(page)
            ids = {"event": event.id, "person": who.id, "hold": str(kind)}
            await entry.note([leaf("hold.put", now, record.concern.id, **ids)])
        log.info("hold.put", concern=record.concern.id, kind=str(kind))
        return Done(concern=record.concern.id)

    async def asked_of(self, record: ConcernRecord) -> tuple[AskedRelease, ...]:
        """Return what was asked of this concern, newest first."""
        return await self.register.releases_asked([record.concern.id])

    async def _asked(self, record: ConcernRecord, request: str) -> AskedRelease | None:
        found = await self.asked_of(record)
        return next((each for each in found if each.id == request), None)

    def _tools(self, record: ConcernRecord, directory: Directory) -> Tools | None:
        return self.tools_for(record.concern.partnership, directory)


def hold_of(record: ConcernRecord, hold: str) -> PlacedHold | None:
    """Return a hold of this concern that a person placed, by its name, or None."""
    return next((each for each in record.concern.holds if each.id == hold), None)


def _as_agreed(release: Release, asked: AskedRelease, seen: str) -> None:
    """Let only that go which both have read. Raises Refused, and then nothing is written."""
    if asked.left_out and not asked.sha256 == seen == release.sha256:
        raise Refused((Fault(pointer="", says=_CHANGED),))
    if seen and seen != release.sha256:
        raise Refused((Fault(pointer="", says=_NOT_SEEN),))


def _asked_leaf(asked: AskedRelease) -> Leaf:
    ids = {"request": asked.id, "hold": asked.hold, "person": asked.by.id}
    return leaf("release.asked", asked.at, asked.concern, **ids, **_amended(asked))


def _amended(asked: AskedRelease) -> dict[str, str]:
    """Return what the log says of an amendment: names of facts, and why by its hash alone.

    The words of the reason stand in the register: the log keeps no free text, and for ever.
    """
    if not asked.left_out:
        return {}
    return {
        "left_out": " ".join(sorted(asked.left_out)),
        "sha256": asked.sha256,
        "reason_sha256": sha256(asked.reason.encode()).hexdigest(),
    }


def _may_not(
    who: Official, hold: PlacedHold, record: ConcernRecord, tools: Tools
) -> NotYours | None:
    if who.may(Act.RELEASE) and may_release(who, hold, record.concern, tools.pack):
        return None
    return NotYours(says=_nobody_here(hold, tools))


def _nobody_here(hold: PlacedHold, tools: Tools) -> str:
    found = {each.kind: each.release for each in tools.pack.hold_authorities}.get(hold.kind)
    who = ", ".join(sorted(found)) if found else "nobody that the agreed rules name"
    return f"This hold is released by: {who}. Record their decision in your case system"


def _asker(person: Official) -> Asker:
    return Asker(id=person.id, name=person.name, post=str(person.post))


def _reason_fault(reason: str) -> str:
    if not reason.strip():
        return "Say why"
    return "Say it more shortly" if len(reason) > LONGEST_REASON else ""


def _fault(pointer: str, says: str) -> Incomplete:
    return Incomplete(faults=(Fault(pointer=pointer, says=says),))
