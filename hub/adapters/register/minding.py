"""Changes of contacts that two people make, who publishes, and which processes live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Column, Index, RowMapping, Table, Text, case, func, select, text

from hub.adapters.register import tables as t
from hub.adapters.register.agencies import Agencies
from hub.adapters.register.bell import Bell
from hub.adapters.register.changes import Changes
from hub.adapters.register.columns import metadata, moment, numbered, words
from hub.adapters.register.contacts import replaced
from hub.adapters.register.dialect import Database
from hub.adapters.register.outbox import Outbox
from hub.adapters.register.records import leaf_row, plain
from hub.adapters.register.wire import Wire
from hub.adapters.register.workers import worker
from hub.calendar import LONDON
from hub.directory import Contact
from hub.frozen import replace
from hub.leaf import Leaf, leaf
from hub.ports.minding import COOLING, Came, ContactChange, Living, Step
from hub.vocabulary import AgencyId

_WAITS: Final = text("step = 'waits for a second person'")

contact_change: Final = Table(
    "contact_change",
    metadata,
    numbered(),
    Column("id", Text, nullable=False, unique=True),
    words("contact_id"),
    words("agency_id"),
    words("was"),
    words("wanted"),
    words("asked_by"),
    words("asked_for"),
    words("why"),
    moment("asked"),
    words("step"),
    moment("decided", null=True),
    words("decided_by", null=True),
    moment("verified", null=True),
    words("verified_by", null=True),
    Index(
        "uq_contact_change_waits",
        "contact_id",
        unique=True,
        postgresql_where=_WAITS,
        sqlite_where=_WAITS,
    ),
)
"""At most one change of a contact waits. `was` and `wanted` are whole versions of it."""

_C: Final = contact_change.c
_CONTACT: Final = TypeAdapter(Contact)


class MindedHere:
    """The part of the register that an administrator works with."""

    _database: Database
    _agencies: Agencies
    _outbox: Outbox
    _bell: Bell

    async def ask_change(self, change: ContactChange) -> bool:
        """Write a change down, with its leaf; False where one of this contact waits already."""
        row = {
            "id": change.id,
            "contact_id": change.wanted.id,
            "agency_id": change.wanted.agency,
            "was": _CONTACT.dump_json(change.was).decode(),
            "wanted": _CONTACT.dump_json(change.wanted).decode(),
            "asked_by": change.asked_by,
            "asked_for": change.asked_for,
            "why": plain(change.why),
            "asked": change.asked,
            "step": Step.ASKED.value,
        }
        waits = select(_C.id).where(_C.contact_id == change.wanted.id, _C.step == Step.ASKED.value)
        async with self._database.writing("change") as wire:
            await self._database.lock(wire, [_lock_of(change)])
            if await wire.rows(waits):
                return False
            now = await self._database.now(wire)
            await wire.insert(contact_change, [row])
            await wire.insert(t.audit_leaf, [leaf_row(_said(change, "asked", now), now)])
        return True

    async def changes(self, limit: int = 100) -> tuple[ContactChange, ...]:
        """Return changes, those that wait for somebody first, then the newest."""
        order = {Step.ASKED.value: 0, Step.COOLING.value: 1}
        rank = case(order, value=_C.step, else_=2)
        async with self._database.reading() as wire:
            rows = await wire.rows(
                select(contact_change).order_by(rank, _C.seq.desc()).limit(limit)
            )
        return tuple(_change_of(row) for row in rows)

    async def decide_change(self, change: str, by: str, *, agreed: bool) -> Came:
        """Agree to a change or refuse it, in one commit with its leaf."""
        async with self._database.writing("change") as wire:
            known = await _locked(wire, change)
            if known is None or known.step is not Step.ASKED:
                return Came.OVER
            # Whoever asked may take it back, and nobody agrees to their own.
            if agreed and known.asked_by == by:
                return Came.SAME
            now = await self._database.now(wire)
            if agreed:
                directory = await self._agencies.read(wire)
                if directory.contact(known.was.id) != known.was:
                    return Came.MOVED
                await self._put_contact(wire, known.wanted, now)
            step = _after(known) if agreed else Step.REFUSED
            values = {"step": step.value, "decided": now, "decided_by": by}
            await wire.run(contact_change.update().where(_C.id == change).values(**values))
            said = _said(known, "agreed" if agreed else "refused", now, by)
            await wire.insert(t.audit_leaf, [leaf_row(said, now)])
        self._bell.ring()
        return Came.DONE

    async def verify_change(self, change: str, by: str) -> Came:
        """Say, once the cooling-off has passed, that the new address is theirs."""
        async with self._database.writing("change") as wire:
            known = await _locked(wire, change)
            if known is None or known.step is not Step.COOLING or known.decided is None:
                return Came.OVER
            if known.asked_by == by:
                return Came.SAME
            now = await self._database.now(wire)
            if now < known.decided + COOLING:
                return Came.EARLY
            directory = await self._agencies.read(wire)
            if directory.contact(known.was.id) != known.wanted:
                return Came.MOVED
            today = now.astimezone(LONDON).date()
            theirs = replace(known.wanted, unverified=False, verified_on=today)
            await self._put_contact(wire, theirs, now)
            values = {"step": Step.VERIFIED.value, "verified": now, "verified_by": by}
            await wire.run(contact_change.update().where(_C.id == change).values(**values))
            await wire.insert(t.audit_leaf, [leaf_row(_said(known, "verified", now, by), now)])
        self._bell.ring()
        return Came.DONE

    async def _put_contact(self, wire: Wire, contact: Contact, now: datetime) -> None:
        await self._agencies.put(wire, contact, now)
        freed = set(await replaced(wire, contact.id, now))
        await self._database.notify(wire)
        await self._outbox.write(wire, Changes(discharging=freed), now)

    async def publishing(self) -> Mapping[str, datetime]:
        """Return when an event of each source came in last (UTC)."""
        last = func.max(t.event.c.received, type_=t.event.c.received.type).label("last")
        async with self._database.reading() as wire:
            rows = await wire.rows(select(t.event.c.source, last).group_by(t.event.c.source))
        return {row["source"]: row["last"] for row in rows}

    async def living(self) -> tuple[Living, ...]:
        """Return the processes, the longest living first."""
        async with self._database.reading() as wire:
            rows = await wire.rows(select(worker).order_by(worker.c.since, worker.c.id))
        return tuple(
            Living(
                name=row["id"],
                roles=tuple(row["roles"].split()),
                since=row["since"],
                seen=row["seen"],
            )
            for row in rows
        )


async def _locked(wire: Wire, change: str) -> ContactChange | None:
    mine = select(contact_change).where(_C.id == change).with_for_update()
    row = next(iter(await wire.rows(mine)), None)
    return None if row is None else _change_of(row)


def _lock_of(change: ContactChange) -> str:
    # No concern has such an id.
    return f"\ncontact {change.wanted.id}"


def _after(change: ContactChange) -> Step:
    """Return where an agreed change stands: another address is not verified yet."""
    return Step.COOLING if change.wanted.unverified else Step.VERIFIED


def _said(change: ContactChange, what: str, now: datetime, by: str = "") -> Leaf:
    """Return the leaf: ids alone, never an address or a reason."""
    return leaf(
        f"contact.change.{what}",
        now,
        change=change.id,
        contact=change.wanted.id,
        by=by or change.asked_by,
    )


def _change_of(row: RowMapping) -> ContactChange:
    fields: dict[str, Any] = dict(row)
    return ContactChange(
        id=fields["id"],
        was=_CONTACT.validate_json(fields["was"]),
        wanted=_CONTACT.validate_json(fields["wanted"]),
        asked_by=fields["asked_by"],
        asked_for=AgencyId(fields["asked_for"]),
        why=fields["why"],
        asked=fields["asked"],
        step=Step(fields["step"]),
        decided=fields["decided"],
        decided_by=fields["decided_by"] or "",
        verified=fields["verified"],
        verified_by=fields["verified_by"] or "",
    )
