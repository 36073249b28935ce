"""One ground for all worlds that a worker of pytest plays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.ground import Ground


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Play worlds here."""
    made = Ground()
    yield made
    made.close()
