"""A register's file with its schema in it: migrated once for all tests of a worker, then copied.

That a new file is migrated as it is opened is proved in tests/adapters/test_register_opening.py.
"""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.adapters.register import migrate
from tests.servers.postgres import in_a_thread_of_its_own


def migrated_file(path: Path) -> str:
    """Make this file an empty register, and return its URL."""
    path.write_bytes(_migrated())
    return f"sqlite+aiosqlite:///{path}"


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        made = Path(folder) / "register.db"
        in_a_thread_of_its_own(lambda: asyncio.run(migrate(f"sqlite+aiosqlite:///{made}")))
        # One file and its lock: nothing that a copy must bring stands beside it.
        assert {path.name for path in made.parent.iterdir()} == {made.name, f"{made.name}.lock"}
        return made.read_bytes()
