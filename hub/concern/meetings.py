"""What follows from meetings (004 4.1e, 7.1j, 8.4, 9.1, 12.1)."""

from __future__ import annotations

from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter
from hub.events.meetings import MeetingHeld, MeetingScheduled, StageChanged
from hub.frozen import replace
from hub.vocabulary import ObligationKind, Stage

LAWFUL_MOVES: Final[dict[Stage, frozenset[Stage]]] = {
    Stage.DECISION_TO_INITIATE: frozenset({Stage.INITIAL_MEETING, Stage.CLOSING}),
    Stage.INITIAL_MEETING: frozenset({Stage.FINDINGS, Stage.CLOSING}),
    Stage.FINDINGS: frozenset({Stage.UPDATE, Stage.QUALITY_ASSURANCE, Stage.CLOSING}),
    Stage.UPDATE: frozenset({Stage.UPDATE, Stage.QUALITY_ASSURANCE, Stage.CLOSING}),
    Stage.QUALITY_ASSURANCE: frozenset({Stage.FINDINGS, Stage.UPDATE, Stage.CLOSING}),
    Stage.CLOSING: frozenset(),
}
"""Stage 4 is optional and repeatable, 5 may go back to 3 or 4, any may close (004 5.1, 11.1)."""

UPDATE: Final = "update"
"""The first word of the key of a meeting that is owed is the kind of meeting that ends it."""

NEEDS_A_CHAIR: Final = frozenset({"initial", "findings"})
"""The meetings of stages 2 and 3, to which nobody is invited without a Chair (M030)."""


@follow.register
def _(data: StageChanged, concern: Concern) -> Concern | CannotFollow:
    if data.from_stage is not concern.stage:
        return CannotFollow(
            why=f"the concern is at `{concern.stage}`, the event says `{data.from_stage}`"
        )
    if data.to_stage not in LAWFUL_MOVES[concern.stage]:
        return CannotFollow(why=f"`{data.to_stage}` cannot follow `{concern.stage}` (004 5.1)")
    return _updates_owed(replace(concern, stage=data.to_stage))


@follow.register
def _(data: MeetingScheduled, concern: Concern) -> Concern | CannotFollow:
    if data.kind in NEEDS_A_CHAIR and concern.chair is None:
        return CannotFollow(why="`chair.appointed` has not come, and the Chair invites (004 4.1e)")
    return replace(concern, meetings=(*concern.meetings, data))


@follow.register
def _(data: MeetingHeld, concern: Concern) -> Concern | CannotFollow:
    """A meeting that was owed is done by being held, never by a date alone (M120)."""
    owed = (m.key for m in concern.matters if m.kind is ObligationKind.HOLD_MEETING)
    for key in [key for key in owed if key.partition(" ")[0] == data.kind]:
        concern = concern.met(ObligationKind.HOLD_MEETING, key)
    return _updates_owed(concern, f"{UPDATE} after {data.held_at.isoformat()}")


def _updates_owed(concern: Concern, key: str = UPDATE) -> Concern:
    """Stage 4: update meetings go on, sooner at high risk (9.1). The pack has the times."""
    kind = ObligationKind.HOLD_MEETING
    owed = any(m.kind is kind and m.key.partition(" ")[0] == UPDATE for m in concern.matters)
    if concern.stage is not Stage.UPDATE or owed:
        return concern
    return concern.owing(Matter(kind=kind, key=key, says="hold the next update meeting (9.1)"))
