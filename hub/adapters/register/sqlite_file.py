"""Connections to SQLite: durable at each commit, readers beside one writer."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_BUSY_MS: Final = 5_000


def sqlite_engine(url: URL, *, pool_size: int, begin: str, query_only: bool) -> AsyncEngine:
    """Return connections to a file of SQLite whose transactions begin with `begin`."""
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, pool_timeout=10, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: DBAPIConnection, record: object) -> None:  # noqa: ARG001  # SQLAlchemy passes both
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"query_only={'ON' if query_only else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
