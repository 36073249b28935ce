"""Emergency access: who is shown one concern of another authority, and who judges it afterwards.

What is refused is refused in one way, whether there is such a concern or not, and whatever is held
from whom: nobody learns of a concern, or of a hold, by asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from hub.access import BY_KEY, Act, Appointment, Official
from hub.answers.console import ToolsFor
from hub.answers.results import Incomplete, NotFound
from hub.calendar import Calendar, Within
from hub.directory import Directory
from hub.events.envelope import Fault
from hub.frozen import replace
from hub.leaf import leaf
from hub.notice import Notice
from hub.plan.reviewing import review_owed
from hub.ports import Clock, ConcernRecord, Register
from hub.ports.emergency_access import (
    AskedAccess,
    EmergencyAccess,
    Given,
    Judged,
    Review,
    SeenInEmergency,
    Unopened,
)
from hub.ports.releasing import Asker
from hub.vocabulary import AgencyId, ConcernId, ContactId, InfoClass, Nation, Role

log = structlog.get_logger()

LONGEST_REASON: Final = 1_000
NEVER_SHOWN: Final = frozenset({InfoClass.CRIMINAL, InfoClass.REGULATORY, InfoClass.REFERRER})
"""C4, C5 and C7: an emergency shows them to nobody; a notice with one of them is left out whole."""

_REFERENCE: Final = re.compile(r"PC-[0-9A-Z]{4}-[0-9A-Z]{4}", re.ASCII)
_REVIEWED_WITHIN: Final = Within(amount=1, unit="working days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The concern is shown to whoever asked, until the access ends."""

    access: EmergencyAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Their own authority hosts it: they see it without this."""

    concern: ConcernId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The review is written down."""

    judged: Judged


def barred(record: ConcernRecord, directory: Directory, of: Collection[AgencyId]) -> bool:
    """Whether nobody of one of these organisations is shown this concern in any emergency.

    From whom anything is held or was placed to be held, who provides the care, and of whom
    somebody has the power to abuse (004 2.5).
    """
    concern = record.concern
    held = {hold.party.agency for hold in record.holds}
    held |= {hold.party.agency for hold in concern.holds}
    providing = {party.agency for party in concern.parties() if party.role is Role.PROVIDER}
    struck = {each.agency for each in directory.contacts if each.id in concern.struck}
    struck |= {each.agency for each in directory.endpoints if ContactId(each.id) in concern.struck}
    return not (held | providing | struck | {concern.provider.agency}).isdisjoint(of)


def shown(notice: Notice) -> bool:
    """Whether this notice is shown in an emergency."""
    return not notice.classes & NEVER_SHOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakingGlass:
    """Gives emergency access, shows what it shows, and writes down what was found of it."""

    register: Register
    clock: Clock
    tools_for: ToolsFor | None
    new_id: Callable[[], str]

    async def ask(
        self, reference: str, reason: str, who: Official, others: Sequence[Appointment] = ()
    ) -> Opened | Ours | Unopened | Incomplete:
        """Open one concern to this person for an hour, or refuse; each ask is written down.

        `others`: their other posts; somebody with two is one person, and knows in both.
        """
        called, why = reference.strip().upper(), reason.strip()
        faults = _faults(called, why)
        if faults:
            return Incomplete(
                faults=tuple(Fault(pointer=f"/{at}", says=says) for at, says in faults.items())
            )
        record = await self._called(called)
        if record is not None and record.concern.host_authority == who.agency:
            return Ours(concern=record.concern.id)
        asked = AskedAccess(
            id=self.new_id(),
            by=_asker(who),
            agency=who.agency,
            reference=called,
            reason=why,
            at=self.clock.now(),
        )
        given = None
        if record is not None and not await self._refuses(record, who, others):
            given = await self._giving(asked, record)
        opened = await self.register.ask_emergency_access(asked, given)
        if isinstance(opened, Unopened):
            log.info("emergency.access.refused", person=who.id, why=opened.value)
            return opened
        log.info("emergency.access.opened", person=who.id, concern=opened.concern)
        return Opened(access=opened)

    async def seen(
        self, access: str, who: Official, others: Sequence[Appointment] = ()
    ) -> SeenInEmergency | None:
        """Return what this access shows this person now, without what is shown to nobody."""
        found = await self.register.in_emergency(access, who.id, who.agency)
        if found is None or await self._refuses(found.record, who, others):
            return None
        notices = tuple(each for each in found.record.notices if shown(each.notice))
        return SeenInEmergency(access=found.access, record=replace(found.record, notices=notices))

    async def review(
        self, access: str, judged: str, reason: str, who: Official
    ) -> Reviewed | Incomplete | NotFound:
        """Write down what the host authority's privacy officer found, once and for ever."""
        faults = {}
        if judged not in set(Judged):
            faults["judged"] = "Choose whether it was justified"
        if not reason.strip():
            faults["reason"] = "Say why"
        elif len(reason.strip()) > LONGEST_REASON:
            faults["reason"] = f"Say why in {LONGEST_REASON} characters or fewer"
        if faults:
            return Incomplete(
                faults=tuple(Fault(pointer=f"/{at}", says=says) for at, says in faults.items())
            )
        given = await self.register.emergency_access_to(who.agency)
        one = next((each for each in given if each.id == access), None)
        if one is None:
            return NotFound()
        now = self.clock.now()
        found = Review(by=_asker(who), at=now, judged=Judged(judged), reason=reason.strip())
        note = leaf(
            "emergency.reviewed",
            now,
            one.concern,
            access=one.id,
            person=who.id,
            judged=found.judged.value,
        )
        if not await self.register.review_emergency_access(one.id, who.agency, found, note):
            own = one.by.id == who.id
            says = "Somebody else must review it: it was yours" if own else "It is reviewed already"
            return Incomplete(faults=(Fault(pointer="/judged", says=says),))
        log.info("emergency.access.reviewed", person=who.id, judged=found.judged.value)
        return Reviewed(judged=found.judged)

    async def _called(self, reference: str) -> ConcernRecord | None:
        found = await self.register.concerns_called(reference)
        # Of two that are called the same, nobody can say which was meant.
        return await self.register.concern(found[0]) if len(found) == 1 else None

    async def _refuses(
        self, record: ConcernRecord, who: Official, others: Sequence[Appointment]
    ) -> bool:
        of = {who.agency, *(each.agency for each in others)}
        return not may_break_glass(who) or barred(record, await self.register.directory(), of)

    async def _giving(self, asked: AskedAccess, record: ConcernRecord) -> Given:
        """Return the access as it is given, and its review as it is owed from now on.

        The register says when it begins and ends.
        """
        directory = await self.register.directory()
        concern = record.concern
        host = directory.agency(concern.host_authority)
        nation = host.nation if host else Nation.ENGLAND_AND_WALES
        tools = self.tools_for and self.tools_for(concern.partnership, directory)
        pack = tools.pack if tools else None
        # Without the pack no holiday is known, and the review is due the earlier for it.
        calendar = pack.calendar if pack else Calendar(holidays={})
        access = EmergencyAccess(
            id=asked.id,
            concern=concern.id,
            host=concern.host_authority,
            by=asked.by,
            agency=asked.agency,
            reason=asked.reason,
            began=asked.at,
            ends=asked.at,
            review_due=calendar.due(asked.at, _REVIEWED_WITHIN, nation),
        )
        owed = review_owed(
            access.id,
            access.concern,
            access.host,
            began=access.began,
            due=access.review_due,
            pack=pack,
            directory=directory,
            made=self.new_id(),
        )
        return Given(access=access, owed=owed)


def may_break_glass(who: Official) -> bool:
    """Whether this is a person, and no program, whose post gives emergency access."""
    return who.may(Act.BREAK_GLASS) and not who.id.startswith(BY_KEY)


def _asker(who: Official) -> Asker:
    return Asker(id=who.id, name=who.name, post=str(who.post))


def _faults(reference: str, reason: str) -> Mapping[str, str]:
    faults = {}
    if not _REFERENCE.fullmatch(reference):
        faults["reference"] = "Enter the reference, such as PC-7K3M-2QXA"
    if not reason:
        faults["reason"] = "Say what the emergency is"
    elif len(reason) > LONGEST_REASON:
        faults["reason"] = f"Say it in {LONGEST_REASON} characters or fewer"
    return faults
