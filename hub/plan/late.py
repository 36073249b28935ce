"""Who is found late, and the history it was owed, in order (004 4.1b; rules.md, semantics 11).

Whoever joins is told the current position first, by the event that brings it. Then it is given one
notice for each earlier event that would have told its role: in the order in which they followed,
marked late, with what was said then, held and addressed as things stand now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from hub.concern import CannotFollow, Concern, Party, after
from hub.decide import FOUND_LATE, decide
from hub.decision import (
    Decision,
    History,
    NotDue,
    Notify,
    Occasion,
    OccasionKind,
    Reason,
    Withhold,
)
from hub.directory import Directory
from hub.events.envelope import Event
from hub.events.marks import variant_of
from hub.frozen import replace
from hub.pack.cell import CLOSED_WORLD
from hub.plan.occasion import named
from hub.plan.tools import Tools
from hub.vocabulary import EventId, OccasionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One earlier event that tells somebody late: every party's decision, and what was known."""

    event: Event
    said: Concern
    """The concern as it is now, saying what it said after the earlier event."""
    decisions: tuple[Decision, ...]


def found_late(before: Concern | None, concern: Concern, directory: Directory) -> frozenset[Party]:
    """Return who has joined by an event; at the first event of a concern nobody is late.

    A successor is not: it has had what its predecessor was told, at the same desk (S14).
    """
    if before is None:
        return frozenset()
    here = {(directory.answers_for(party.agency), party.role) for party in before.parties()}
    return frozenset(
        party
        for party in concern.parties()
        if (directory.answers_for(party.agency), party.role) not in here
    )


def back_fill(
    event: Event,
    late: frozenset[Party],
    concern: Concern,
    past: Sequence[Event],
    decided: Sequence[Decision],
    history: History,
    tools: Tools,
    now: datetime,
) -> Iterator[Owed]:
    """Yield what each earlier event brings the parties that `event` has brought, oldest first.

    `past` are the events of the concern that followed before this one, as they came in; `decided`
    is what `event` decided, and `history` has it. Nobody is told twice: an event that has decided
    for a party, whatever it was, is not decided for it again, however often an authority moves out
    and in.
    """
    first = {
        d.party: d.notice
        for d in decided
        if isinstance(d, Notify) and (d.occasion.event_source, d.occasion.event) == _key(event)
    }
    for earlier, then in _as_they_followed(past):
        owed = frozenset(p for p in late if not history.has_decided(earlier.source, earlier.id, p))
        if not owed:
            continue
        occasion = _occasion(event, earlier, owed, concern, now)
        judged = decide(occasion, concern, history, tools.pack, tools.directory, now)
        decisions = tuple(_unless_said(d, first) for d in judged)
        if any(d.party in owed and _is_something(d) for d in decisions):
            yield Owed(event=earlier, said=_saying(concern, then), decisions=decisions)


def _as_they_followed(past: Sequence[Event]) -> Iterator[tuple[Event, Concern]]:
    """Yield each event in the order in which it followed, with the concern after it.

    One that could not follow was kept, and tried again after each that could.
    """
    concern: Concern | None = None
    waiting: list[Event] = []
    for event in past:
        waiting.append(event)
        while (found := _first_to_follow(concern, waiting)) is not None:
            followed, concern = found
            waiting.remove(followed)
            yield followed, concern


def _first_to_follow(
    concern: Concern | None, waiting: Sequence[Event]
) -> tuple[Event, Concern] | None:
    for event in (*waiting[-1:], *waiting[:-1]):
        then = after(concern, event)
        if not isinstance(then, CannotFollow):
            return event, then
    return None


def _occasion(
    event: Event, earlier: Event, owed: frozenset[Party], concern: Concern, now: datetime
) -> Occasion:
    key = f"{earlier.source}|{earlier.id}|{OccasionKind.FOUND_LATE}|{event.source}|{event.id}"
    return Occasion(
        id=OccasionId(sha256(key.encode()).hexdigest()[:32]),
        kind=OccasionKind.FOUND_LATE,
        concern=event.concern,
        event=earlier.id,
        event_source=earlier.source,
        event_name=earlier.name,
        at=now,
        reconsidered=owed,
        named=named(earlier, concern),
        variant=variant_of(earlier.data),
    )


def _unless_said(decision: Decision, first: Mapping[Party, str]) -> Decision:
    """Return nothing due where the notice that told the current position says all of this one."""
    if not isinstance(decision, Notify) or first.get(decision.party) != decision.notice:
        return decision
    return NotDue(
        id=decision.id,
        occasion=decision.occasion,
        party=decision.party,
        pack=decision.pack,
        reason=Reason(
            sentence="What it was told when it was found says this already",
            paragraph="004 4.1b",
            rule=FOUND_LATE,
        ),
    )


def _is_something(decision: Decision) -> bool:
    """Whether a route spoke: the party is told, or there is something it is not told."""
    if isinstance(decision, NotDue):
        return False
    return not (isinstance(decision, Withhold) and decision.reason.rule == CLOSED_WORLD)


def _saying(now: Concern, then: Concern) -> Concern:
    """Return the concern as it is now, with what was said of its course as it was then.

    Whom to answer, how to handle it and what is held are as of now.
    """
    return replace(
        now,
        stage=then.stage,
        themes=then.themes,
        risk_level=then.risk_level,
        affected_count=then.affected_count,
        meetings=then.meetings,
        lead_agency=then.lead_agency,
        chair=then.chair,
        emergency=then.emergency or now.emergency,
        closure_proposed=then.closure_proposed or now.closure_proposed,
        closure_authorised=then.closure_authorised or now.closure_authorised,
        said=then.said,
    )


def _key(event: Event) -> tuple[str, EventId]:
    return event.source, event.id
