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
    """Which notice of a concern was replaced by which."""

    by: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Of each notice that has replaced another, which revision it is."""

    def newest(self, notice: str) -> str | None:
        """Return the newest revision in a notice's place; None: it stands itself."""
        found = None
        while (over := self.by.get(found or notice)) is not None:
            found = over
        return found

    def replaced(self, notice: str) -> tuple[NoticeId, ...]:
        """Return every earlier notice in whose place this one stands."""
        return tuple(NoticeId(old) for old in self.by if self.newest(old) == notice)


async def read_chains(wire: Wire, concern: ConcernId) -> Chains:
    """Return what has been replaced in one concern."""
    rows = await wire.rows(
        select(superseded.c.notice_id, superseded.c.by_id, t.notice.c.revision)
        .join(t.notice, t.notice.c.id == superseded.c.by_id)
        .where(superseded.c.concern_id == concern)
    )
    return Chains(
        by={row["notice_id"]: row["by_id"] for row in rows},
        numbers={row["by_id"]: row["revision"] for row in rows},
    )


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
    chain = Chains(by={row["old"]: row["new"] for row in rows})
    newest = {decision: chain.newest(decision) for decision in chain.by}
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
