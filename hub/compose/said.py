"""What events said, as one reader may read it: of adults only what was said to that reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from hub.compose.plain import day_in_words, moment_in_words
from hub.concern import Concern, Party
from hub.events.envelope import Event
from hub.events.marks import Scalar, facts_declared, facts_of, named_by
from hub.frozen import remembered
from hub.vocabulary import AgencyId, InfoClass, Role

SMALL: Final = 3
"""Fewer than so many people could be told apart: most readers are not told how many."""
_SEE_SMALL_NUMBERS: Final = frozenset(
    {
        Role.REGULATOR,
        Role.POLICE,
        Role.HOST_AUTHORITY,
        Role.HOST_ICB,
        Role.CONTRACTS,
        Role.EMERGENCY_DUTY_TEAM,
        Role.HEAD_OF_SAFEGUARDING,
        Role.HEADS_OF_SERVICE,
    }
)
"""Small numbers are never suppressed for the regulator, the police and the host (semantics 14).

Whoever joins a concern reads "fewer than" like everybody else: M011 suppresses by default."""

_TO_WHOM: Final = frozenset({InfoClass.PLACED_ADULT})
"""What is shown of an event only to whom it names, and to the host."""
_TO_WHOM_EARLIER: Final = _TO_WHOM | {InfoClass.PERSON_ALLEGED}
"""The same, of what was said before this: a reply goes to who asked, and to nobody else (2.3)."""


def reads_few(party: Party) -> bool:
    """Whether this reader is told "fewer than" instead of a small number (semantics 14)."""
    return party.role not in _SEE_SMALL_NUMBERS


def said_to(party: Party, concern: Concern, event: Event) -> Mapping[str, str]:
    """Return what events said, the newest last; of adults only what was said to this agency.

    What an event of this type may say, this event alone says: another action's words are not this
    one's. Of a person alleged, what was said earlier is for whom it was said to (2.3).
    The host co-ordinates: it may know whose adults are meant, where its notice carries that (2.3).
    """
    few = reads_few(party)
    if party.role is Role.HOST_AUTHORITY or party.agency in _named(concern, event):
        return _said(party, concern, event, few=few)
    return _to_anybody(concern, event, few)


@remembered(200)
def _to_anybody(
    concern: Concern,
    event: Event,
    few: bool,  # noqa: FBT001  # what is remembered is asked by position
) -> Mapping[str, str]:
    """Return what whoever is not named, and does not co-ordinate, may read: found once."""
    return _said(None, concern, event, few=few)


@remembered(200)
def _named(concern: Concern, event: Event) -> frozenset[AgencyId]:
    every = (*(one.data for one in concern.said), event.data)
    return frozenset(agency for data in every for agency, _ in named_by(data))


def _said(party: Party | None, concern: Concern, event: Event, *, few: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    its_own = facts_declared(type(event.data))
    said = [one.data for one in concern.said if one.event != event.id]
    for data in (*said, event.data):
        now = data is event.data
        own = party is not None and (
            party.role is Role.HOST_AUTHORITY or party.agency in {a for a, _ in named_by(data)}
        )
        for fact in facts_of(data):
            for_it = own or fact.info not in (_TO_WHOM if now else _TO_WHOM_EARLIER)
            if for_it and (now or fact.name not in its_own):
                found[fact.name] = "; ".join(_in_words(value, few=few) for value in fact.values)
    return found


def _in_words(value: Scalar, *, few: bool) -> str:
    match value:
        case datetime():
            return moment_in_words(value)
        case date():
            return day_in_words(value)
        case int():
            return f"fewer than {SMALL}" if few and 0 < value < SMALL else str(value)
        case _:
            return value
