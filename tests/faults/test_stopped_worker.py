"""A worker that was stopped past its lease changes nothing when it goes on (tests.md, 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from bench.work import TOLD
from tests.faults.ground import Ground

EVENTS: Final = 6
ON_THE_WIRE: Final = 6
"""At least so many are with their receivers when the worker is stopped."""

LEASE: Final = 6.0
"""Seconds."""

_UNANSWERED: Final = "SELECT id, delivery_id FROM attempt WHERE outcome IS NULL"
_LATE: Final = "SELECT id, outcome FROM attempt WHERE fenced AND outcome <> 'not tried'"
_EVIDENCE: Final = "SELECT attempt_id, rung, setback FROM receipt WHERE fenced"


async def test_B03_what_a_stopped_worker_brings_too_late_is_fenced_and_kept_as_evidence(
    ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    stopped, other = ground.another(lease=LEASE), ground.another()
    ground.sinks.hold_answers()
    await stopped.start()
    await ground.case_system.publish(EVENTS)
    assert await ground.sinks.until(ON_THE_WIRE, 30)
    # Until its hands are full, well before its lease ends.
    while await ground.sinks.until(ground.sinks.total + 1, 0.4):
        assert ground.sinks.total <= EVENTS * TOLD
    stopped.freeze()
    sent = set(ground.sinks.copies)
    on_the_wire = {
        row["id"] for row in await ground.rows(_UNANSWERED) if row["delivery_id"] in sent
    }
    assert len(on_the_wire) == len(sent) == ground.sinks.total

    with ground.history.fault("stopped past its lease"):
        ground.sinks.answer()
        await other.start()
        await ground.settled(within=180)
        assert await ground.rows(_LATE) == []
        stopped.thaw()
        async with asyncio.timeout(20):
            while len(await ground.rows(_LATE)) < len(on_the_wire):
                await ground.register.wake(0.1)
    assert await other.stop() == await stopped.stop() == 0

    late = {row["id"]: row["outcome"] for row in await ground.rows(_LATE)}
    evidence = {row["attempt_id"] for row in await ground.rows(_EVIDENCE)}
    assert late.keys() == evidence == on_the_wire
    assert set(late.values()) <= {"accepted", "in doubt"}
    verdict = await ground.verdict()
    record_property("verdict", asdict(verdict))
    assert not verdict.wrong, verdict
    assert verdict.duplicated == len(sent)
    assert verdict.deliveries == EVENTS * TOLD
