"""The rules in force, and what is tried out with them: nothing of it is kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from hub.api.base import Instant, Model, Sent
from hub.vocabulary import InfoClass, Role

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Verdict = Literal["notify", "hold", "withhold", "not due"]
Way = Literal[
    "shared",
    "held in some circumstances",
    "told once it is decided",
    "withheld",
    "nothing is due",
]


class PackShown(Model):
    """The pack that decides for one partnership now."""

    partnership: str
    name: str
    version: str
    hash: str
    review_by: date
    review_overdue: bool
    files: tuple[str, ...]
    """Of which a draft may be tried."""


class RulesShown(Model):
    """Which rules are in force, and what can be asked of them."""

    packs: tuple[PackShown, ...]
    newer_refused: bool
    """Whether a newer policy was refused, and these stay in force."""
    examples: tuple[str, ...]
    scenarios: tuple[str, ...]
    chapters: tuple[str, ...]
    """Of the framework, as the map has them."""


class EventShown(Model):
    """One event of a concern, in the order in which they were taken in."""

    id: str
    name: str
    occurred: Instant


class EventList(Model):
    """The events of one concern."""

    concern: str
    reference: str
    events: tuple[EventShown, ...]


class Explaining(Sent):
    """What to explain: an `event` as it would be published, an `example`, or one of a concern."""

    event: dict[str, JsonValue] | None = None
    """A CloudEvent (structured JSON)."""
    example: Name | None = None
    concern: Name | None = None
    event_id: Name | None = None
    """Of the concern's events (`list_events`)."""

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        own = (self.concern is not None, self.event_id is not None)
        ways = (self.event is not None) + (self.example is not None) + any(own)
        if ways != 1 or any(own) != all(own):
            msg = "send `event`, or `example`, or `concern` and `event_id` together"
            raise ValueError(msg)
        return self


class ClassTold(Model):
    """One information class that a party is told."""

    info: InfoClass
    facts: tuple[str, ...]
    """Names alone."""
    purpose: str
    basis: str
    rule: str
    paragraph: str
    reason: str


class ClassKept(Model):
    """One information class that a party is not told, or not yet."""

    info: InfoClass
    facts: tuple[str, ...]
    rule: str
    paragraph: str
    reason: str
    kind: str | None
    released_by: str | None
    """Who may release or decide it; null: nobody, it is withheld."""


class PartyExplained(Model):
    """What is decided for one party, and why."""

    agency: str
    role: str
    name: str
    occasion: str
    verdict: Verdict
    rule: str
    paragraph: str
    reason: str
    notice: str | None
    reply_due: Instant | None
    told: tuple[ClassTold, ...]
    held: tuple[ClassKept, ...]
    withheld: tuple[ClassKept, ...]


class ExplanationShown(Model):
    """Who is told on one event, who is not, and why; one decision for every party."""

    event: str
    id: str
    partnership: str
    version: str
    hash: str
    concern: str | None
    """The reference of its concern, where it is one of yours; null: it was given."""
    after: int
    """How many earlier events it was explained after."""
    waits: str | None
    """Why it cannot follow yet."""
    refused: tuple[str, ...]
    """Why it may not be asserted."""
    parties: tuple[PartyExplained, ...]


class Simulating(Sent):
    """Play a scenario that ships."""

    scenario: Name
    everything: bool = False
    """Also what is withheld, not due, and evidence."""


class PlayedParty(Model):
    """Whom a row is about."""

    agency: str
    role: str
    name: str


class Played(Model):
    """One thing that would happen."""

    at: Instant
    what: str
    concern: str | None
    party: PlayedParty | None
    """Null: the concern as a whole."""
    says: str


class SimulationShown(Model):
    """What would happen and when, by a clock that stands for real time."""

    scenario: str
    rows: tuple[Played, ...]
    of: int
    """How many rows there are in all."""


class Drafting(Sent):
    """The whole text of one file of a pack, as it would be."""

    partnership: Name
    file: Name
    text: Annotated[str, Field(min_length=1)]


class DraftChange(Model):
    """One way in which parties would hear otherwise."""

    kind: str
    says: str
    classes: tuple[InfoClass, ...]
    roles: tuple[Role, ...]
    events: tuple[str, ...]
    cases: int


class DraftShown(Model):
    """What a draft would change; nothing is put in force, approved or kept."""

    old: str
    """The hash of the pack in force."""
    new: str
    cases: int
    """How many were asked of both, where they differ."""
    newly_disclosed: str | None
    """What two people must approve, by its digest; null: nothing more is disclosed."""
    changes: tuple[DraftChange, ...]


class WayCounted(Model):
    """Of how many kinds of event a party hears in this way."""

    way: Way
    events: int


class StageShown(Model):
    """One party at one stage."""

    stage: str
    ways: tuple[WayCounted, ...]
    events: int
    """How many kinds of event the stage has."""


class PartyByStages(Model):
    """One party, stage by stage."""

    role: Role
    stages: tuple[StageShown, ...]


class MapShown(Model):
    """Who is told what: parties by stages."""

    partnership: str
    version: str
    hash: str
    chapters: tuple[str, ...]
    parties: tuple[PartyByStages, ...]


class HearsShown(Model):
    """What one party hears of one kind of event, over every circumstance."""

    role: Role
    way: Way
    says: str


class EventMapped(Model):
    """One kind of event, and every party to whom anything of it is due."""

    event: str
    parties: tuple[HearsShown, ...]


class ChapterShown(Model):
    """Who is told what: parties by the kinds of event of one chapter."""

    partnership: str
    version: str
    hash: str
    chapter: str
    events: tuple[EventMapped, ...]
    everywhere: tuple[str, ...]
    """What may hold most parties on any event."""
