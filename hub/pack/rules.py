"""The rules of a pack, as frozen data. A rule never runs code; `decide` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

from hub.calendar import Calendar, Within
from hub.events import EVENTS
from hub.events.marks import may_lack_variant, variants_of
from hub.pack.faults import Where
from hub.pack.ladder import Ladder
from hub.vocabulary import (
    AgencyId,
    HoldKind,
    InfoClass,
    Lane,
    ObligationKind,
    PackHash,
    PublisherId,
    Role,
    RuleId,
    Rung,
)

UNKNOWN: Final = "unknown"

FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "criminal": ("yes", "crime suspected", "consulted, none", "none suspected", UNKNOWN),
    "police_advice": ("release", "partial release", "hold", UNKNOWN),
    "places_adults": ("yes", "no", UNKNOWN),
    "reconsider": ("yes", "no"),
    "position": ("reported", "open", "emergency", "closing"),
    "held_before": ("yes", "no"),
    "told_before": ("yes", "no"),
    "provider_informed": ("yes", "no"),
    "order_served": ("yes", "no", UNKNOWN),
    "first_hearing": ("decided by the Chair", "not decided", "not the first"),
    "ending": (
        "improved",
        "service ended",
        "transferred",
        "not initiated",
        "opened in error",
        UNKNOWN,
    ),
    "named": ("yes", "no"),
    "risk": ("low", "medium", "high", "critical", UNKNOWN),
    "severity": ("flagged", "not flagged"),
    "initiated": ("yes", "no", "undecided"),
    "communication": ("agreed", "emergency", "not agreed"),
    "contact": ("in order", "too early"),
    "sharing": ("agreed", "not agreed"),
    "report": ("published", "embargoed", "no report", UNKNOWN),
    "category": ("emergency", "planned", UNKNOWN),
    "urgency": ("urgent", "not urgent"),
    "takes_part": ("yes", "no"),
    "scope": ("within", "outside", "not set"),
    "held_elsewhere": ("yes", "no", UNKNOWN),
    "consultation": ("open", "none"),
    "mistaken": ("recalled", "yes", "no"),
    "again": ("yes", "no"),
    "threshold": ("met", "not met", UNKNOWN),
    "is_safeguarding": ("yes", "no"),
    "is_serious_incident": ("yes", "no"),
    "is_complaint": ("yes", "no"),
    "is_contract_breach": ("yes", "no"),
    "is_disciplinary": ("yes", "no"),
    "is_notifiable": ("yes", "no"),
}
"""Every fact a rule may ask for, with its closed domain. `unknown` never satisfies a share and
always satisfies a condition of a withhold (rules.md, semantics 2)."""

VARIANT: Final = "variant"
"""The fact whose domain is the event's own: the values of its field marked `Variant`."""

HOLDS_CHANGED: Final = "holds.changed"
"""What an occasion is routed as when holds changed: a release, or a stop of what was waiting.
`reconsider` is `yes` for a party from whom something became free or was stopped."""

LADDER_ASKED: Final = "ladder.asked"
"""What an occasion is routed as when ladders ask desks of the host authority for something.
`reconsider` is `yes` for a desk that is asked."""

OCCASIONS: Final = (HOLDS_CHANGED, LADDER_ASKED)
"""What the hub itself routes, beside the events of case systems."""


def domain_of(fact: str, event: str | None) -> tuple[str, ...]:
    """Return every value that a fact may have, for one event; empty: there is no such fact."""
    if fact != VARIANT:
        return FACTS.get(fact, ())
    model = EVENTS.get(event or "")
    if model is None:
        return ()
    return (*variants_of(model), *((UNKNOWN,) if may_lack_variant(model) else ()))


Conditions = Mapping[str, frozenset[str]]
"""Fact name to the values that satisfy it; all must hold. Empty: always."""

EVERYTHING: Final = frozenset(InfoClass)

SENDER_TYPES: Final = ("public body", "private provider")

LEGAL_SENDERS: Final = (*SENDER_TYPES, "police")
"""Whom the legal register knows as senders; the police have a part of the Act of their own."""

DUTIES: Final = ("record the disclosure", "mark OFFICIAL-SENSITIVE", "give the handling caveat")
"""Duties the code fulfils for every notice; any other duty in a pack is refused (semantics 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """These roles may be told these classes, for this purpose, on this basis."""

    id: RuleId
    say: str
    roles: frozenset[Role]
    classes: frozenset[InfoClass]
    when: Conditions
    purpose: str
    basis: str
    """The basis in words, looked up by the sender's type."""
    paragraph: str
    duties: tuple[str, ...]
    guard: bool
    where: Where
    decided_by: frozenset[Role] = frozenset()
    """Whose recorded decision it needs each time (`need` of the matrix); empty: nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdRule:
    """These roles are not told these classes while the conditions hold or are unknown."""

    id: RuleId
    say: str
    roles: frozenset[Role]
    classes: frozenset[InfoClass]
    """EVERYTHING less what the police released, where `released_excepted`."""
    released_excepted: bool
    when: Conditions
    because: str
    paragraph: str
    hold: HoldKind | None
    """A kind: held until released. None: withheld, by the protocol."""
    released_by: str
    recorded_by: str
    review_hours: int | None
    guard: bool
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """For this event and these roles: which notice, of which classes, answered by when."""

    id: RuleId
    say: str
    event: str
    """An event's short name, or HOLDS_CHANGED."""
    roles: frozenset[Role]
    when: Conditions
    notice: str
    classes: frozenset[InfoClass]
    """What the notice is about; each class is then shared, held or withheld."""
    lane: Lane
    required: Rung
    reply_within: Within | None
    provenance: Literal["statutory", "published-local", "project-default"]
    paragraph: str
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """For these events and roles nothing is due, and why."""

    id: RuleId
    roles: frozenset[Role]
    events: frozenset[str]
    """Event short names and HOLDS_CHANGED."""
    when: Conditions
    because: str
    paragraph: str
    guard: bool
    where: Where
    rest: bool = False
    """It speaks for `everybody else`: only where no route and no other `nothing` speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An example of the pack's owner, or a theorem (`never`), proved before the pack is used."""

    say: str
    given: Mapping[str, str]
    """`event` and facts; empty for a theorem."""
    expect: Mapping[Role, str | frozenset[InfoClass]]
    """Role to `held by RULE`, `withheld`, `nothing`, or the classes shared."""
    never: Mapping[Role, frozenset[InfoClass]]
    where: Where
    released: frozenset[InfoClass] = frozenset()
    """The classes of a partial release, in an example."""
    notice: str | None = None
    """Which notice everybody who is told gets, where the example says so."""
    lane: Lane | None = None
    required: Rung | None = None
    at: datetime | None = None
    """When the example happens (aware), for `due`."""
    due: Mapping[Role, datetime] = field(default_factory=dict)
    """Until when these roles must answer, each in its own working time (England and Wales)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one publisher may assert: event types, and for which host authorities."""

    publisher: PublisherId
    events: frozenset[str]
    hosts: frozenset[AgencyId]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How long a kind of obligation may take, where its event does not say."""

    kind: ObligationKind
    when: Conditions
    within: Within
    provenance: Literal["statutory", "published-local", "project-default"]
    paragraph: str
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """One entry of the legal register: what a disclosure may rest on, from when to when (N004)."""

    code: str
    title: str
    senders: tuple[str, ...]
    """Which types of sender it is a basis for."""
    since: date
    until: date | None
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldAuthority:
    """Who may place, endorse, review and release one kind of hold."""

    kind: HoldKind
    place: frozenset[Role]
    endorse: frozenset[str]
    """`lead agency` or a role."""
    release: frozenset[Role]
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The agreed rules of one partnership: complete, versioned, hashed."""

    partnership: str
    """The folder's name and the `policypack` of events, such as `west-sussex`."""
    name: str
    version: str
    hash: PackHash
    effective_from: date
    review_by: date
    approved_by: tuple[str, ...]
    purposes: Mapping[str, str]
    bases: Mapping[str, Mapping[str, str]]
    """Basis code to sender type to words."""
    shares: tuple[Share, ...]
    withholds: tuple[WithholdRule, ...]
    routes: tuple[Route, ...]
    nothings: tuple[Nothing, ...]
    checks: tuple[Check, ...]
    grants: tuple[Grant, ...]
    hold_authorities: tuple[HoldAuthority, ...]
    handling: str
    """The one fixed handling caveat, class C0 (semantics 6)."""
    handling_once_informed: str
    roles: frozenset[Role]
    """Every role that has a row; a role without one gets nothing."""
    calendar: Calendar
    deadlines: tuple[Deadline, ...] = ()
    """Of each kind one without conditions; the shortest that applies counts."""
    ladders: tuple[Ladder, ...] = ()
    """Who is asked next where nobody answers, or nothing is done in time (`[[ladder]]`)."""
    legal: tuple[Law, ...] = ()
    """The legal register; what a decision to share rests on is in it, and in force that day."""
    names: Mapping[Role, str] = field(default_factory=dict)
    """What this partnership calls a role, where not by the role's own word (`[names]`)."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Other policies that may apply, by name: what notices call them, and where they are (M103)."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What notices cite here, by subject: the framework, and this nation's laws (`[words]`)."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other words, in lower case, for roles and kinds of agency (`[alias]`)."""
    gathered: dict[tuple[str, Role], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """The rules by event and role, once they have been gathered; a copy begins with none."""
