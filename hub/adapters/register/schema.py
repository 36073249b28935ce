"""The schema: brought up to date, or refused with what to do about it (house.md)."""

from __future__ import annotations

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
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return ScriptDirectory.from_config(config).get_current_head() or ""


def upgrade_to(connection: Connection, revision: str) -> tuple[str, ...]:
    """Bring the schema up to one that this hub knows; the newest has its rows guarded."""
    command.upgrade(_config(connection), revision)
    return row_security.put_on(connection) if found(connection) == head() else ()


def refuse_unknown(connection: Connection, revision: str) -> None:
    """Raise RegisterTooNew unless this hub knows this schema."""
    scripts = ScriptDirectory.from_config(_config(connection))
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise RegisterTooNew(f"it has {revision}")


def _upgrade(connection: Connection) -> tuple[str, ...]:
    _refuse_newer(connection)
    return upgrade_to(connection, "head")


def _check(connection: Connection) -> None:
    there = _refuse_newer(connection)
    if there != head():
        raise RegisterTooOld(f"it has {there or 'no schema at all'}")


def _refuse_newer(connection: Connection) -> str | None:
    there = found(connection)
    if there is not None:
        refuse_unknown(connection, there)
    return there


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
