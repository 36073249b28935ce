"""Connections to SQLite: durable at each commit, readers beside one writer."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_BUSY_MS: Final = 5_000


def pragmas(*, query_only: bool) -> tuple[str, ...]:
    """Return what each connection is told before anything else."""
    return (
        f"PRAGMA busy_timeout={_BUSY_MS}",
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        f"PRAGMA query_only={'ON' if query_only else 'OFF'}",
    )


def sqlite_engine(url: URL, *, begin: str, query_only: bool) -> AsyncEngine:
    """Return SQLAlchemy's own connection, for schemas and backups; transactions begin so."""
    engine = create_async_engine(
        url, pool_size=1, max_overflow=0, pool_timeout=10, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: DBAPIConnection, record: object) -> None:  # noqa: ARG001  # SQLAlchemy passes both
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in pragmas(query_only=query_only):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
