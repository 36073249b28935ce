"""Thousands of worlds, each from a seed: whatever befalls two workers, the promises are kept.

`SEED=7 make test TESTS=tests/simulation` plays one world again; a failure names its seed, and shows
what happened last. `SEED=7:40` is a plain world whose first worker dies at its 40th step.
`SEEDS=5000` plays so many; `make soak TESTS=tests/simulation` plays 100,000.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import pytest

from tests.simulation.book import Broken
from tests.simulation.ground import Ground
from tests.simulation.mistakes import MISTAKES
from tests.simulation.world import Makers

ONE: Final = os.environ.get("SEED")
MANY: Final = int(os.environ.get("SEEDS", "2000"))
LOT: Final = 20
"""How many worlds one test plays: small enough to be shared out, and to be read."""
SOAK: Final = 100_000
STEPS: Final = 401
"""About how many steps a worker takes through a plain world; each ends at an await point."""
EVERY: Final = 5
"""At which of them it dies here; `make soak` tries them all."""
WITHIN: Final = 60
"""Within how many worlds each planted mistake must be found."""

FIRSTS: Final = range(0, MANY, LOT) if ONE is None else ()


if ONE is not None:
    SEED, _, STEP = ONE.partition(":")

    def test_B03_the_world_of_this_seed_keeps_every_promise(ground: Ground) -> None:
        ground.play(int(SEED), dies_at=int(STEP) if STEP else None)


@pytest.mark.parametrize("first", FIRSTS)
def test_B03_whatever_befalls_two_workers_nothing_is_lost_and_nothing_doubled_unsaid(
    first: int, ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    copies = deliveries = 0
    for seed in range(first, min(first + LOT, MANY)):
        book = ground.play(seed)
        deliveries += len(book.deliveries)
        copies += sum(len(some) for some in book.copies.values())

    record_property("deliveries", deliveries)
    record_property("copies", copies)
    assert deliveries


@pytest.mark.parametrize("seed", [2475, 2932, 5642])
def test_B03_a_clock_set_back_within_a_lease_makes_it_no_earlier(seed: int, ground: Ground) -> None:
    assert ground.play(seed).deliveries


@pytest.mark.soak
@pytest.mark.parametrize("first", range(0, SOAK, 1_000))
def test_B03_whatever_befalls_two_workers_at_length(first: int, ground: Ground) -> None:
    for seed in range(first, first + 1_000):
        ground.play(seed)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_B03_a_planted_mistake_is_found_within_sixty_worlds(mistake: str, ground: Ground) -> None:
    planted = MISTAKES[mistake]

    with pytest.raises(Broken, match=planted.says):
        _play_some(ground, planted.makers)


@pytest.mark.parametrize("first", range(1, STEPS, LOT * EVERY))
def test_B03_a_worker_that_dies_at_this_step_loses_nothing(first: int, ground: Ground) -> None:
    for step in range(first, first + LOT * EVERY, EVERY):
        book = ground.play(step, dies_at=step)
        assert len(book.deliveries) > 5


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1, STEPS, 50))
def test_B03_a_worker_may_die_at_every_step_of_the_way(first: int, ground: Ground) -> None:
    for step in range(first, first + 50):
        ground.play(step, dies_at=step)


def _play_some(ground: Ground, makers: Makers) -> None:
    for seed in range(WITHIN):
        ground.play(seed, makers)


def test_B03_a_world_is_played_the_same_again(ground: Ground) -> None:
    for seed in range(3):
        assert ground.play(seed).history == ground.play(seed).history
