"""When the next try comes: the schedules of delivery.md, to the second. There is always a next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.vocabulary import Lane

IMMEDIATE_GAPS: Final = tuple(timedelta(seconds=s) for s in (0, 2, 10, 30, 60, 120, 300))
"""The wait after this many tries in the immediate lane; the last one repeats."""

STANDARD_OFFSETS: Final = tuple(
    timedelta(seconds=s) for s in (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""When each try is due after the first, in the standard and the bulk lane; then every 24 hours."""

DAY: Final = timedelta(hours=24)

JITTER: Final = 0.2
"""How much later than planned a try may come, as a share of the wait; never earlier."""

SLOWLY: Final = {
    Lane.IMMEDIATE: timedelta(minutes=5),
    Lane.STANDARD: timedelta(hours=1),
    Lane.BULK: timedelta(hours=1),
}
"""The wait where something must be put right first: a parked endpoint, our guard, a set-up."""

OURS: Final = {
    Lane.IMMEDIATE: timedelta(seconds=5),
    Lane.STANDARD: timedelta(seconds=30),
    Lane.BULK: timedelta(seconds=60),
}
"""The wait after a fault of our own, which costs no attempt."""


def again_at(
    lane: Lane,
    *,
    first_tried_at: datetime | None,
    attempts: int,
    now: datetime,
    not_before: datetime | None,
    fraction: float,
) -> datetime:
    """Return when to try again, after `attempts` tries that counted. There is always a next time.

    Immediate waits after each try; standard and bulk keep to instants counted from the first try,
    and skip those that have passed. `fraction` (0 up to 1) spreads tries out, later only, and the
    answer is never earlier than `not_before` (`Retry-After`).
    """
    if lane is Lane.IMMEDIATE:
        wait = IMMEDIATE_GAPS[min(attempts, len(IMMEDIATE_GAPS) - 1)]
    else:
        wait = _planned(first_tried_at or now, attempts, now) - now
    if not_before is not None:
        wait = max(wait, not_before - now)
    # A receiver may ask for years: no jitter on top of more than a day.
    jitter = wait * JITTER * fraction if wait <= DAY else timedelta(0)
    return now + wait + jitter


def _planned(first: datetime, attempts: int, now: datetime) -> datetime:
    for offset in STANDARD_OFFSETS[attempts:]:
        if first + offset > now:
            return first + offset
    days = max(1, (now - first) // DAY + 1)
    return first + days * DAY
