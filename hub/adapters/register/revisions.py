"""Which notice a newer revision has replaced: the table, and what is read of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Table, Text, and_, literal, select

from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import classes_of, party_of
from hub.adapters.register.wire import Wire
from hub.obligation import ObligationKind
from hub.page import Revised
from hub.vocabulary import ConcernId, DecisionId, NoticeId

superseded: Final = Table(
    "superseded",
    metadata,
    Column("notice_id", Text, ForeignKey("notice.id"), primary_key=True),
    Column("by_id", Text, ForeignKey("notice.id"), nullable=False),
    words("concern_id"),
    moment("at"),
    Index("ix_superseded_concern_id", "concern_id"),
)
"""The notice itself never changes; that it was replaced, and by which, is one row beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """Which notice of a concern stands in the place of which, however often it was said anew."""

    newest: Mapping[str, str] = field(default_factory=dict)
    """Of each notice that was replaced, the newest in its place."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Of each notice that has replaced another, which revision it is."""

    def newer(self, notice: str) -> tuple[NoticeId, int] | None:
        """Return the newest in a notice's place, and its number; None: it stands itself."""
        newest = self.newest.get(notice)
        return None if newest is None else (NoticeId(newest), self.numbers[newest])

    def replaced(self) -> Mapping[str, tuple[NoticeId, ...]]:
        """Return, of each notice that stands, every earlier one in whose place it does."""
        found: defaultdict[str, tuple[NoticeId, ...]] = defaultdict(tuple)
        for old, newest in self.newest.items():
            found[newest] += (NoticeId(old),)
        return found


async def read_chains(wire: Wire, concern: ConcernId) -> Chains:
    """Return what has been replaced in one concern."""
    rows = await wire.rows(
        select(superseded.c.notice_id, superseded.c.by_id, t.notice.c.revision)
        .join(t.notice, t.notice.c.id == superseded.c.by_id)
        .where(superseded.c.concern_id == concern)
    )
    return Chains(
        newest=_followed({row["notice_id"]: row["by_id"] for row in rows}),
        numbers={row["by_id"]: row["revision"] for row in rows},
    )


def _followed(by: Mapping[str, str]) -> dict[str, str]:
    """Return of each that was replaced the last in its place, by what replaced each directly."""
    found: dict[str, str] = {}
    for old in by:
        way = [old]
        while (over := found.get(way[-1]) or by.get(way[-1])) is not None:
            way.append(over)
        found |= dict.fromkeys(way[:-1], way[-1])
    return found


async def read_revisions(
    wire: Wire, database: Database, concerns: Sequence[ConcernId]
) -> Mapping[ConcernId, Sequence[Revised]]:
    """Return each concern's notices that a newer saying of the same may replace, oldest first."""
    found: defaultdict[ConcernId, list[Revised]] = defaultdict(list)
    for row in await wire.rows(_NEWEST.where(database.among(t.notice.c.concern_id, concerns))):
        found[ConcernId(row["concern_id"])].append(
            Revised(
                notice=NoticeId(row["id"]),
                decision=DecisionId(row["decision_id"]),
                party=party_of(row),
                subject=row["subject"],
                revision=row["revision"],
                classes=classes_of(row["classes"]),
                asks=row["reply_due"] is not None,
                asked_since=row["asked_since"],
            )
        )
    return found


async def said_since(wire: Wire, database: Database, unheard: frozenset[str]) -> frozenset[str]:
    """Return which of these decisions were said anew by one that is not among them.

    A revision that was stopped unsent because a newer one took its place has kept nobody from
    hearing: its party hears all of it from the newer one.
    """
    if not unheard:
        return frozenset()
    older, newer = t.notice.alias("older"), t.notice.alias("newer")
    rows = await wire.rows(
        select(older.c.decision_id.label("old"), newer.c.decision_id.label("new"))
        .select_from(superseded)
        .join(older, older.c.id == superseded.c.notice_id)
        .join(newer, newer.c.id == superseded.c.by_id)
        .where(database.among(older.c.decision_id, sorted(unheard)))
    )
    newest = _followed({row["old"]: row["new"] for row in rows})
    return frozenset(old for old, new in newest.items() if new not in unheard)


_OWED = t.obligation.alias("owed")

_NEWEST = (
    select(
        t.notice.c.id,
        t.notice.c.decision_id,
        t.notice.c.concern_id,
        t.notice.c.agency_id,
        t.notice.c.role,
        t.notice.c.subject,
        t.notice.c.revision,
        t.notice.c.classes,
        t.notice.c.reply_due,
        _OWED.c.opened.label("asked_since"),
    )
    .select_from(t.notice)
    .outerjoin(superseded, superseded.c.notice_id == t.notice.c.id)
    .outerjoin(
        _OWED,
        and_(
            _OWED.c.concern_id == t.notice.c.concern_id,
            _OWED.c.kind == ObligationKind.ANSWER.value,
            _OWED.c.key == literal("notice:") + t.notice.c.id,
            _OWED.c.discharged.is_(None),
        ),
    )
    .where(t.notice.c.subject.is_not(None), superseded.c.notice_id.is_(None))
    .order_by(t.notice.c.seq)
)
