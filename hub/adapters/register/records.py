"""What the core knows, to rows and back: events, concerns, decisions, obligations, the log."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import orjson
from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from hub.adapters.register.climbing import climb_of, climb_row, taken_of
from hub.closure import Attestation
from hub.concern import Concern, Party
from hub.events import EVENTS, EventData
from hub.events.envelope import Event, Fault
from hub.leaf import Leaf
from hub.obligation import Obligation, ObligationKind
from hub.page import Poison, RefusedEvent, StandingHold
from hub.vocabulary import (
    AgencyId,
    ConcernId,
    DeliveryId,
    EventId,
    HoldKind,
    InfoClass,
    NoticeId,
    PublisherId,
    Role,
    Rung,
)

Row = dict[str, Any]
"""Column name to value, as a statement takes it."""
Known = Row | RowMapping
"""A row as it is written, or as it was read."""

_CONCERN: Final = TypeAdapter(Concern)
_ATTESTATION: Final = TypeAdapter(Attestation)
_DATA: Final[dict[str, TypeAdapter[EventData]]] = {
    name: TypeAdapter(model) for name, model in EVENTS.items()
}


def pairs_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Return headers, facts or evidence as JSON, in their order."""
    written = [*pairs]
    try:
        return orjson.dumps(written).decode()
    except orjson.JSONEncodeError:
        # What came over a wire may hold half a character, which no database takes as text.
        return json.dumps(written)


def pairs_of(written: str) -> tuple[tuple[str, str], ...]:
    """Return what `pairs_text` wrote."""
    return tuple((name, value) for name, value in json.loads(written))


def plain(words: str) -> str:
    """Return words as a database takes them: NUL and half characters become U+FFFD."""
    return words.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def classes_text(classes: Iterable[InfoClass]) -> str:
    """Return information classes as one text; no class has a comma in its name."""
    return ",".join(sorted(classes))


def classes_of(written: str) -> frozenset[InfoClass]:
    """Return what `classes_text` wrote."""
    return frozenset(InfoClass(word) for word in written.split(",") if word)


def party_row(party: Party) -> Row:
    """Return the two columns that name a party."""
    return {"agency_id": party.agency, "role": party.role.value}


def party_of(row: Known) -> Party:
    """Return the party that a row names."""
    return Party(agency=AgencyId(row["agency_id"]), role=Role(row["role"]))


def body_row(
    body_id: str, data: bytes, *, concern: ConcernId | None, decoded: str | None = None
) -> Row:
    """Return a body. One key for each concern, so that a concern can be erased by itself."""
    return {
        "id": body_id,
        "key_id": f"concern:{concern}" if concern else "hub",
        "concern_id": concern,
        "bytes": data,
        "decoded": decoded,
        "sha256": sha256(data).hexdigest(),
    }


def event_rows(event: Event, now: datetime) -> tuple[Row, Row]:
    """Return an event that has just come, and its body with the data as it was understood."""
    name = sha256(f"{event.source}\n{event.id}".encode()).hexdigest()
    body = body_row(
        f"event:{name}",
        event.body,
        concern=event.concern,
        decoded=_DATA[event.name].dump_json(event.data).decode(),
    )
    row = {
        "source": event.source,
        "id": event.id,
        "name": event.name,
        "concern_id": event.concern,
        "partnership": event.partnership,
        "body_id": body["id"],
        "body_sha256": event.body_sha256,
        "state": "new",
        "why": None,
        "occurred": event.occurred,
        "received": event.received or now,
        "recorded": now,
        "applied": None,
    }
    return row, body


def event_of(row: RowMapping) -> Event:
    """Return an event from its row joined to its body."""
    return Event(
        id=EventId(row["id"]),
        source=row["source"],
        name=row["name"],
        concern=ConcernId(row["concern_id"]),
        partnership=row["partnership"],
        occurred=row["occurred"],
        data=_DATA[row["name"]].validate_json(row["decoded"]),
        body=row["bytes"],
        body_sha256=row["body_sha256"],
        received=row["received"],
    )


def concern_text(concern: Concern) -> str:
    """Return a concern's snapshot as JSON."""
    return _CONCERN.dump_json(concern).decode()


def concern_of(snapshot: str) -> Concern:
    """Return what `concern_text` wrote."""
    return _CONCERN.validate_json(snapshot)


def hold_row(concern: ConcernId, hold: StandingHold) -> Row:
    """Return one hold that stands."""
    return {
        "concern_id": concern,
        **party_row(hold.party),
        "info": hold.info.value,
        "kind": hold.kind.value,
        "reason": hold.reason,
    }


def hold_of(row: Known) -> StandingHold:
    """Return one hold that stands from its row."""
    return StandingHold(
        party=party_of(row),
        info=InfoClass(row["info"]),
        kind=HoldKind(row["kind"]),
        reason=row["reason"],
    )


def obligation_row(obligation: Obligation) -> Row:
    """Return an open obligation."""
    return {
        "id": obligation.id,
        "concern_id": obligation.concern,
        "kind": obligation.kind.value,
        **party_row(obligation.party),
        "key": obligation.key,
        "notice_id": obligation.notice,
        "delivery_id": obligation.delivery,
        "required": None if obligation.required is None else obligation.required.value,
        "says": obligation.says,
        "due": obligation.due,
        "opened": obligation.opened_at,
        "discharged": None,
        "people": obligation.people if obligation.people > 1 else None,
        "taken_by": obligation.taken.by if obligation.taken else None,
        "taken_until": obligation.taken.until if obligation.taken else None,
        **climb_row(obligation.climb),
        "openly": obligation.openly,
    }


def obligation_of(row: Known) -> Obligation:
    """Return an obligation from its row."""
    return Obligation(
        id=row["id"],
        concern=ConcernId(row["concern_id"]),
        kind=ObligationKind(row["kind"]),
        party=party_of(row),
        due=row["due"],
        opened_at=row["opened"],
        key=row["key"],
        notice=None if row["notice_id"] is None else NoticeId(row["notice_id"]),
        delivery=None if row["delivery_id"] is None else DeliveryId(row["delivery_id"]),
        required=None if row["required"] is None else Rung(row["required"]),
        says=row["says"],
        people=row["people"] or 1,
        taken=taken_of(row),
        climb=climb_of(row),
        openly=row["openly"],
    )


def leaf_row(leaf: Leaf, now: datetime) -> Row:
    """Return one entry of the log."""
    return {
        "concern_id": leaf.concern,
        "kind": leaf.kind,
        "data": leaf.data,
        "at": leaf.at,
        "recorded": now,
    }


def poison_rows(
    poison_id: str, poison: Poison, now: datetime, *, concern: ConcernId | None = None
) -> tuple[Row, Row]:
    """Return a quarantined message, and its body, byte for byte."""
    body = body_row(f"quarantine:{poison_id}", poison.body, concern=concern)
    row = {
        "id": poison_id,
        "body_id": body["id"],
        "headers": pairs_text(poison.headers),
        "publisher_id": None if poison.publisher is None else plain(poison.publisher),
        "routing_key": plain(poison.routing_key),
        "faults": pairs_text((fault.pointer, fault.says) for fault in poison.faults),
        "urgent": poison.urgent,
        "concern_id": concern,
        "received": poison.received,
        "recorded": now,
    }
    return row, body


def poison_of(row: RowMapping) -> Poison:
    """Return a quarantined message from its row joined to its body."""
    publisher = row["publisher_id"]
    return Poison(
        body=row["bytes"],
        headers=pairs_of(row["headers"]),
        publisher=None if publisher is None else PublisherId(publisher),
        routing_key=row["routing_key"],
        faults=tuple(Fault(pointer=where, says=what) for where, what in pairs_of(row["faults"])),
        urgent=row["urgent"],
        received=row["received"],
    )


def refused_poison(refused: RefusedEvent, now: datetime) -> Poison:
    """Return a refused event as quarantine keeps it: with an alarm (rules.md, semantics 15)."""
    event = refused.event
    return Poison(
        body=event.body,
        headers=(("ce-id", event.id), ("ce-source", event.source)),
        publisher=None,
        routing_key="",
        faults=refused.faults,
        urgent=True,
        received=event.received or now,
    )


def attestation_row(attestation: Attestation, now: datetime) -> Row:
    """Return a LEO's confirmation."""
    return {
        "concern_id": attestation.concern,
        "id": attestation.id,
        "whole": _ATTESTATION.dump_json(attestation).decode(),
        "at": attestation.at,
        "recorded": now,
    }


def attestation_of(whole: str) -> Attestation:
    """Return what `attestation_row` wrote."""
    return _ATTESTATION.validate_json(whole)
