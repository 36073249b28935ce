"""When a register was restored, and whether anybody has let it send since."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ColumnElement, Table, exists

from hub.adapters.register.columns import metadata, moment, numbered, words

restored: Final = Table(
    "restored",
    metadata,
    numbered(),
    moment("taken"),
    moment("at"),
    Column("last_queued", BigInteger, nullable=False),
    moment("resumed", null=True),
    words("person", null=True),
    words("reason", null=True),
)
"""`taken` is when the backup was; `last_queued` the last row of the queue that was in it. Who let
it send again, and why, is written once."""


def may_send() -> ColumnElement[bool]:
    """Whether nothing waits for a person to say that this register may send again."""
    return ~exists().where(restored.c.resumed.is_(None))
