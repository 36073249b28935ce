"""Chase: whoever steers a concern has the ladder's next step taken now, and says why.

Nothing is sent from here. The step is brought forward, and whoever watches takes it as every step
is taken: holds and answers are looked at again, and nobody gets what they have already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from hub.access import Act, Official
from hub.answers.console import ToolsFor
from hub.answers.results import Incomplete, NotFound, NotYours
from hub.answers.writing import hand_of
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.plan.chasing import APART, Chaseable, answer_owed_to, chaseable
from hub.plan.reach import Known
from hub.ports import Clock, ConcernRecord, NoticeRecord, Register
from hub.ports.chasing import Chase
from hub.ports.releasing import Asker
from hub.vocabulary import ConcernId, NoticeId

log = structlog.get_logger()

LONGEST_REASON: Final = 1_000

_ANSWERED: Final = "No answer is owed to this notice: they have answered, or it never asked for one"
_MOVED: Final = "Something else became of it at this moment; look again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a chase would do at this moment, and who chased last."""

    chaseable: Chaseable | None
    """None: no answer is owed."""
    last: Chase | None
    why_not: str
    """Why nobody may chase now, in one sentence; empty: somebody may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chased:
    """The next step has been brought forward; `again` where this person had done so just now."""

    chase: Chase
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chasing:
    """Says what a chase would do, and chases, for whoever steers a concern."""

    register: Register
    clock: Clock
    tools_for: ToolsFor
    new_id: Callable[[], str]

    async def offer(self, record: ConcernRecord, notice: NoticeRecord) -> Offer:
        """Return what a chase of this notice's answer would do now. Nothing is written."""
        directory = await self.register.directory()
        tools = self.tools_for(record.concern.partnership, directory)
        owed = answer_owed_to(_known(notice), record.obligations)
        before = await self.register.chases([record.concern.id])
        chased = [each for each in before if each.notice == notice.notice.id]
        last = chased[0] if chased else None
        if owed is None:
            return Offer(chaseable=None, last=last, why_not=_ANSWERED)
        if tools is None:
            return Offer(chaseable=None, last=last, why_not="This hub has no pack for the concern")
        found = chaseable(
            owed,
            _known(notice),
            record.standing,
            record.obligations,
            [each.at for each in chased],
            tools,
            self.clock.now(),
        )
        return Offer(chaseable=found, last=last, why_not=found.why_not)

    async def chase(
        self,
        concern: ConcernId,
        notice: NoticeId,
        person: Official,
        reason: str,
        step: int | None,
    ) -> Chased | Incomplete | NotFound | NotYours:
        """Bring the next step forward. `step`: the one that was shown; None: whichever comes.

        Whoever sends it twice has chased once: the first chase is returned.
        """
        record = await self.register.as_reader(person.agency).concern(concern)
        each = None if record is None else _one(record, notice)
        if record is None or each is None:
            return NotFound()
        if not person.may(Act.STEER):
            return NotYours(says="Only a lead enquiry officer chases an answer")
        if not reason.strip() or len(reason) > LONGEST_REASON:
            says = "Say it more shortly" if reason.strip() else "Say why"
            return Incomplete(faults=(Fault(pointer="/reason", says=says),))
        offer = await self.offer(record, each)
        if twice := self._just_now(offer.last, person):
            return twice
        found = offer.chaseable
        if offer.why_not or found is None:
            return _fault(offer.why_not)
        if step is not None and step != found.step:
            return _fault("Its ladder has taken a step since you looked: see what comes next")
        return await self._chase(found, each, person, reason.strip())

    async def _chase(
        self, found: Chaseable, record: NoticeRecord, person: Official, reason: str
    ) -> Chased | Incomplete:
        notice = record.notice
        made = Chase(
            id=self.new_id(),
            concern=notice.concern,
            obligation=found.owed.id,
            notice=notice.id,
            step=found.step,
            by=Asker(id=person.id, name=hand_of(person), post=str(person.post)),
            reason=reason,
            at=self.clock.now(),
        )
        ids = {"chase": made.id, "obligation": made.obligation, "notice": notice.id}
        note = leaf(
            "notice.chased", made.at, notice.concern, person=person.id, step=made.step, **ids
        )
        if await self.register.chase(found.owed, made, note):
            log.info("notice.chased", concern=notice.concern, notice=notice.id, chase=made.id)
            return Chased(chase=made)
        before = await self.register.chases([notice.concern])
        last = next((one for one in before if one.notice == notice.id), None)
        return self._just_now(last, person) or _fault(_MOVED)

    def _just_now(self, last: Chase | None, person: Official) -> Chased | None:
        """Return the chase that this very person made a moment ago, or None."""
        if last is None or last.by.id != person.id or self.clock.now() >= last.at + APART:
            return None
        return Chased(chase=last, again=True)


def _known(record: NoticeRecord) -> Known:
    return Known(
        notice=record.notice,
        deliveries=record.deliveries,
        receipts=record.receipts,
        people=record.people,
        superseded=record.newer is not None,
    )


def _one(record: ConcernRecord, notice: NoticeId) -> NoticeRecord | None:
    return next((each for each in record.notices if each.notice.id == notice), None)


def _fault(says: str) -> Incomplete:
    return Incomplete(faults=(Fault(pointer="", says=says),))
