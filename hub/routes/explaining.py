"""An event explained by the rules in force: one that is given, an example, or one of a concern.

It is planned on a copy: nothing is written down of it and nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hub.access import Act, Official
from hub.events.decode import decode
from hub.events.envelope import Event, Fault
from hub.explain import Explanation, explain
from hub.plan import Tools, rehearse
from hub.ports import ConcernRecord
from hub.routes.bench import Bench
from hub.routes.deps import Web
from hub.vocabulary import ConcernId

_JSON: Final = "application/cloudevents+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event explained, and after how many earlier ones."""

    found: Explanation
    before: int
    own: str = ""
    """The reference of its concern, where it is one that the hub knows; empty: it is none."""


def bench_of(deps: Web) -> Bench:
    """Return what tries the rules out. Raises 404: nothing here can read packs."""
    if deps.bench is None:
        raise web.HTTPNotFound
    return deps.bench


async def explain_given(deps: Web, raw: bytes) -> Told | tuple[Fault, ...]:
    """Explain an event as a publisher would send it; every fault where it is none."""
    event = decode(raw, _JSON, {})
    if isinstance(event, tuple):
        return event
    tools = await tools_of(deps, event.partnership)
    if tools is None:
        says = f"no pack of `{event.partnership}` is in force"
        return (Fault(pointer="/policypack", says=says),)
    # Other words for roles and kinds are the partnership's own, so it is read again with them.
    read = decode(raw, _JSON, {}, {event.partnership: tools.pack.aliases})
    event = event if isinstance(read, tuple) else read
    found, before = await asyncio.to_thread(_after_examples, bench_of(deps), event, tools)
    return Told(found=found, before=before)


async def own_concern(deps: Web, person: Official, wanted: ConcernId) -> ConcernRecord:
    """Return a concern for its own lead enquiry officer. Raises 404.

    A Chair is not told on which grounds the police hold something, which an explanation says.
    """
    reads = person.may(Act.READ_CONCERNS) and person.may(Act.STEER)
    record = await deps.register.concern(wanted) if reads else None
    if record is None or record.concern.host_authority != person.agency:
        raise web.HTTPNotFound
    return record


async def events_of(deps: Web, record: ConcernRecord) -> tuple[Event, ...]:
    """Return the events of a concern, in the order in which they were taken in."""
    wanted = record.concern.id
    async with deps.register.entry() as entry:
        return tuple((await entry.past([wanted])).get(wanted, ()))


async def explain_of(deps: Web, record: ConcernRecord, wanted: str) -> Told | None:
    """Explain one event as its own concern stood; None: the concern has no such event."""
    events = await events_of(deps, record)
    place = next((number for number, each in enumerate(events) if each.id == wanted), None)
    if place is None:
        return None
    tools = await tools_of(deps, events[place].partnership)
    if tools is None:
        raise web.HTTPNotFound
    found = await asyncio.to_thread(_explain, events[place], events[:place], tools)
    return Told(found=found, before=place, own=record.concern.reference)


async def tools_of(deps: Web, partnership: str) -> Tools | None:
    """Return what a partnership's pack plans with, by the live directory; None: none is here."""
    return deps.planning(partnership, await deps.register.directory())


def _after_examples(bench: Bench, event: Event, tools: Tools) -> tuple[Explanation, int]:
    """Explain an event after the examples of the same concern that came before it."""
    bodies = (bench.example(name) for name in bench.examples())
    read = (decode(body, _JSON, {}) for body in bodies if body is not None)
    before = [
        each
        for each in read
        if isinstance(each, Event)
        and each.concern == event.concern
        and each.occurred < event.occurred
    ]
    before.sort(key=lambda each: (each.occurred, each.id))
    return _explain(event, before, tools), len(before)


def _explain(event: Event, before: Sequence[Event], tools: Tools) -> Explanation:
    return explain(event, rehearse(before, tools), tools, event.occurred)
