"""From a message as it came to an event, in the words of the pack in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hub.events.decode import decode
from hub.events.envelope import Event, Fault
from hub.events.synonyms import Synonyms
from hub.plan import Tools
from hub.ports import Received


def synonyms_of(books: Iterable[Tools | None]) -> Synonyms:
    """Return each partnership's other words, as its pack in force has them (S20)."""
    return {tools.pack.partnership: tools.pack.aliases for tools in books if tools is not None}


def decoded(one: Received, synonyms: Synonyms) -> Event | tuple[Fault, ...]:
    """Decode one message; its event keeps when it came, apart from when it occurred (N030)."""
    found = decode(one.body, one.content_type, one.headers, synonyms)
    return replace(found, received=one.received) if isinstance(found, Event) else found
