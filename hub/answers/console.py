"""What the console says in the name of a signed-in person: an event like any other, planned alike.

A hold that is put at the console, and a release that two people agreed to, take the very way of an
event of a case system: the same bytes, the same rules of the pack, the same plan. The pack's grants
name publishers; the console is given one grant of its own for this act alone, of these two events,
for the host authority of the person who is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import orjson

from hub.access import Official
from hub.concern import Concern, Party, PlacedHold
from hub.directory import Directory, Publisher
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import WIRE_PREFIX, WIRE_SUFFIX, Event, Fault
from hub.pack.rules import Grant, Pack
from hub.page import Page
from hub.plan import Tools, plan
from hub.ports import Entry
from hub.vocabulary import ConcernId, HoldKind, HubError, InfoClass, PublisherId

ToolsFor = Callable[[str, Directory], Tools | None]

CONSOLE: Final = PublisherId("console")
SAYS: Final = frozenset({"hold.placed", "hold.released"})
"""All that the console may assert; everything else comes from a case system."""
REVIEWED_AFTER: Final = timedelta(days=3)
"""When a hold that was put at the console is looked at again."""


class Refused(HubError):
    """The rules refuse it:"""  # noqa: D400  # the faults follow

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(str(fault) for fault in faults))


def parts_of(person: Official, concern: Concern) -> frozenset[str]:
    """Return what this person's authority is to the concern."""
    return frozenset(party.role for party in concern.parties() if party.agency == person.agency)


def may_release(person: Official, hold: PlacedHold, concern: Concern, pack: Pack) -> bool:
    """Whether the pack lets this person's authority release a hold of this kind."""
    may = {each.kind: each.release for each in pack.hold_authorities}.get(hold.kind, frozenset())
    return bool(parts_of(person, concern) & may)


def may_place(person: Official, kind: HoldKind, concern: Concern, pack: Pack) -> bool:
    """Whether the pack lets this person's authority place a hold of this kind."""
    may = {each.kind: each.place for each in pack.hold_authorities}.get(kind, frozenset())
    return bool(parts_of(person, concern) & may)


def releasing(
    concern: Concern,
    hold: PlacedHold,
    classes: frozenset[InfoClass],
    person: Official,
    reason: str,
    tools: Tools,
    now: datetime,
) -> Event:
    """Return the event that releases a hold, or some classes of it. Raises Refused."""
    data = {
        "hold_id": hold.id,
        "classes": [] if classes >= hold.classes else sorted(classes),
        "released_by": {"name": person.name, "role": str(person.post)},
        "authority": person.agency,
        "reason": reason,
    }
    return _event("hold.released", data, concern, tools, now)


def placing(
    concern: Concern,
    party: Party,
    kind: HoldKind,
    person: Official,
    reason: str,
    tools: Tools,
    now: datetime,
) -> Event:
    """Return the event that holds everything from one party. Raises Refused."""
    data = {
        "hold_id": f"console-{tools.mint.id()}",
        "kind": kind,
        "party": party.agency,
        "role": party.role,
        "classes": list(InfoClass),
        "placed_by": {"name": person.name, "role": str(person.post)},
        "reason": reason,
        "review_due": (now + REVIEWED_AFTER).isoformat(),
        "conditions_for_release": "a named authority releases it",
    }
    return _event("hold.placed", data, concern, tools, now)


async def planned(
    entry: Entry, concern: ConcernId, event: Event, tools: Tools, now: datetime
) -> Page:
    """Return the page that takes this event, of what is known in this transaction.

    Raises Refused where the event is refused, or could not follow: the console never lets a hold or
    a release wait in a queue of which its reader knows nothing.
    """
    standing = (await entry.standing([concern]))[concern]
    if standing.concern is None:
        raise Refused((Fault(pointer="", says="there is no such concern"),))
    provider = standing.concern.service.provider
    if standing.waiting:
        past = await entry.past([concern])
        standing = replace(standing, past=past.get(concern, ()))
    holding = (await entry.holding([provider], 2)).get(provider, ())
    others = sorted((h for h in holding if h.concern != concern), key=lambda h: h.since)
    page = plan(
        replace(standing, elsewhere=tuple(others[-1:])), [event], _granted(event, tools), now
    )
    faults = [
        fault for refused in page.refused if refused.event is event for fault in refused.faults
    ]
    faults += [
        Fault(pointer="", says=each.why)
        for each in page.waiting
        if (each.source, each.event) == (event.source, event.id)
    ]
    if faults:
        raise Refused(tuple(faults))
    return page


def _event(
    name: str, data: Mapping[str, object], concern: Concern, tools: Tools, now: datetime
) -> Event:
    said = {
        "specversion": "1.0",
        "id": tools.mint.id(),
        "source": _source(tools),
        "type": f"{WIRE_PREFIX}{name}{WIRE_SUFFIX}",
        "subject": f"concern/{concern.id}",
        "time": now.isoformat(),
        "datacontenttype": "application/json",
        "policypack": concern.partnership,
        "concernid": concern.id,
        "stage": concern.stage,
        "hostgss": concern.host_authority.removeprefix("gss:"),
        "classification": "OFFICIAL-SENSITIVE",
        "data": data,
    }
    event = decode(orjson.dumps(said), STRUCTURED, {})
    if isinstance(event, Event):
        return event
    raise Refused(event)


def _source(tools: Tools) -> str:
    return f"{tools.sender.source.rstrip('/')}/console"


def _granted(event: Event, tools: Tools) -> Tools:
    """Return the tools with the console as a publisher of the concern's host authority."""
    host = event.host
    if host is None or not tools.pack.grants:
        return tools
    where = tools.pack.grants[0].where
    grant = Grant(publisher=CONSOLE, events=SAYS, hosts=frozenset({host}), where=where)
    publisher = Publisher(id=CONSOLE, agency=host, source=event.source, prefix=CONSOLE)
    return replace(
        tools,
        pack=replace(tools.pack, grants=(*tools.pack.grants, grant)),
        directory=replace(tools.directory, publishers=(*tools.directory.publishers, publisher)),
    )
