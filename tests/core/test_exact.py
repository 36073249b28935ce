"""What is kept until a batch is written takes the room of what it says, and no more."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import orjson
import pytest

from hub.exact import exact
from hub.leaf import leaf
from tests.builders import LONG_AGO

MANY = 500
BESIDE = 200
"""Octets that Python itself keeps of one record, beside what it says."""


def kept_of(each: Callable[[int], bytes]) -> float:
    """Return how many octets of memory one of many takes."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        kept = [each(number) for number in range(MANY)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (after - before) / len(kept)


@pytest.mark.parametrize("octets", [b"", b"a", bytes(range(256)) * 100])
def test_exact_octets_are_the_same_octets(octets: bytes) -> None:
    assert exact(octets) == octets


def test_what_orjson_wrote_is_copied_out_of_the_room_it_was_written_in() -> None:
    said = {"text": "x" * 500}
    assert kept_of(lambda _: exact(orjson.dumps(said))) < 500 + BESIDE


def test_an_entry_of_the_log_takes_the_room_of_what_it_says() -> None:
    def entry(number: int) -> bytes:
        return leaf("delivery.queued", LONG_AGO, delivery=str(number)).data

    assert kept_of(entry) < len(entry(0)) + BESIDE
