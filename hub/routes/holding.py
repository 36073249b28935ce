"""What is held on one concern, what a release would tell, what waits for a second person. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.access import Official, Post
from hub.answers import Incomplete
from hub.answers.amending import Release
from hub.concern import Party, PlacedHold
from hub.decision import Notify
from hub.directory import Directory
from hub.ports import ConcernRecord
from hub.ports.releasing import AskedRelease
from hub.routes.held import GROUND_FOR_THE_LEO
from hub.routes.naming import HELD_FOR, fact_words, held_words, party_name
from hub.vocabulary import HoldId, HoldKind, InfoClass

_LEAVE: Final = "leave."
"""How the name of each box begins that leaves a fact out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOn:
    """One hold that a person placed."""

    id: HoldId
    name: str
    must_not_hear: str
    kind: HoldKind | None
    """None: this reader may not know it."""
    why: str
    """What it waits for, and the ground where this reader may know it."""
    placed_by: str
    review_due: datetime
    overdue: bool
    ours: bool
    """Whether this reader's authority may release it."""
    classes: tuple[InfoClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """A release that was asked for, as people read it."""

    id: str
    name: str
    what: str
    reason: str
    by: str
    at: datetime
    until: datetime
    pending: bool
    mine: bool
    """Whether this reader asked for it, and so cannot agree to it."""
    became: str
    """How it ended; empty while it is pending."""
    left_out: str
    """What goes no more, as people call it; empty: nothing is left out."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldGo:
    """One notice that a release would send."""

    name: str
    text: str
    will_see: str
    will_not_see: str


def placed_holds(
    record: ConcernRecord,
    directory: Directory,
    person: Official,
    now: datetime,
    ours: Callable[[PlacedHold], bool],
) -> tuple[PlacedOn, ...]:
    """Return the holds that people placed, with their grounds only for who may know them."""
    return tuple(
        PlacedOn(
            id=hold.id,
            name=party_name(hold.party, directory),
            must_not_hear=held_words(hold.classes),
            kind=hold.kind if _may_know(hold, person) else None,
            why=_why(hold, person),
            placed_by=f"{hold.placed_by.name}, {hold.placed_by.role}",
            review_due=hold.review_due,
            overdue=hold.review_due < now,
            ours=ours(hold),
            classes=tuple(info for info in InfoClass if info in hold.classes),
        )
        for hold in record.concern.holds
    )


def waits(
    asked: Iterable[AskedRelease],
    record: ConcernRecord,
    directory: Directory,
    person: Official,
    now: datetime,
) -> tuple[Waits, ...]:
    """Return what was asked of one concern, newest first."""
    parties = {hold.id: hold.party for hold in record.concern.holds}
    return tuple(
        Waits(
            id=one.id,
            name=_of(parties.get(one.hold), directory),
            what=held_words(one.classes),
            reason=one.reason,
            by=f"{one.by.name}, {one.by.post}",
            at=one.at,
            until=one.until,
            pending=one.pending(now),
            mine=one.by.id == person.id,
            became=_became(one, now),
            left_out=", ".join(fact_words(name) for name in sorted(one.left_out)),
            sha256=one.sha256,
        )
        for one in asked
    )


def would_go(preview: Release, directory: Directory) -> tuple[WouldGo, ...]:
    """Return each notice that a release would send, with what its party sees and does not."""
    return tuple(
        WouldGo(
            name=party_name(decision.party, directory),
            text=text,
            will_see=held_words(one.info for one in decision.shared),
            will_not_see=_kept_back(decision),
        )
        for decision, text in preview.told
    )


def left_out(typed: Mapping[str, str]) -> frozenset[str]:
    """Return the facts that were ticked to be left out, by name."""
    ticked = (name for name, each in typed.items() if name.startswith(_LEAVE) and each == "yes")
    return frozenset(name.removeprefix(_LEAVE) for name in ticked)


def boxes(whole: Release | Incomplete, left: frozenset[str]) -> list[tuple[str, str, str, bool]]:
    """Return each fact that may be left out: its box, its name, its value, and if it is ticked."""
    may = whole.offered if isinstance(whole, Release) else ()
    return [
        (f"{_LEAVE}{name}", fact_words(name).capitalize(), value, name in left)
        for name, value in may
    ]


def named_left_out(preview: Release | Incomplete) -> str:
    """Return what goes no more, as people call it; empty: nothing is left out."""
    gone = sorted(preview.left_out) if isinstance(preview, Release) else ()
    return ", ".join(fact_words(name) for name in gone)


def _kept_back(decision: Notify) -> str:
    held = [one.info for one in decision.held]
    return held_words([*held, *(one.info for one in decision.withheld)]) or "nothing is kept back"


def _may_know(hold: PlacedHold, person: Official) -> bool:
    return person.post is Post.LEO or hold.kind not in GROUND_FOR_THE_LEO


def _why(hold: PlacedHold, person: Official) -> str:
    if not _may_know(hold, person):
        return "Ask the lead enquiry officer"
    return f"{HELD_FOR[hold.kind].capitalize()}: {hold.reason}"


def _of(party: Party | None, directory: Directory) -> str:
    return party_name(party, directory) if party else "a hold that has ended"


def _became(one: AskedRelease, now: datetime) -> str:
    if one.decided is not None:
        why = f": {one.decided.reason}" if one.decided.reason else ""
        return f"{one.decided.became} by {one.decided.by.name}, {one.decided.by.post}{why}"
    return "" if one.pending(now) else "its time ran out, and nothing was released"
