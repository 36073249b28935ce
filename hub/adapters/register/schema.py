"""The schema: brought up to date, or refused with what to do about it (house.md)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, String, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.adapters.register import row_security
from hub.adapters.register.wire import kept_inside
from hub.ports import RegisterTooNew, RegisterTooOld

VERSION_TABLE: Final = "schema"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_REVISION: Final = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)
"""How each revision names itself, and the one it follows."""
_NUMBER: Final = column("version_num", String)
_VERSION: Final = table(VERSION_TABLE, _NUMBER)
"""Where alembic keeps the revision that is there; one row, in a schema of one line of revisions."""


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
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    there: str | None = connection.scalar(select(_NUMBER).select_from(_VERSION))
    return there


def head() -> str:
    """Return the schema that this hub knows."""
    return _known()[0]


def upgrade_to(connection: Connection, revision: str) -> tuple[str, ...]:
    """Bring the schema up to one that this hub knows; the newest has its rows guarded."""
    # Alembic is a twentieth of the hub's memory, and most starts have nothing to migrate.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return row_security.put_on(connection) if found(connection) == head() else ()


def refuse_unknown(revision: str) -> None:
    """Raise RegisterTooNew unless this hub knows this schema."""
    if revision not in _known()[1]:
        raise RegisterTooNew(f"it has {revision}")


@cache
def _known() -> tuple[str, frozenset[str]]:
    """Return the newest schema and all that lead to it, as their files say; none of them is run."""
    said = [_named(path) for path in sorted((_MIGRATIONS / "versions").glob("*.py"))]
    revisions = {each["revision"] for each in said}
    (newest,) = revisions - {each.get("down_revision") for each in said}
    return newest, frozenset(revisions)


def _named(path: Path) -> dict[str, str]:
    """Return what a file calls its revision, and which one it follows, the first none."""
    return dict(_REVISION.findall(path.read_text("utf-8")))


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
