"""Key figures of a time, for the host authority's Board (000 10, N048). Pure; takes `now`.

A figure says over how many it was measured and what it rests on. Where there was nothing to
measure, that is said; it is never all, and never none.
"""

from __future__ import annotations

from hub.figures.figure import Figure, Meaning, Report, Unit, Verdict
from hub.figures.health import Health, Tried, health_of, out_of_reach
from hub.figures.recorded import PLACING, Course, Recorded, Telling, Unconfirmed
from hub.figures.tally import Tally

__all__ = [
    "PLACING",
    "Course",
    "Figure",
    "Health",
    "Meaning",
    "Recorded",
    "Report",
    "Tally",
    "Telling",
    "Tried",
    "Unconfirmed",
    "Unit",
    "Verdict",
    "health_of",
    "out_of_reach",
]
