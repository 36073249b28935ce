"""Facts on their way out: written in the transaction of what they are about, each for its reader.

Per concern they are numbered in the order in which transactions commit: each takes a lock of the
concern's facts as its last lock, and reads what it compares with only then. Facts of a concern that
is new with the transaction may come earlier in it: nobody else can ask for that lock before.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    literal,
    select,
    text,
)

from hub.adapters.register import tables as t
from hub.adapters.register.agencies import MARK, Agencies
from hub.adapters.register.changes import Changes
from hub.adapters.register.columns import Moment, metadata, moment, numbered, words
from hub.adapters.register.dialect import Database, Inserting
from hub.adapters.register.letters import receipt_of
from hub.adapters.register.records import Known, Row, concern_of, obligation_of, party_of
from hub.adapters.register.sessions import lock_keys
from hub.adapters.register.wire import Wire
from hub.attestation import Attestation
from hub.concern import Concern, Party
from hub.directory import Directory, Publisher
from hub.facts import (
    Fact,
    FactName,
    Subscriber,
    Told,
    changed_rung,
    confirmed,
    hold_facts,
    new_setbacks,
    obliged,
    tell,
)
from hub.facts.said import ClosureConfirmed
from hub.facts.telling import Kept
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, ConcernId, HoldKind, NoticeId, Role

fact: Final = Table(
    "fact",
    metadata,
    numbered(),
    words("id"),
    words("concern_id"),
    words("subscriber"),
    words("name"),
    Column("body", LargeBinary, nullable=False),
    moment("recorded"),
    moment("published", null=True),
    UniqueConstraint("id"),
    Index(
        "ix_fact_waiting",
        "seq",
        postgresql_where=text("published IS NULL"),
        sqlite_where=text("published IS NULL"),
    ),
)
"""`published` is when the broker confirmed it; until then it waits."""

said_overdue: Final = Table(
    "said_overdue",
    metadata,
    Column("obligation_id", Text, primary_key=True),
    moment("at"),
)
"""Obligations of which it has been said, once for ever, that their time has passed."""


AT_ONCE: Final = 500
"""Facts written by one statement: a batch of events brings thousands, each of a kilobyte."""


class Outbox:
    """Writes facts. `source`: the hub's own, of the CloudEvents it sends."""

    def __init__(self, database: Database, agencies: Agencies, source: str) -> None:
        self._database = database
        self._agencies = agencies
        self._source = source

    async def write(self, wire: Wire, changes: Changes, now: datetime) -> None:
        """Write the facts of these changes, as the last thing that a transaction does.

        Of concerns that it has made itself they may be written before.
        """
        concerns = changes.concerns()
        if not concerns:
            return
        subscribers = await self._locked_with_subscribers(wire, concerns)
        if not any(subscribers.values()):
            return
        facts = [
            *changes.queued,
            *await self._holds(wire, changes, now),
            *[_obliged(FactName.OBLIGATION_OPENED, row, now) for row in changes.opened],
            *await self._receipts(wire, changes, now),
            *await self._discharged(wire, changes, now),
            *[_obliged(FactName.OBLIGATION_OVERDUE, row, now) for row in changes.overdue],
            *[_confirmed(one, now) for one in changes.attested],
        ]
        rows = (
            _row(told, now)
            for one in facts
            for told in tell([one], subscribers[one.concern], self._source)
        )
        while some := list(islice(rows, AT_ONCE)):
            await wire.run(self._database.prepared(_writing), some)

    async def _locked_with_subscribers(
        self, wire: Wire, concerns: Sequence[ConcernId]
    ) -> Mapping[ConcernId, tuple[Subscriber, ...]]:
        """Lock concerns' facts; return whose events were taken in, and what they are to each.

        An event that was refused, or that waits, makes nobody a subscriber: else whoever may send
        anything at all could ask to be told of any concern.
        """
        found: defaultdict[ConcernId, tuple[Subscriber, ...]] = defaultdict(tuple)
        asked = {"ids": concerns, "locks": lock_keys(f"facts\n{each}" for each in concerns)}
        rows = await wire.rows(self._database.prepared(_taken), asked)
        if not rows:
            return found
        directory = self._agencies.as_of(rows[0]["newest"]) or await self._agencies.read(wire)
        by_source: defaultdict[str, list[Publisher]] = defaultdict(list)
        for publisher in directory.publishers:
            by_source[publisher.source].append(publisher)
        publishers: defaultdict[ConcernId, list[Publisher]] = defaultdict(list)
        hosts: dict[ConcernId, AgencyId] = {}
        for row in rows:
            concern = ConcernId(row["concern_id"])
            publishers[concern] += by_source[row["source"]]
            hosts[concern] = AgencyId(row["host_authority"] or "")
        for concern, some in publishers.items():
            known, host_authority = None, hosts[concern]
            if any(_today(directory, p.agency) != _today(directory, host_authority) for p in some):
                # A snapshot is long: it is read where the host's column does not say enough.
                known = await self._snapshot(wire, concern)
            host = Party(agency=host_authority, role=Role.HOST_AUTHORITY)
            parties = (host,) if known is None else _taking_part(known)
            found[concern] = tuple(_subscriber(p, parties, directory) for p in some)
        return found

    async def _snapshot(self, wire: Wire, concern: ConcernId) -> Concern | None:
        rows = await wire.rows(select(t.concern.c.snapshot).where(t.concern.c.id == concern))
        snapshot = rows[0]["snapshot"] if rows else None
        return concern_of(snapshot) if snapshot else None

    async def _holds(self, wire: Wire, changes: Changes, now: datetime) -> list[Fact]:
        changed = [held for held in changes.held if held.before != held.after]
        if not changed:
            return []
        placed = await self._placed(wire, sorted({held.concern for held in changed}))
        return [
            one
            for held in changed
            for one in hold_facts(
                held.concern,
                held.version,
                held.before,
                held.after,
                placed[held.concern],
                now,
            )
        ]

    async def _placed(
        self, wire: Wire, concerns: Sequence[ConcernId]
    ) -> Mapping[ConcernId, Mapping[Kept, frozenset[str]]]:
        """Return which sources placed holds, by concern, party and kind."""
        found: defaultdict[ConcernId, defaultdict[Kept, frozenset[str]]] = defaultdict(
            lambda: defaultdict(frozenset)
        )
        wanted = (
            select(t.event.c.concern_id, t.event.c.source, t.body.c.decoded)
            .join(t.body, t.body.c.id == t.event.c.body_id)
            .where(self._database.among(t.event.c.concern_id, concerns))
            .where(t.event.c.state == "applied", t.event.c.name == "hold.placed")
        )
        for row in await wire.rows(wanted):
            said = json.loads(row["decoded"])
            party = Party(agency=AgencyId(said["party"]), role=Role(said["role"]))
            kind = HoldKind(said["kind"])
            # One that the lead agency has not endorsed yet stands as H9 (004 3.1).
            for stands_as in {kind, HoldKind.H9} if kind is HoldKind.H2 else {kind}:
                found[ConcernId(row["concern_id"])][party, stands_as] |= {row["source"]}
        return found

    async def _receipts(self, wire: Wire, changes: Changes, now: datetime) -> list[Fact]:
        if not changes.receipts:
            return []
        ids = sorted({notice for _, notice in changes.receipts})
        parties: dict[NoticeId, Party] = {}
        receipts: defaultdict[NoticeId, list[tuple[int, Receipt]]] = defaultdict(list)
        for row in await wire.rows(self._database.prepared(_proving), {"ids": ids}):
            notice = NoticeId(row["notice_id"])
            parties[notice] = party_of(row)
            receipts[notice].append((row["seq"], receipt_of(row)))
        return [
            one
            for (concern, notice), numbers in changes.receipts.items()
            for one in _climbed(
                concern, notice, parties[notice], receipts[notice], frozenset(numbers), now
            )
        ]

    async def _discharged(self, wire: Wire, changes: Changes, now: datetime) -> list[Fact]:
        if not changes.discharging:
            return []
        asked = {"ids": sorted(changes.discharging), "at": now}
        rows = await wire.rows(self._database.prepared(_discharged_at), asked)
        return [_obliged(FactName.OBLIGATION_DISCHARGED, row, now) for row in rows]


# Statements of every batch of results: each is built once.


def _row(told: Told, now: datetime) -> Row:
    return {
        "id": told.id,
        "concern_id": told.concern,
        "subscriber": told.subscriber,
        "name": told.name.value,
        "body": told.body,
        "recorded": now,
        "published": None,
    }


def _writing(database: Database) -> Inserting:
    return database.insert(fact).on_conflict_do_nothing(index_elements=[fact.c.id])


def _taken(database: Database) -> Select[Any]:
    """Return the statement that asks whose events were taken into concerns, and who hosts them.

    With each row goes how new the directory is: it is asked for only where it has changed. It
    locks the facts of them all.
    """
    besides = (MARK.scalar_subquery().label("newest"), database.locked("locks").label("locked"))
    return (
        select(t.event.c.concern_id, t.event.c.source, t.concern.c.host_authority, *besides)
        .outerjoin(t.concern, t.concern.c.id == t.event.c.concern_id)
        .where(database.one_of(t.event.c.concern_id, "ids"))
        .where(t.event.c.state == "applied")
        .distinct()
    )


def _proving(database: Database) -> Select[Any]:
    """Return the statement that asks for the receipts of notices, each with its party.

    Without what the wires said: no fact tells it, and it is most of a receipt.
    """
    read = [column for column in t.receipt.c if column is not t.receipt.c.evidence]
    return (
        select(*read, literal("[]").label("evidence"), t.notice.c.agency_id, t.notice.c.role)
        .join(t.notice, t.notice.c.id == t.receipt.c.notice_id)
        .where(database.one_of(t.receipt.c.notice_id, "ids"))
        .order_by(t.receipt.c.seq)
    )


def _discharged_at(database: Database) -> Select[Any]:
    return (
        select(t.obligation)
        .where(t.obligation.c.discharged == bindparam("at", type_=Moment))
        .where(database.one_of(t.obligation.c.concern_id, "ids"))
        .order_by(t.obligation.c.seq)
    )


def _today(directory: Directory, agency: AgencyId) -> AgencyId:
    return directory.answers_for(agency)


def _taking_part(concern: Concern) -> tuple[Party, ...]:
    """Return everybody in the concern, but for who was told by mistake (B03)."""
    return tuple(party for party in concern.parties() if party not in concern.mistaken)


def _subscriber(publisher: Publisher, parties: Sequence[Party], directory: Directory) -> Subscriber:
    agency = _today(directory, publisher.agency)
    roles = {party.role for party in parties if _today(directory, party.agency) == agency}
    return Subscriber(
        publisher=publisher.id,
        agency=publisher.agency,
        source=publisher.source,
        roles=frozenset(roles),
    )


def _climbed(
    concern: ConcernId,
    notice: NoticeId,
    party: Party,
    receipts: Sequence[tuple[int, Receipt]],
    new: frozenset[int],
    now: datetime,
) -> Iterator[Fact]:
    yield from new_setbacks(concern, notice, party, receipts, new, now)
    changed = changed_rung(concern, notice, party, receipts, new, now)
    if changed is not None:
        yield changed


def _obliged(name: FactName, row: Known, now: datetime) -> Fact:
    return obliged(name, obligation_of(row), now, cancelled=bool(row.get("why")))


def _confirmed(made: Attestation, now: datetime) -> Fact:
    seal = made.seal
    says = ClosureConfirmed(
        attestation=made.id,
        reached=len(made.reached),
        waived=len(made.waivers),
        sha256=None if seal is None else seal.sha256,
        key=None if seal is None else seal.key,
    )
    return confirmed(ConcernId(made.concern), says, now)
