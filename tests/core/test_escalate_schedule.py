"""When the next try comes, row by row of delivery.md, and for every moment there may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.escalate import again_at
from hub.vocabulary import Lane
from tests.core.deliveries import NOW

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

lanes = st.sampled_from(list(Lane))
moments = st.datetimes(
    # hypothesis adds the zone itself
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001
    max_value=datetime(2036, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
fractions = st.floats(min_value=0, max_value=1, exclude_max=True)
waits = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))


def plain(lane: Lane, attempts: int, now: datetime, first: datetime = NOW) -> datetime:
    return again_at(
        lane, first_tried_at=first, attempts=attempts, now=now, not_before=None, fraction=0.0
    )


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (1, 2 * SECOND),
        (2, 10 * SECOND),
        (3, 30 * SECOND),
        (4, MINUTE),
        (5, 2 * MINUTE),
        (6, 5 * MINUTE),
        (7, 5 * MINUTE),
        (500, 5 * MINUTE),
    ],
)
def test_M014_what_is_urgent_is_tried_again_within_seconds_and_then_every_five_minutes(
    attempts: int, wait: timedelta
) -> None:
    now = NOW + timedelta(hours=3)

    assert plain(Lane.IMMEDIATE, attempts, now) == now + wait


@pytest.mark.parametrize("lane", [Lane.STANDARD, Lane.BULK])
@pytest.mark.parametrize(
    ("attempts", "offset"),
    [
        (1, 5 * SECOND),
        (2, 5 * MINUTE),
        (3, 30 * MINUTE),
        (4, 2 * HOUR),
        (5, 5 * HOUR),
        (6, 10 * HOUR),
        (7, 14 * HOUR),
        (8, 20 * HOUR),
        (9, 24 * HOUR),
        (10, 48 * HOUR),
        (11, 72 * HOUR),
        (40, 32 * 24 * HOUR),
    ],
)
def test_M014_the_standard_lane_keeps_to_instants_counted_from_the_first_try(
    lane: Lane, attempts: int, offset: timedelta
) -> None:
    now = NOW
    for made in range(1, attempts):
        now = plain(lane, made, now)

    # A try takes a second, and the next instant does not drift because of it.
    assert plain(lane, attempts, now + SECOND) == NOW + offset


def test_M014_after_a_long_silence_there_is_no_burst_for_the_instants_that_have_passed() -> None:
    back = NOW + 6 * HOUR

    assert plain(Lane.STANDARD, 2, back) == NOW + 10 * HOUR


def test_M014_retry_after_is_honoured_and_spread() -> None:
    asked = NOW + 10 * MINUTE

    soonest, latest = (
        again_at(
            Lane.IMMEDIATE,
            first_tried_at=NOW,
            attempts=1,
            now=NOW,
            not_before=asked,
            fraction=fraction,
        )
        for fraction in (0.0, 0.999)
    )

    assert soonest == asked
    assert asked + MINUTE < latest < asked + 2 * MINUTE


@given(lanes, st.integers(0, 2000), moments, waits, waits, fractions)
def test_M014_a_try_is_never_earlier_than_asked_for(
    lane: Lane,
    attempts: int,
    first: datetime,
    since: timedelta,
    asked: timedelta,
    fraction: float,
) -> None:
    now = first + since

    again = again_at(
        lane,
        first_tried_at=first,
        attempts=attempts,
        now=now,
        not_before=now + asked,
        fraction=fraction,
    )

    assert again >= now + asked


@given(lanes, st.integers(1, 2000), moments, waits, fractions)
def test_M014_there_is_always_a_next_try_and_it_is_within_a_day_and_its_jitter(
    lane: Lane, attempts: int, first: datetime, since: timedelta, fraction: float
) -> None:
    now = first + max(since, timedelta(hours=24) * (attempts - 9))

    again = again_at(
        lane,
        first_tried_at=first,
        attempts=attempts,
        now=now,
        not_before=None,
        fraction=fraction,
    )

    assert now < again <= now + timedelta(hours=24) * 1.2


@given(lanes, st.integers(1, 2000), moments, waits, fractions, fractions)
def test_M014_more_failures_never_bring_the_next_try_forward(
    lane: Lane, attempts: int, first: datetime, since: timedelta, low: float, high: float
) -> None:
    now = first + since
    low, high = sorted((low, high))

    def next_try(attempts: int, fraction: float) -> datetime:
        return again_at(
            lane,
            first_tried_at=first,
            attempts=attempts,
            now=now,
            not_before=None,
            fraction=fraction,
        )

    assert next_try(attempts, low) <= next_try(attempts + 1, low)
    assert next_try(attempts, low) <= next_try(attempts, high)


@given(lanes, moments, fractions)
def test_M014_a_month_of_failures_has_no_gap_longer_than_a_day_and_its_jitter(
    lane: Lane, first: datetime, fraction: float
) -> None:
    now, attempts = first, 0
    while now < first + timedelta(days=30):
        attempts += 1
        again = again_at(
            lane,
            first_tried_at=first,
            attempts=attempts,
            now=now,
            not_before=None,
            fraction=fraction,
        )
        assert timedelta(0) < again - now <= timedelta(hours=24) * 1.2
        now = again if lane is not Lane.IMMEDIATE else now + timedelta(hours=6)
