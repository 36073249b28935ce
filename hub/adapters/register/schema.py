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

from hub.adapters.register.wire import kept_inside
from hub.ports import RegisterTooNew, RegisterTooOld

VERSION_TABLE: Final = "schema"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def upgrade(engine: AsyncEngine) -> None:
    """Bring the schema up to date in one transaction. Raises RegisterTooNew."""
    with kept_inside():
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)


async def check(engine: AsyncEngine) -> None:
    """Raise RegisterTooNew or RegisterTooOld unless the schema is the one this hub knows."""
    with kept_inside():
        async with engine.connect() as connection:
            await connection.run_sync(_check)


def _upgrade(connection: Connection) -> None:
    config = _config(connection)
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def _check(connection: Connection) -> None:
    scripts = ScriptDirectory.from_config(_config(connection))
    found = _refuse_newer(connection, scripts)
    if found != scripts.get_current_head():
        raise RegisterTooOld(f"it has {found or 'no schema at all'}")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    found = context.get_current_revision()
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise RegisterTooNew(f"it has {found}")
    return found


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
