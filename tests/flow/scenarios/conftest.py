"""Each play is played once, and simulated too: what its test asks for, and that both came alike."""

from __future__ import annotations

import pytest

from tests.flow.scenarios.test_simulated import PLAYS, simulated_too

LONG_ENOUGH = pytest.mark.timeout(900)
"""In seconds: a play, and its simulation."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each play that has a scenario's file compared with its simulation."""
    plays = {play for some in PLAYS.values() for play in some}
    for item in items:
        if isinstance(item, pytest.Function) and item.obj in plays:
            item.obj = simulated_too(item.obj)
            item.add_marker(LONG_ENOUGH)
