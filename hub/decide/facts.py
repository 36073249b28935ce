"""The facts a rule may ask for, as they are for one party at one moment (rules.md, semantics 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

from hub.concern import Concern, Party
from hub.concern.adults import communication
from hub.concern.provider import contact
from hub.concern.reporting import amounts_to
from hub.decision import (
    History,
    Occasion,
    OccasionKind,
)
from hub.events import ClosureAuthorised, EmergencyClosureCqc
from hub.events.assessing import ThresholdAssessed
from hub.events.escalating import LABELS
from hub.events.records import NoticeRecalled
from hub.events.regulator import InspectionReportShared
from hub.frozen import remembered
from hub.pack.rules import UNKNOWN, VARIANT
from hub.vocabulary import (
    Role,
)

BY_LAW: Final = frozenset({Role.SAB, Role.DATA_PROTECTION})
"""Who comes by the law, whether or not the process has ended (Care Act s.45; Art 33)."""


class Facts:
    """The facts of one concern at one moment; each is found when a rule first asks for it."""

    __slots__ = ("_concern", "_history", "_moment", "_occasion")

    def __init__(
        self, concern: Concern, history: History, occasion: Occasion | None = None
    ) -> None:
        self._concern = concern
        self._history = history
        self._occasion = occasion
        self._moment = _of_a_moment(concern, occasion)

    def about(self, party: Party) -> Mapping[str, str]:
        """Return the value of every fact a rule may ask for, as it is for this party now."""
        asked = _Asked(
            party=party, concern=self._concern, history=self._history, occasion=self._occasion
        )
        return _FoundWhenAsked(_OF_A_PARTY, asked, self._moment)


def facts_about(
    party: Party, concern: Concern, history: History, occasion: Occasion | None = None
) -> Mapping[str, str]:
    """Return the value of every fact a rule may ask for, as it is for this party now."""
    return Facts(concern, history, occasion).about(party)


def facts_of_the_concern(concern: Concern, *, urgent: bool = False) -> Mapping[str, str]:
    """Return the facts that are the same for every party; `urgent` is what is to be done."""
    return _of_the_concern(concern, urgent)


# Asked again of the same moment while its page is written: what was found then is known.


@remembered(200)
def _of_the_concern(
    concern: Concern,
    urgent: bool,  # noqa: FBT001  # what is remembered is asked by position
) -> Mapping[str, str]:
    urgency = {"urgency": "urgent" if urgent else "not urgent"}
    return _FoundWhenAsked(_OF_THE_CONCERN, concern, urgency)


@remembered(200)
def _of_a_moment(concern: Concern, occasion: Occasion | None) -> Mapping[str, str]:
    now = _Now(concern=concern, occasion=occasion)
    return _FoundWhenAsked(_OF_A_MOMENT, now, facts_of_the_concern(concern))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Of whom, and when, a rule asks."""

    party: Party
    concern: Concern
    history: History
    occasion: Occasion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """When a rule asks, whomever it asks of."""

    concern: Concern
    occasion: Occasion | None


_Of = TypeVar("_Of")


class _FoundWhenAsked(Mapping[str, str], Generic[_Of]):
    """Facts by name, each found once; most rules ask for three of some forty."""

    __slots__ = ("_found", "_of", "_others", "_ways")

    def __init__(
        self, ways: Mapping[str, Callable[[_Of], str]], of: _Of, others: Mapping[str, str]
    ) -> None:
        self._ways = ways
        self._of = of
        self._others = others
        self._found: dict[str, str] = {}

    def __getitem__(self, fact: str) -> str:
        found = self._found.get(fact)
        if found is None:
            way = self._ways.get(fact)
            found = self._found[fact] = self._others[fact] if way is None else way(self._of)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter({**self._ways, **self._others})

    def __len__(self) -> int:
        return len({*self._ways, *self._others})


def _consultation(concern: Concern) -> str:
    """Whether the police are asked about a step; protection in an emergency never waits (M051)."""
    waits = concern.consulting and _position(concern) != "emergency"
    return "open" if waits else "none"


def _threshold(concern: Concern) -> str:
    """Return what was decided last of the threshold (000 9.5)."""
    threshold = concern.last(ThresholdAssessed)
    return threshold.decision if threshold else UNKNOWN


def _amounts_to(concern: Concern, label: str) -> str:
    """Whether the concern was classified so last (000 9.5)."""
    return _yes(amounts_to(concern)[label])


def _label(label: str) -> str:
    return "is_" + label.removesuffix(" safety incident").replace(" ", "_")


def _late(asked: _Asked) -> bool:
    """Whether this is its history: whoever is found late has the current position already."""
    return asked.occasion is not None and asked.occasion.kind is OccasionKind.FOUND_LATE


def _reconsider(asked: _Asked) -> str:
    occasion = asked.occasion
    return _yes(occasion is not None and asked.party in occasion.reconsidered and not _late(asked))


def _ending(asked: _Now) -> str:
    ending = asked.concern.closure_authorised or asked.concern.closure_proposed
    return str(ending.ending) if ending else UNKNOWN


def _variant(asked: _Now) -> str:
    return (asked.occasion.variant if asked.occasion is not None else None) or UNKNOWN


def _report(occasion: Occasion | None) -> str:
    """Whether this occasion tells of an inspection report that is not published yet (M045)."""
    if occasion is None or occasion.event_name != InspectionReportShared.wire:
        return "no report"
    return occasion.variant or UNKNOWN


def _mistaken(party: Party, concern: Concern, occasion: Occasion | None) -> str:
    """Whether this party was told by mistake alone; it hears once more, to delete (B03)."""
    recall = concern.last(NoticeRecalled)
    if occasion is not None and occasion.event_name == NoticeRecalled.wire and recall is not None:
        mistaken = Party(agency=recall.party, role=recall.role)
        if party == mistaken:
            return "recalled"
    return _yes(party in concern.mistaken)


def _scope(party: Party, concern: Concern) -> str:
    """Return whether a party is on the list of who takes part; the statutory minimum always is."""
    if concern.scope is None:
        return "not set"
    return "outside" if party in concern.joined and party not in concern.scope else "within"


def _places_adults(party: Party, concern: Concern) -> str:
    if party.role not in {Role.PLACING_AUTHORITY, Role.PLACING_ICB}:
        return "no"
    return "yes" if concern.adults_of(party) else UNKNOWN


def _position(concern: Concern) -> str:
    if concern.closure_authorised is not None and not concern.emergency_after_end:
        return "closing"
    if concern.emergency is not None:
        return "emergency"
    return "open" if concern.opened else "reported"


def _order_served(concern: Concern) -> str:
    now = concern.emergency
    order = now if isinstance(now, EmergencyClosureCqc) else concern.last(EmergencyClosureCqc)
    if order is None:
        return UNKNOWN
    return _yes(order.served_at is not None and bool(order.released_by))


def _first_hearing(
    party: Party, concern: Concern, history: History, occasion: Occasion | None
) -> str:
    """Nobody first hears at closure without the Chair's named decision (M101)."""
    if concern.closure_authorised is None or party in history.ever_told():
        return "not the first"
    if party.role in BY_LAW:
        return "not the first"
    of_the_end = occasion is not None and occasion.event_name == ClosureAuthorised.wire
    if concern.emergency_after_end and not of_the_end:
        return "not the first"  # it hears of an emergency, not of the end
    decided = {hearing.party for hearing in concern.closure_authorised.first_hearings}
    return "decided by the Chair" if party.agency in decided else "not decided"


def _agreed(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "agreed" if value else "not agreed"


def _yes(value: bool) -> str:  # noqa: FBT001  # it is the whole of what is asked
    return "yes" if value else "no"


_BEGUN: Final = {True: "yes", False: "no", None: "undecided"}

_OF_A_PARTY: Final[Mapping[str, Callable[[_Asked], str]]] = {
    "places_adults": lambda asked: _places_adults(asked.party, asked.concern),
    "reconsider": _reconsider,
    "held_before": lambda asked: _yes(asked.party in asked.history.ever_held()),
    "told_before": lambda asked: _yes(_late(asked) or asked.party in asked.history.ever_told()),
    "first_hearing": lambda asked: _first_hearing(
        asked.party, asked.concern, asked.history, asked.occasion
    ),
    "named": lambda asked: _yes(asked.occasion is not None and asked.party in asked.occasion.named),
    "mistaken": lambda asked: _mistaken(asked.party, asked.concern, asked.occasion),
    "scope": lambda asked: _scope(asked.party, asked.concern),
    "takes_part": lambda asked: _yes(asked.party in asked.concern.joined),
}

_OF_A_MOMENT: Final[Mapping[str, Callable[[_Now], str]]] = {
    "criminal": lambda asked: str(asked.concern.criminal),
    "police_advice": lambda asked: str(asked.concern.police_advice),
    "position": lambda asked: _position(asked.concern),
    "provider_informed": lambda asked: _yes(asked.concern.provider_informed is not None),
    "order_served": lambda asked: _order_served(asked.concern),
    "ending": _ending,
    VARIANT: _variant,
    "again": lambda asked: _yes(asked.occasion is not None and asked.occasion.again),
    "report": lambda asked: _report(asked.occasion),
    "contact": lambda asked: contact(asked.concern),
}

_OF_THE_CONCERN: Final[Mapping[str, Callable[[Concern], str]]] = {
    "risk": lambda concern: concern.risk_level,
    "severity": lambda concern: "flagged" if concern.severe else "not flagged",
    "initiated": lambda concern: _BEGUN[concern.initiated],
    "communication": communication,
    "sharing": lambda concern: _agreed(concern.sharing_agreed),
    "held_elsewhere": lambda concern: _yes(concern.held_elsewhere),
    "consultation": _consultation,
    "category": lambda concern: concern.category or UNKNOWN,
    "threshold": _threshold,
    **{_label(label): partial(_amounts_to, label=label) for label in LABELS},
}
