"""A LEO takes what is owed in hand until a time; then it is asked again (escalation 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from hub.access import Official, Post
from hub.answers.results import Incomplete, NotFound, NotYours
from hub.answers.writing import hand_of
from hub.escalate.taking import longest, why_not
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.obligation import Obligation, Taken
from hub.ports import Clock, ConcernRecord, Register
from hub.vocabulary import ConcernId, Lane

log = structlog.get_logger()

_TAKEN_MEANWHILE: Final = "Something else became of it at this moment; look again"


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """It is in somebody's hands until a time. It is still owed."""

    obligation: Obligation
    taken: Taken


async def take_in_hand(
    register: Register,
    clock: Clock,
    concern: ConcernId,
    obligation: str,
    person: Official,
    how_long: timedelta | None,
) -> InHand | Incomplete | NotFound | NotYours:
    """Let a LEO take one open obligation; `how_long` None: what was typed is no time.

    The ladder takes no step until then, and every one that has come by then, in order. It is no
    evidence of anything, and what is overdue is shown and told as overdue.
    """
    record = await register.as_reader(person.agency).concern(concern)
    owed = None if record is None else one_of(record, obligation)
    if record is None or owed is None:
        return NotFound()
    if person.post is not Post.LEO:
        return NotYours(says="Only a lead enquiry officer takes what is owed in hand")
    now = clock.now()
    most = longest(owed, lane_of(record, owed), now)
    says = why_not(owed, now)
    if not says and (how_long is None or not timedelta(0) < how_long <= most):
        says = "Choose for how long, up to the longest that is allowed"
    if says or how_long is None:
        return Incomplete(faults=(Fault(pointer="/minutes", says=says),))
    taken = Taken(by=hand_of(person), until=now + how_long)
    until = taken.until.isoformat()
    ids = {"obligation": owed.id, "person": person.id, "until": until}
    note = leaf("obligation.taken", now, concern, **ids)
    if not await register.put_in_hand(owed, taken, note):
        return Incomplete(faults=(Fault(pointer="/minutes", says=_TAKEN_MEANWHILE),))
    log.info("obligation.taken", concern=concern, obligation=owed.id)
    return InHand(obligation=owed, taken=taken)


def one_of(record: ConcernRecord, obligation: str) -> Obligation | None:
    """Return one open obligation of a concern by its id, or None."""
    return next((one for one in record.obligations if one.id == obligation), None)


def lane_of(record: ConcernRecord, owed: Obligation) -> Lane | None:
    """Return the lane of the notice that it is about, or None."""
    lanes = (n.notice.lane for n in record.notices if n.notice.id == owed.notice)
    return next(lanes, None)
