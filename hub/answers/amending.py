"""What a release would send, whole or with facts left out: planned, checked, and its hash."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from hub.access import Official
from hub.answers.console import Refused, planned, releasing
from hub.answers.hiding import hidden
from hub.compose import MustBeSaid
from hub.compose.leaving import offered
from hub.concern import Concern, PlacedHold
from hub.decision import Notify
from hub.events.envelope import Event, Fault
from hub.page import Page
from hub.plan import Tools
from hub.plan.amending import (
    Leaving,
    amendment_faults,
    fingerprint,
    gone,
    held_by,
    naming_faults,
    notices_to,
)
from hub.ports import Entry
from hub.vocabulary import InfoClass

_NEEDED: Final = "The notice cannot be written without it: other words of it need it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be released: of which hold, which classes, and without which facts."""

    hold: PlacedHold
    classes: frozenset[InfoClass]
    leave_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a release sends at one moment. Nothing of it is written down yet."""

    event: Event
    page: Page
    sha256: str
    """Of all that would go, but for what is made when it goes (`fingerprint`)."""
    left_out: frozenset[str] = frozenset()
    """Every fact that goes no more: what was chosen, and what stands only beside it."""
    offered: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The facts that could be left out, with their values."""

    @property
    def told(self) -> tuple[tuple[Notify, str], ...]:
        """Return each notice that would go, with its words; the code is not in them."""
        return tuple(
            (decision, hidden(notice.text, notice.ack_code))
            for decision in self.page.decisions
            if isinstance(decision, Notify)
            for notice in self.page.notices
            if notice.decision == decision.id
        )


async def planned_release(
    entry: Entry,
    concern: Concern,
    wanted: Wanted,
    who: Official,
    why: str,
    tools: Tools,
    now: datetime,
) -> Release:
    """Return what this release sends. Raises Refused where it may not be, or adds anything."""
    event = releasing(concern, wanted.hold, wanted.classes, who, why, tools, now)
    whole = await planned(entry, concern.id, event, tools, now)
    parties = held_by(wanted.hold, concern)
    may = offered(notices_to(whole, parties), tools.words)
    if not wanted.leave_out:
        return Release(event=event, page=whole, sha256=fingerprint(whole), offered=may)
    if faults := naming_faults(whole, parties, wanted.leave_out):
        raise Refused(faults)
    leaving = Leaving(event=event.id, source=event.source, parties=parties, facts=wanted.leave_out)
    try:
        less = await planned(entry, concern.id, event, replace(tools, leaving=leaving), now)
    except MustBeSaid:
        raise Refused((Fault(pointer="/leave_out", says=_NEEDED),)) from None
    if faults := amendment_faults(whole, less, parties, wanted.leave_out):
        raise Refused(faults)
    return Release(
        event=event,
        page=less,
        sha256=fingerprint(less),
        left_out=gone(whole, less, parties),
        offered=may,
    )
