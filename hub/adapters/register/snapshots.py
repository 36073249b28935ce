"""The table of concerns: the snapshot, and what is asked of it without reading it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text, text

from hub.adapters.register.columns import metadata, moment, words

concern = Table(
    "concern",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    words("snapshot", null=True),
    words("host_authority", null=True),
    moment("opened", null=True),
    moment("recorded"),
    # What another concern about the same provider asks: since when this one holds it, and when the
    # police agreed that the provider may be told of this very concern.
    words("provider", null=True),
    moment("provider_held_since", null=True),
    moment("provider_cleared_at", null=True),
    Index("ix_concern_opened", "opened"),
    Index("ix_concern_host_authority", "host_authority"),
    Index(
        "ix_concern_provider",
        "provider",
        postgresql_where=text("provider_held_since IS NOT NULL"),
        sqlite_where=text("provider_held_since IS NOT NULL"),
    ),
)
