"""The process dies at each named point, comes back, and nothing is lost (tests.md, 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pytest

from hub.failpoint import POINTS
from tests.faults.killing import TAKING, Verdict, a_killing

MAY_DOUBLE: Final = {"send.content", "send.after", "outcome.before", "outcome.after"}
"""Between the content's last byte and the written outcome a death may bring a second copy: of the
one on the wire, and of those whose results wait up to 20 ms for their commit. Each is flagged."""


@pytest.fixture(params=["sqlite", "postgres"])
def register_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'hub.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql://", "postgresql+asyncpg://")


def test_B03_every_failpoint_is_killed_at() -> None:
    assert set(TAKING) < set(POINTS)
    assert set(POINTS) >= MAY_DOUBLE


@pytest.mark.parametrize("point", POINTS)
async def test_B03_killed_at_this_point_nothing_is_lost(
    point: str, register_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with a_killing(register_url, tmp_path / "spool") as killing:
        verdict = await killing.killed_at(point)

    record_property("verdict", asdict(verdict))
    _nothing_is_lost(verdict)
    if point not in MAY_DOUBLE:
        assert verdict.doubled == 0
    if point in {"send.content", "send.after"}:
        assert verdict.doubled == 1


@pytest.mark.soak
@pytest.mark.parametrize("count", range(2, 21))
@pytest.mark.parametrize("point", POINTS[5:])
async def test_B03_killed_at_this_point_later_on_nothing_is_lost(
    point: str, count: int, register_url: str, tmp_path: Path
) -> None:
    async with a_killing(register_url, tmp_path / "spool") as killing:
        verdict = await killing.killed_at(f"{point}:{count}")

    _nothing_is_lost(verdict)


def _nothing_is_lost(verdict: Verdict) -> None:
    assert verdict.applied == verdict.published
    assert verdict.unacknowledged == verdict.queued == verdict.unaccounted == 0
    assert verdict.owed == verdict.arrived > 20
    assert verdict.lost == verdict.altered == verdict.unproven == 0
    assert verdict.unflagged == 0, "what came twice is not said to have"
