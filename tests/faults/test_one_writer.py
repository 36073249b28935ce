"""SQLite has one writing process: a second is told so, and a dead one is not in the way."""

from __future__ import annotations

from pathlib import Path

from tests.faults.fleet import Fleet, a_fleet
from tests.flow.test_commands import hub


async def refused(fleet: Fleet, url: str, *words: str) -> str:
    """Run a command that writes; return what it says as it ends with 1, and with no trace."""
    settings = fleet.settings | {"HUB_REGISTER_URL": url, "HUB_WEB_PORT": "0"}
    code, _, said = await hub(fleet.folder, *words, within=120, **settings)
    assert code == 1, said
    assert "Traceback" not in said
    return " ".join(said.split())


async def test_a_second_process_on_one_file_is_told_that_there_is_one_writer(
    tmp_path: Path,
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    (tmp_path / "link.db").symlink_to("register.db")
    by_another_name = f"sqlite+aiosqlite:///{tmp_path / 'link.db'}"
    async with a_fleet(tmp_path, url) as fleet:
        first = await fleet.start()

        assert "SQLite has one writer" in await refused(fleet, url, "migrate")
        assert "SQLite has one writer" in await refused(fleet, by_another_name, "run")
        first.freeze()  # One that is stopped may go on: it is the writer still.
        assert "SQLite has one writer" in await refused(fleet, url, "run", "--only", "deliver")
        first.thaw()

        # Whoever only reads is not in anybody's way.
        common = fleet.settings | {"HUB_REGISTER_URL": url}
        read = await hub(tmp_path, "backup", "beside.backup", within=120, **common)
        assert read[0] == 0, read[2]
        assert await first.ended() == 0


async def test_a_writer_that_was_killed_leaves_its_lock_to_the_next_at_once(
    tmp_path: Path,
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    async with a_fleet(tmp_path, url) as fleet:
        for _ in range(2):
            killed = await fleet.start()
            killed.kill()
            await killed.process.wait()
            assert (tmp_path / "register.db.lock").exists()

        last = await fleet.start()

        assert await last.ended() == 0
