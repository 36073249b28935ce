"""What is in force now, each with its leaf in the log: written once, whoever says it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Table, Text, select

from hub.adapters.register import tables as t
from hub.adapters.register.columns import metadata, moment, words
from hub.adapters.register.dialect import Database
from hub.adapters.register.records import leaf_row
from hub.adapters.register.wire import Wire
from hub.leaf import Leaf

in_force: Final = Table(
    "in_force",
    metadata,
    Column("subject", Text, primary_key=True),
    words("value"),
    words("previous"),
    moment("since"),
)
"""One row for each thing of which one version is in force: a partnership's pack, the words."""


async def read(wire: Wire, subject: str) -> str | None:
    """Return what is on record for this subject, or None."""
    wanted = select(in_force.c.value).where(in_force.c.subject == subject)
    rows: Sequence[str] = [row["value"] for row in await wire.rows(wanted)]
    return rows[0] if rows else None


async def put(
    wire: Wire,
    database: Database,
    subject: str,
    value: str,
    said: Callable[[str], Leaf | None],
) -> bool:
    """Put one on record with its leaf; False where it is on record already."""
    now: datetime = await database.now(wire)
    insert = database.insert(in_force)
    # One statement that asks and answers: of two processes, the second finds it said already.
    upsert = insert.on_conflict_do_update(
        index_elements=[in_force.c.subject],
        set_={
            "value": insert.excluded.value,
            "previous": in_force.c.value,
            "since": insert.excluded.since,
        },
        where=in_force.c.value != insert.excluded.value,
    ).returning(in_force.c.previous)
    row = {"subject": subject, "value": value, "previous": "", "since": now}
    changed = await wire.rows(upsert, [row])
    if not changed:
        return False
    note = said(changed[0]["previous"])
    if note is not None:
        await wire.insert(t.audit_leaf, [leaf_row(note, now)])
    return True
