"""The schema: brought up to date, or refused with what to do about it (house.md)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.adapters.register import row_security
from hub.adapters.register.wire import kept_inside
from hub.ports import RegisterTooNew, RegisterTooOld

VERSION_TABLE: Final = "schema"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def upgrade(engine: AsyncEngine) -> tuple[str, ...]:
    """Bring the schema up to date in one transaction. Raises RegisterTooNew.

    Returns what somebody with more rights must run, so that the rows can be guarded as well.
    """
    with kept_inside():
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade)


async def check(engine: AsyncEngine) -> None:
    """Raise RegisterTooNew or RegisterTooOld unless the schema is the one this hub knows."""
    with kept_inside():
        async with engine.connect() as connection:
            await connection.run_sync(_check)


def found(connection: Connection) -> str | None:
    """Return the schema that is there, or None."""
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def head() -> str:
    """Return the schema that this hub knows."""
    return _known()[0]


def upgrade_to(connection: Connection, revision: str) -> tuple[str, ...]:
    """Bring the schema up to one that this hub knows; the newest has its rows guarded."""
    command.upgrade(_config(connection), revision)
    return row_security.put_on(connection) if found(connection) == head() else ()


def refuse_unknown(revision: str) -> None:
    """Raise RegisterTooNew unless this hub knows this schema."""
    if revision not in _known()[1]:
        raise RegisterTooNew(f"it has {revision}")


@cache
def _known() -> tuple[str, frozenset[str]]:
    """Return the newest schema and all that lead to it; alembic runs every revision to find out."""
    scripts = ScriptDirectory(str(_MIGRATIONS))
    revisions = frozenset(script.revision for script in scripts.walk_revisions())
    return scripts.get_current_head() or "", revisions


def _upgrade(connection: Connection) -> tuple[str, ...]:
    if _refuse_newer(connection) == head():
        return row_security.put_on(connection)
    return upgrade_to(connection, "head")


def _check(connection: Connection) -> None:
    there = _refuse_newer(connection)
    if there != head():
        raise RegisterTooOld(f"it has {there or 'no schema at all'}")


def _refuse_newer(connection: Connection) -> str | None:
    there = found(connection)
    if there is not None:
        refuse_unknown(there)
    return there


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
