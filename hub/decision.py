"""What was decided for one party on one occasion, with its reason: tell, hold, withhold, not due.

The law of the whole answer: every occasion has exactly one decision for every party, so silence
cannot be represented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from hub.concern import Party
from hub.vocabulary import (
    ConcernId,
    DecisionId,
    EventId,
    HoldId,
    HoldKind,
    InfoClass,
    Lane,
    OccasionId,
    PackHash,
    RuleId,
    Rung,
)


class OccasionKind(StrEnum):
    """Why there is something to decide."""

    EVENT = "event"
    HOLDS_CHANGED = "holds changed"  # held became free, or waiting to be sent became held
    FOUND_LATE = "found late"  # a party joined after this event: it is owed what it missed
    DRILL = "drill"  # nothing has happened: every way out is tried
    LADDER = "ladder"  # steps of ladders ask desks of the host authority for something


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOf:
    """What the steps of ladders ask of one desk: one list, not thirty calls (rules.md, E1)."""

    desk: Party
    lines: tuple[str, ...]
    """What may be said of class C0, one line a task."""
    unsaid: int
    """How many tasks more there are, that a mail may not speak about."""


_OF_EVENTS: Final = frozenset({OccasionKind.EVENT, OccasionKind.FOUND_LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One reason to tell."""

    id: OccasionId
    kind: OccasionKind
    concern: ConcernId
    event: EventId
    """The event that caused it; for changed holds, the event that changed them; for a ladder, the
    concern's last."""
    event_source: str
    event_name: str
    """What it is routed as: the event's short name, `holds.changed` or `ladder.asked`."""
    at: datetime
    reconsidered: frozenset[Party] = frozenset()
    """For whom something changed: a class became free or was stopped, or its adults are new."""
    named: frozenset[Party] = frozenset()
    """Whom the event names: it is for them, or about their part."""
    variant: str | None = None
    """Which variant of its type the event is, such as the cause of an evacuation."""
    again: bool = False
    """The event says word for word what was said last about the same subject."""
    asked: tuple[AskedOf, ...] = ()
    """What ladders ask of whom; kept in the tasks and in the notice, not with the decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, in one sentence, with the paragraph it rests on and the rule that says so."""

    sentence: str
    paragraph: str
    rule: RuleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One class that may be told, on which purpose and lawful basis."""

    info: InfoClass
    purpose: str
    basis: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One class that must wait until a named authority releases it. It has no bytes anywhere."""

    info: InfoClass
    kind: HoldKind
    released_by: str
    reason: Reason
    hold: HoldId | None = None
    """The placed hold; None where a pack rule holds (W1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """One class this party is not told, by the protocol."""

    info: InfoClass
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    id: DecisionId
    occasion: Occasion
    party: Party
    pack: PackHash
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(_Decided):
    """Tell this party the shared classes; carries what is held and withheld as well."""

    notice: str
    """The template's name under message_templates/, such as `concern-opened`."""
    lane: Lane
    required: Rung
    reply_due: datetime | None
    shared: tuple[Shared, ...]
    held: tuple[Held, ...] = ()
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(_Decided):
    """Not yet: nothing is told until a named authority releases it (H1 to H10)."""

    held: tuple[Held, ...]
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withhold(_Decided):
    """Not for this party, by the protocol."""

    withheld: tuple[Withheld, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDue(_Decided):
    """Nothing is due, because a `nothing` rule of the pack says so."""


Decision = Notify | Hold | Withhold | NotDue


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What history knows of one past decision: who, when, which classes were shared or held."""

    decision: DecisionId
    event: EventId
    event_name: str
    kind: OccasionKind
    party: Party
    verdict: str
    """`notify`, `hold`, `withhold` or `not due`."""
    shared: frozenset[InfoClass]
    held: frozenset[InfoClass]
    at: datetime
    stopped: bool = False
    """True: every delivery of it was stopped before it was sent, so the party heard nothing."""
    event_source: str = ""
    """With `event`, which event it was."""


@dataclass(frozen=True, kw_only=True)
class History:
    """Every past decision of one concern, oldest first."""

    told: tuple[Told, ...] = ()

    def ever_told(self) -> frozenset[Party]:
        """Return everyone who was ever to be told something."""
        return self._told

    def ever_held(self) -> frozenset[Party]:
        """Return everyone from whom something was ever held."""
        return self._held

    def has_decided(self, source: str, event: EventId, party: Party) -> bool:
        """Whether this event has been decided for this party, when it came or late."""
        return (source, event, party) in self._decided

    def ever_due(self, party: Party) -> frozenset[InfoClass]:
        """Return the classes that some notice was to tell this party, told or held."""
        mine = self._of.get(party, ())
        return frozenset(info for told in mine for info in told.shared | told.held)

    # Read once: these are asked for every party, and a long concern has hundreds of decisions.

    @cached_property
    def _told(self) -> frozenset[Party]:
        return frozenset(t.party for t in self.told if t.verdict == "notify" and not t.stopped)

    @cached_property
    def _decided(self) -> frozenset[tuple[str, EventId, Party]]:
        of_events = (t for t in self.told if t.kind in _OF_EVENTS)
        return frozenset((t.event_source, t.event, t.party) for t in of_events)

    @cached_property
    def _held(self) -> frozenset[Party]:
        return frozenset(t.party for t in self.told if t.held)

    @cached_property
    def _of(self) -> dict[Party, list[Told]]:
        found: dict[Party, list[Told]] = {}
        for told in self.told:
            found.setdefault(told.party, []).append(told)
        return found

    def stopped_at_sending(self, party: Party) -> bool:
        """Whether what waited for this party was stopped, and nothing was decided of it since.

        A page that stops something decides it again at once; only the last look before sending
        stops without a page (semantics 5).
        """
        for told in reversed(self._of.get(party, ())):
            if told.kind is OccasionKind.HOLDS_CHANGED:
                return False
            if told.stopped:
                return True
        return False

    def still_held(self, party: Party) -> frozenset[InfoClass]:
        """Return the classes held from this party that no later notice has told it."""
        owed: set[InfoClass] = set()
        for told in self._of.get(party, ()):
            owed -= told.shared
            owed |= told.held
        return frozenset(owed)

    def untold(self, party: Party) -> frozenset[InfoClass]:
        """Return the classes held from this party, or stopped on the way, and not told since."""
        owed: set[InfoClass] = set()
        for told in self._of.get(party, ()):
            owed = owed | told.shared if told.stopped else owed - told.shared
            owed |= told.held
        return frozenset(owed)
