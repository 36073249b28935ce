"""Events of every type, in each of its variants, with every fact it may have: from the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from hub.events import EVENTS
from hub.events.envelope import Event
from hub.events.marks import fact_classes, facts_of, variant_of, variants_of
from tests.corpus.making import First, Seeded, accepted, data_for, whole

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
FULLNESS: Final = (100, 90, 60, 30)
TRIES: Final = 400
"""Drawings of one type: what fields ask of each other is met by luck."""


@cache
def events_of(name: str) -> tuple[Event, ...]:
    """Return events of this type that have, between them, each variant and each fact of it.

    What could not be drawn is missing; `lacks` names it.
    """
    wanted = _all_of(name)
    found: list[Event] = []
    for event in _drawn(name):
        news = _brings(event) & wanted
        if news or not found:
            found.append(replace(event, id=f"{event.id}-{len(found)}"))  # type: ignore[arg-type]
            wanted -= news
        if not wanted:
            break
    return tuple(found)


def lacks(name: str) -> frozenset[str]:
    """Return the variants and facts of a type that none of its events here has."""
    return _all_of(name).difference(*map(_brings, events_of(name)))


def _all_of(name: str) -> frozenset[str]:
    model = EVENTS[name]
    return frozenset((*(f"variant {one}" for one in variants_of(model)), *fact_classes((model,))))


def _brings(event: Event) -> frozenset[str]:
    facts = {fact.name for fact in facts_of(event.data)}
    return frozenset((f"variant {variant_of(event.data)}", *facts))


def _drawn(name: str) -> Iterator[Event]:
    for path in sorted(EXAMPLES.glob(f"{name.replace('.', '-')}.json")):
        example = accepted(path.read_bytes())
        if example is not None:
            yield example
    choosers = [First(full=True)] + [
        Seeded(random=Random(f"{name} {number}"), full=FULLNESS[number % len(FULLNESS)])
        for number in range(TRIES)
    ]
    for chooser in choosers:
        event = accepted(whole(name, data_for(name, chooser), f"every-{name}"))
        if event is not None:
            yield event
