"""Whether what the provider would read points at who raised the concern (mission 1.0, C7; S11).

A theme is anonymised, but by people: where it uses a telling word that also stands in what is
recorded of who spoke ("the only night worker"), the themes wait for a sign-off (H9). That there is
a process is told all the same, and everybody else hears everything.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from hub.concern.known import Concern, PlacedHold
from hub.events.envelope import Event
from hub.events.reporting import ConcernStaffRaised
from hub.frozen import replace
from hub.vocabulary import HoldId, HoldKind, InfoClass

HOLD: Final = HoldId("points-at-the-source")
REVIEW_WITHIN: Final = timedelta(days=1)
_WORD: Final = re.compile(r"[^\W_]{4,}")
_TELLS_NOBODY: Final = frozenset(
    {
        *(
            "about",
            "after",
            "also",
            "been",
            "before",
            "each",
            "from",
            "have",
            "here",
            "into",
            "only",
        ),
        *("other", "others", "over", "some", "that", "their", "them", "then", "there", "they"),
        *("this", "those", "what", "when", "where", "which", "while", "whose", "will", "with"),
        *("within", "without", "care", "carer", "carers", "concern", "concerns", "employee"),
        *("family", "former", "father", "home", "house", "life", "live", "lives", "living"),
        *("member", "members", "mother", "nobody", "people", "person", "relative", "relatives"),
        *("resident", "residents", "somebody", "staff", "work", "worker", "workers", "working"),
        *("works",),
    }
)
"""Words that fit anybody: who has them in common with a theme is not told apart by it."""


def guard_the_source(before: Concern | None, concern: Concern, event: Event) -> Concern:
    """Return the concern with its themes held from the provider where they now point at somebody.

    It is placed when a new word points, by whoever changed the themes, and not again after its
    release; it ends when no word does.
    """
    pointing = clues(concern)
    others = tuple(hold for hold in concern.holds if hold.id != HOLD)
    if not pointing:
        return concern if others == concern.holds else replace(concern, holds=others)
    if before is not None and pointing <= clues(before):
        return concern
    hold = PlacedHold(
        id=HOLD,
        kind=HoldKind.H9,
        party=concern.provider,
        classes=frozenset({InfoClass.THEMES}),
        placed_by=concern.leo,
        reason="the words of the themes may point at who raised the concern",
        endorsed_by_agency=None,
        review_due=event.occurred + REVIEW_WITHIN,
        conditions_for_release="the themes are agreed in other words, or somebody signs them off",
        placed_at=event.occurred,
    )
    return replace(concern, holds=(*others, hold))


def clues(concern: Concern) -> frozenset[str]:
    """Return the telling words that the themes share with what is recorded of who spoke (C7)."""
    spoke = [raised.referrer or "" for raised in concern.every(ConcernStaffRaised)]
    whose = _words(concern.referrer or "", *spoke)
    here = _words(concern.service.location_name, concern.service.provider_name)
    return whose & _words(*(theme.theme for theme in concern.themes)) - here


def _words(*texts: str) -> frozenset[str]:
    """Return the words that could tell somebody apart, a plural as its singular."""
    found = (word for text in texts for word in _WORD.findall(text.casefold()))
    return frozenset(word.removesuffix("s") for word in found if word not in _TELLS_NOBODY)
