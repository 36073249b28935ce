"""Who may be told a fact: whoever is not in the table is told nothing (closed-world sharing).

A subscriber is a publisher whose events were taken into the concern. What it may read follows
from what its agency is to the concern, each with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from hub.concern import Party
from hub.facts.said import FactName
from hub.vocabulary import AgencyId, PublisherId, Role


class Topic(StrEnum):
    """What a fact is about, as far as it matters who reads it."""

    NOTICES = "how far notices to anybody have come"
    ITS_OWN_NOTICES = "how far notices to its own agency have come, once they have left"
    OBLIGATIONS = "what anybody owes"
    PROVIDER_HOLDS = "what is held from the provider"
    OTHER_HOLDS = "what is held from anybody else"
    CLOSURE = "that closure is confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A publisher whose events were taken into the concern, and what its agency is to it."""

    publisher: PublisherId
    agency: AgencyId
    source: str
    roles: frozenset[Role]


_RUNS_IT: Final = (
    frozenset({Topic.NOTICES, Topic.OBLIGATIONS})
    | frozenset({Topic.PROVIDER_HOLDS, Topic.OTHER_HOLDS, Topic.CLOSURE}),
    "it runs the process, and its LEO's pages show the same (004 4.1)",
)
_ADVISES: Final = (
    frozenset({Topic.ITS_OWN_NOTICES, Topic.PROVIDER_HOLDS, Topic.CLOSURE}),
    "the provider hears when the police have advised that it may (004 7.2)",
)
_IS_HELD_FROM: Final = (
    frozenset[Topic](),
    "it hears by notices alone: any fact could say what a hold keeps from it (004 3.1, 7.2)",
)
_TAKES_PART: Final = (
    frozenset({Topic.ITS_OWN_NOTICES, Topic.CLOSURE}),
    "it takes part, and knows what has reached it and that the process has ended (004 11.1)",
)

ENTITLED: Final[Mapping[Role, tuple[frozenset[Topic], str]]] = {
    **dict.fromkeys(Role, _TAKES_PART),
    Role.HOST_AUTHORITY: _RUNS_IT,
    Role.POLICE: _ADVISES,
    Role.PROVIDER: _IS_HELD_FROM,
}
"""Of each role, the topics that its agency's system may read, and why."""

_OF_NOTICES: Final = {
    FactName.NOTICE_QUEUED,
    FactName.RUNG_CHANGED,
    FactName.SETBACK_RECORDED,
}
_HAS_LEFT: Final = _OF_NOTICES - {FactName.NOTICE_QUEUED}
"""What is only prepared may still be stopped by a hold: nobody is told that it was coming."""
_OF_HOLDS: Final = {FactName.HOLD_PLACED, FactName.HOLD_RELEASED}


def entitled(
    name: FactName, party: Party | None, subscriber: Subscriber, placed_by: frozenset[str]
) -> bool:
    """Whether this subscriber may read a fact of this name about this party.

    `placed_by`: the CloudEvents sources that placed the hold which the fact is about; whoever
    placed a hold knows of it. A provider is told nothing, whatever else it is.
    """
    roles = subscriber.roles
    if not roles or Role.PROVIDER in roles:
        return False
    may = _topics(roles)
    its_own = party is not None and party.agency == subscriber.agency
    if name in _OF_HOLDS:
        if its_own and Role.HOST_AUTHORITY not in roles:
            return False
        of_provider = party is not None and party.role is Role.PROVIDER
        topic = Topic.PROVIDER_HOLDS if of_provider else Topic.OTHER_HOLDS
        return topic in may or subscriber.source in placed_by
    if name in _OF_NOTICES:
        own = its_own and name in _HAS_LEFT and Topic.ITS_OWN_NOTICES in may
        return Topic.NOTICES in may or own
    return (Topic.CLOSURE if name is FactName.CLOSURE_CONFIRMED else Topic.OBLIGATIONS) in may


@lru_cache(maxsize=1_000)
def _topics(roles: frozenset[Role]) -> frozenset[Topic]:
    """Return what an agency may read that is all of these to a concern; few such sets come up."""
    return frozenset[Topic]().union(*(ENTITLED[role][0] for role in roles))
