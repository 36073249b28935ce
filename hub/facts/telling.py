"""Facts made from what was written, and the bytes of each for one subscriber."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

import orjson

from hub.concern import Party
from hub.exact import exact
from hub.facts.entitled import Subscriber, entitled
from hub.facts.said import (
    ClosureConfirmed,
    FactData,
    FactName,
    HeldFrom,
    NoticeQueued,
    Obliged,
    RungChanged,
    SetbackRecorded,
)
from hub.notice import Notice
from hub.obligation import Obligation
from hub.receipt import Receipt, fold
from hub.vocabulary import ConcernId, HoldKind, NoticeId, PublisherId

TYPE_PREFIX: Final = "concernhub.fact."
TYPE_SUFFIX: Final = ".v1"

Kept = tuple[Party, HoldKind]
"""From whom something is held, and by which kind of hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that became so, not yet told to anybody."""

    name: FactName
    concern: ConcernId
    key: str
    """With the name, which fact it is: the same for ever, however often it is found."""
    at: datetime
    party: Party | None
    """Whom it is about; None: the concern itself."""
    says: FactData
    placed_by: frozenset[str] = frozenset()
    """Of a hold, the sources that placed it."""
    of: tuple[str, str] | None = None
    """The source and the id of the event that a notice came of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fact for one subscriber, as bytes that never change."""

    id: str
    concern: ConcernId
    subscriber: PublisherId
    name: FactName
    body: bytes = field(repr=False)


def tell(facts: Sequence[Fact], subscribers: Iterable[Subscriber], source: str) -> tuple[Told, ...]:
    """Return each fact for each subscriber that may read it, in the order given.

    `source`: the hub's own CloudEvents source. Structured JSON, keys sorted, times in UTC.
    """
    readers = sorted(subscribers, key=lambda one: one.publisher)
    return tuple(one for fact in facts for one in _told(fact, readers, source))


def queued(notice: Notice, of: tuple[str, str]) -> Fact:
    """Return that a notice waits to be sent; `of`: source and id of the event it came of."""
    says = NoticeQueued(
        **_whose(notice.party),
        notice=notice.id,
        required=notice.required,
        revision=notice.revision,
        reply_due=notice.reply_due,
        event=of[1],
    )
    return Fact(
        name=FactName.NOTICE_QUEUED,
        concern=notice.concern,
        key=notice.id,
        at=notice.composed_at,
        party=notice.party,
        says=says,
        of=of,
    )


def changed_rung(
    concern: ConcernId,
    notice: NoticeId,
    party: Party,
    receipts: Sequence[tuple[int, Receipt]],
    new: frozenset[int],
    at: datetime,
) -> Fact | None:
    """Return how far a notice's evidence reaches now, where the new receipts changed it.

    `receipts`: all of the notice, each with its number; `new`: which of them have just come.
    """
    before = fold(receipt for number, receipt in receipts if number not in new)
    after = fold(receipt for _, receipt in receipts)
    if before.rung is after.rung:
        return None
    act = after.acknowledgement
    says = RungChanged(
        **_whose(party),
        notice=notice,
        before=before.rung,
        after=after.rung,
        since=after.since,
        strength=None if act is None else act.strength,
    )
    return Fact(
        name=FactName.RUNG_CHANGED,
        concern=concern,
        key=f"{notice}|{max(new)}",
        at=at,
        party=party,
        says=says,
    )


def new_setbacks(
    concern: ConcernId,
    notice: NoticeId,
    party: Party,
    receipts: Sequence[tuple[int, Receipt]],
    new: frozenset[int],
    at: datetime,
) -> Iterator[Fact]:
    """Yield what has gone wrong now, each kind once for each delivery, however often it is tried.

    What a fenced worker brought is evidence, never state: it is no fact.
    """
    seen = {(r.delivery, r.setback) for number, r in receipts if number not in new and not r.fenced}
    for number, receipt in receipts:
        what = (receipt.delivery, receipt.setback)
        if number not in new or receipt.fenced or receipt.setback is None or what in seen:
            continue
        seen.add(what)
        yield Fact(
            name=FactName.SETBACK_RECORDED,
            concern=concern,
            key=f"{notice}|{number}",
            at=at,
            party=party,
            says=SetbackRecorded(
                **_whose(party),
                notice=notice,
                delivery=receipt.delivery,
                setback=receipt.setback,
            ),
        )


def obliged(
    name: FactName, obligation: Obligation, at: datetime, *, cancelled: bool = False
) -> Fact:
    """Return that something is owed, is so no more, or is past its time, as the name says.

    `cancelled`: nobody owes it any more, and it was not met.
    """
    says = Obliged(
        **_whose(obligation.party),
        obligation=obligation.id,
        kind=obligation.kind,
        notice=obligation.notice,
        due=obligation.due,
        cancelled=cancelled,
    )
    return Fact(
        name=name,
        concern=obligation.concern,
        key=obligation.id,
        at=at,
        party=obligation.party,
        says=says,
    )


def hold_facts(
    concern: ConcernId,
    version: int,
    before: frozenset[Kept],
    after: frozenset[Kept],
    placed_by: Mapping[Kept, frozenset[str]],
    at: datetime,
) -> Iterator[Fact]:
    """Yield from whom something is held that was not before, and the other way round.

    `version`: the concern's, which makes each change another fact; `placed_by`: the sources of the
    events that placed such a hold, as far as events did.
    """
    changes = ((FactName.HOLD_RELEASED, before - after), (FactName.HOLD_PLACED, after - before))
    for name, changed in changes:
        for party, kind in sorted(changed):
            yield Fact(
                name=name,
                concern=concern,
                key=f"{concern}|{version}|{party.agency}|{party.role}|{kind}",
                at=at,
                party=party,
                says=HeldFrom(**_whose(party), kind=kind),
                placed_by=placed_by.get((party, kind), frozenset()),
            )


def confirmed(concern: ConcernId, says: ClosureConfirmed, at: datetime) -> Fact:
    """Return that closure is confirmed."""
    return Fact(
        name=FactName.CLOSURE_CONFIRMED,
        concern=concern,
        key=says.attestation,
        at=at,
        party=None,
        says=says,
    )


def _told(fact: Fact, readers: Sequence[Subscriber], source: str) -> Iterator[Told]:
    may = [one for one in readers if entitled(fact.name, fact.party, one, fact.placed_by)]
    says = fact.says.model_dump() if may else {}
    for reader in may:
        yield _for(reader, fact, says, source)


def _for(reader: Subscriber, fact: Fact, says: Mapping[str, object], source: str) -> Told:
    identity = sha256(f"{fact.name}\n{fact.key}\n{reader.publisher}".encode()).hexdigest()[:32]
    if isinstance(fact.says, NoticeQueued) and (fact.of is None or fact.of[0] != reader.source):
        # The event is named only to who published it: an id is in its publisher's own words.
        says = {**says, "event": None}
    event = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": f"{TYPE_PREFIX}{fact.name}{TYPE_SUFFIX}",
        "subject": f"concern/{fact.concern}",
        "concernid": fact.concern,
        "time": fact.at,
        "datacontenttype": "application/json",
        "data": says,
    }
    return Told(
        id=identity,
        concern=fact.concern,
        subscriber=reader.publisher,
        name=fact.name,
        body=exact(orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)),
    )


def _whose(party: Party) -> dict[str, object]:
    return {"agency": party.agency, "role": party.role}
