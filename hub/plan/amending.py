"""A release that leaves facts out: what is checked of it, and the hash that two people agree to.

Pure. The page as amended is planned as every page is; here it is compared with the whole one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Final

import orjson

from hub.compose.leaving import MADE_WHEN_IT_GOES, always_said, emptied, only_says_less
from hub.concern import Concern, Party, PlacedHold
from hub.events.envelope import Event, Fault
from hub.notice import Notice
from hub.page import Page
from hub.vocabulary import EventId, Role

_POINTER: Final = "/leave_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Which facts are left out of what one event tells some parties."""

    event: EventId
    source: str
    parties: frozenset[Party]
    facts: frozenset[str]

    def out_of(self, event: Event, party: Party) -> frozenset[str]:
        """Return what is left out of a notice of this event to this party."""
        same = (event.source, event.id) == (self.source, self.event)
        return self.facts if same and party in self.parties else frozenset()


def held_by(hold: PlacedHold, concern: Concern) -> frozenset[Party]:
    """Return the parties that a hold keeps from something; who runs a service is as one (N001)."""
    return frozenset(
        party
        for party in concern.parties()
        if party == hold.party or party.role is hold.party.role is Role.PROVIDER
    )


def notices_to(page: Page, parties: frozenset[Party]) -> tuple[Notice, ...]:
    """Return what a page tells these parties."""
    return tuple(notice for notice in page.notices if notice.party in parties)


def naming_faults(
    whole: Page, parties: frozenset[Party], left_out: frozenset[str]
) -> tuple[Fault, ...]:
    """Return which of these facts cannot be left out at all: said always, or not said here."""
    there = {name for notice in notices_to(whole, parties) for name, _ in notice.facts}
    says = [f"This stands on every notice: {name}" for name in always_said(left_out)]
    says += [f"This is in no notice that would go: {name}" for name in sorted(left_out - there)]
    return tuple(Fault(pointer=_POINTER, says=each) for each in says)


def amendment_faults(
    whole: Page, less: Page, parties: frozenset[Party], left_out: frozenset[str]
) -> tuple[Fault, ...]:
    """Return why this is no amendment; empty: it removes what was chosen, and adds nothing."""
    says = []
    before, after = notices_to(whole, parties), notices_to(less, parties)
    if _others(whole, parties) != _others(less, parties) or len(before) != len(after):
        says.append("What others are told would not be the same")
    for old, new in zip(before, after, strict=False):
        says += _faults(old, new, left_out)
    return tuple(Fault(pointer=_POINTER, says=each) for each in dict.fromkeys(says))


def gone(whole: Page, less: Page, parties: frozenset[Party]) -> frozenset[str]:
    """Return every fact that is told no more: what was chosen, and what stands only with it."""
    was, still = (
        {name for notice in notices_to(page, parties) for name, _ in notice.facts}
        for page in (whole, less)
    )
    return frozenset(was - still)


def fingerprint(page: Page) -> str:
    """Return the SHA-256 of all that a page would send, in hexadecimal.

    Every word, fact and printed page is in it, and to whom; not the code, its page and the time to
    answer by, which are made when it goes.
    """
    return sha256(orjson.dumps([_as_agreed(notice) for notice in page.notices])).hexdigest()


def _faults(whole: Notice, less: Notice, left_out: frozenset[str]) -> Iterable[str]:
    told, still = dict(_lasting(whole)), dict(_lasting(less))
    if (whole.party, whole.template) != (less.party, less.template):
        yield "The notice would be another one"
    if left_out & still.keys() or not still.items() <= told.items():
        yield "What is told would not be less"
    if not (only_says_less(_words(whole), _words(less)) and _printed_less(whole, less)):
        yield "Without it the notice would say something else in its place"
    for info in sorted(emptied(whole, less)):
        yield f"Nothing of this would be told: {info}. Keep it held, and release the rest"


def _printed_less(whole: Notice, less: Notice) -> bool:
    return [name for name, _ in whole.printed] == [name for name, _ in less.printed] and all(
        only_says_less(old, new)
        for (_, old), (_, new) in zip(whole.printed, less.printed, strict=True)
    )


def _others(page: Page, parties: frozenset[Party]) -> list[str]:
    return [_words(notice) for notice in page.notices if notice.party not in parties]


def _as_agreed(notice: Notice) -> list[object]:
    return [
        notice.party.agency,
        notice.party.role,
        notice.template,
        sorted(notice.classes),
        _lasting(notice),
        _words(notice),
        _without_what_is_made(notice.html, notice, html=True),
        [(name, _without_what_is_made(each, notice, html=True)) for name, each in notice.printed],
    ]


def _lasting(notice: Notice) -> list[tuple[str, str]]:
    return [(name, value) for name, value in notice.facts if name not in MADE_WHEN_IT_GOES]


def _words(notice: Notice) -> str:
    return _without_what_is_made(notice.text, notice, html=False)


def _without_what_is_made(text: str, notice: Notice, *, html: bool) -> str:
    for name, value in notice.facts:
        if name in MADE_WHEN_IT_GOES:
            text = text.replace(escape(value) if html else value, f"({name})")
    return text
