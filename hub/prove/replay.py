"""What recorded events would have brought under two packs (`hub diff --events`).

The same planning as a real run, once with each pack, each with the history it would have made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC

from hub.concern import Party
from hub.decision import Decision, Hold, NotDue, Notify, OccasionKind
from hub.events.envelope import Event
from hub.page import Page
from hub.plan import Tools, rehearsal
from hub.prove.outcome import Change, Outcome, changes, held_words
from hub.vocabulary import ConcernId, EventId

_Key = tuple[Party, OccasionKind, EventId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one party would have heard differently on one recorded event."""

    concern: ConcernId
    event: EventId
    """The event on which it was decided; what waited for it is decided with it."""
    name: str
    party: Party
    occasion: OccasionKind
    changes: tuple[Change, ...]


def replay(events: Iterable[Event], old: Tools, new: Tools) -> Iterator[Heard]:
    """Yield every party that would have heard differently, by concern and in the order of time.

    Pure. Events of one concern are taken oldest first; each pack judges the history it would have
    made itself, so a later notice may differ because an earlier one did.
    """
    by_concern: dict[ConcernId, list[Event]] = {}
    for event in sorted(events, key=lambda event: (event.occurred, event.id)):
        by_concern.setdefault(event.concern, []).append(event)
    for concern in by_concern.values():
        both = zip(rehearsal(concern, old), rehearsal(concern, new), strict=True)
        for event, ((was, _), (now, _)) in zip(concern, both, strict=True):
            yield from _on(event, _decided(was), _decided(now))


def _on(event: Event, was: Mapping[_Key, Outcome], now: Mapping[_Key, Outcome]) -> Iterator[Heard]:
    for key in dict.fromkeys((*was, *now)):
        found = tuple(changes(was.get(key, _UNASKED), now.get(key, _UNASKED)))
        if found:
            party, occasion, _ = key
            yield Heard(
                concern=event.concern,
                event=event.id,
                name=event.name,
                party=party,
                occasion=occasion,
                changes=found,
            )


def _decided(page: Page) -> Mapping[_Key, Outcome]:
    return {(d.party, d.occasion.kind, d.occasion.event): _outcome(d) for d in page.decisions}


_UNASKED = Outcome(shared={}, kept={}, held={}, nothing="no party of this concern", form=None)


def _outcome(decision: Decision) -> Outcome:
    if isinstance(decision, NotDue):
        nothing = f"nothing is due by {decision.reason.rule}"
        return Outcome(shared={}, kept={}, held={}, nothing=nothing, form=None)
    waits = decision.held if isinstance(decision, Notify | Hold) else ()
    held = {one.info: held_words(one.reason.rule, one.kind, one.released_by) for one in waits}
    never = {one.info: f"withheld by {one.reason.rule}" for one in decision.withheld}
    shared = decision.shared if isinstance(decision, Notify) else ()
    return Outcome(
        shared={one.info: (one.purpose, one.basis) for one in shared},
        kept={**never, **held},
        held=held,
        nothing="",
        form=_form(decision) if isinstance(decision, Notify) else None,
    )


def _form(decision: Notify) -> tuple[str, str, str, str]:
    due = decision.reply_due
    until = f"{due.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if due else "no deadline"
    return decision.notice, until, decision.lane.value, decision.required.value
