"""Who may assert what: only who may, may (rules.md, semantics 15).

What needs the concern itself (who may release a hold, which pack it belongs to) is asked by `plan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel

from hub.directory import Directory, Publisher
from hub.events import ConcernOpened
from hub.events.envelope import Event, Fault
from hub.events.strict import step
from hub.pack.rules import Grant, Pack
from hub.vocabulary import AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed(Fault):
    """Nothing is wrong with the event itself: this publisher may not assert it."""


def identify(
    user_id: str | None, routing_key: str | None, source: str, directory: Directory
) -> Publisher | Fault:
    """Return the publisher that sent this, or why nobody may be named.

    The validated `user_id`, the first word of the routing key and the CloudEvents `source` must
    name one publisher. `routing_key` is None where there is none: by HTTP, where an API key
    names the publisher.
    """
    if not user_id:
        return NotAllowed(pointer="", says="came without a validated `user_id`")
    publisher = next((p for p in directory.publishers if p.id == user_id), None)
    if publisher is None:
        return NotAllowed(pointer="", says=f"`{user_id}` is no publisher of this hub")
    if source != publisher.source:
        return NotAllowed(pointer="/source", says=f"is not the source of `{publisher.id}`")
    if routing_key is not None and routing_key.partition(".")[0] != publisher.prefix:
        says = f"came by a routing key that does not begin with `{publisher.prefix}.`"
        return NotAllowed(pointer="", says=says)
    return publisher


def admit(
    event: Event, publisher: Publisher, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why this publisher may not assert this event, every reason at once; empty: it may."""
    found: list[Fault] = []
    if event.source != publisher.source:
        found.append(NotAllowed(pointer="/source", says=f"is not the source of `{publisher.id}`"))
    if event.partnership != pack.partnership:
        found.append(unknown_pack(event.partnership, (pack.partnership,)))
    opened = event.data if isinstance(event.data, ConcernOpened) else None
    if not _granted(event.name, publisher, pack):
        says = f"`{publisher.id}` may not publish `{event.name}` (the pack's authority table)"
        found.append(NotAllowed(pointer="/type", says=says))
    elif opened is not None:
        found.extend(host_faults(event, opened.host_authority, pack, directory))
    elif event.host is not None:
        found.extend(host_faults(event, event.host, pack, directory))
    found.extend(_unknown_agencies(event, directory))
    return tuple(found)


def host_faults(
    event: Event, host: AgencyId, pack: Pack, directory: Directory
) -> tuple[Fault, ...]:
    """Return why this event may not be asserted about a concern of this host authority.

    The publisher is the one whose `source` the event has: who sent it is settled by `identify`.
    """
    publisher = next((p for p in directory.publishers if p.source == event.source), None)
    grants = _granted(event.name, publisher, pack) if publisher else ()
    if any(host in grant.hosts for grant in grants):
        return ()
    pointer = "/data/host_authority" if isinstance(event.data, ConcernOpened) else "/hostgss"
    who = f"`{publisher.id}`" if publisher else "this source"
    says = f"{who} may not publish `{event.name}` for `{host}` (the pack's authority table)"
    return (NotAllowed(pointer=pointer, says=says),)


def unknown_pack(partnership: str, known: Iterable[str]) -> Fault:
    """Return the fault of an event whose `policypack` this hub does not have (M001)."""
    names = ", ".join(f"`{name}`" for name in sorted(known)) or "none"
    says = f"`{partnership}` is no partnership of this hub; there is {names}"
    return Fault(pointer="/policypack", says=says)


def agencies_named(model: BaseModel, pointer: str = "/data") -> Iterator[tuple[str, AgencyId]]:
    """Return every agency code an event's data name, each with its JSON pointer."""
    for name, field in type(model).model_fields.items():
        here = step(pointer, name)
        yield from _named(getattr(model, name), here, is_code=_holds_codes(field.annotation))


def _named(value: object, pointer: str, *, is_code: bool) -> Iterator[tuple[str, AgencyId]]:
    match value:
        case BaseModel():
            yield from agencies_named(value, pointer)
        case tuple():
            for index, member in enumerate(value):
                yield from _named(member, step(pointer, index), is_code=is_code)
        case str() if is_code:
            yield pointer, AgencyId(value)
        case _:
            pass


def _holds_codes(annotation: object) -> bool:
    return annotation is AgencyId or any(_holds_codes(part) for part in get_args(annotation))


def _granted(name: str, publisher: Publisher, pack: Pack) -> tuple[Grant, ...]:
    return tuple(g for g in pack.grants if g.publisher == publisher.id and name in g.events)


def _unknown_agencies(event: Event, directory: Directory) -> Iterator[Fault]:
    known = [str(agency.id) for agency in directory.agencies]
    for pointer, code in agencies_named(event.data):
        if directory.agency(code) is None:
            near = get_close_matches(code, known, 1, 0.75)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            yield Fault(pointer=pointer, says=f"`{code}` is not in the directory{meant}")
