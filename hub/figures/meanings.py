"""What each figure means, and the target it is held to."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.figures.figure import Meaning, Unit

ALERT_WITHIN: Final = timedelta(hours=24)
"""How soon an alert is with a regulator or a placing authority, by the clock (mission 2.1)."""

FIRST_WITHIN: Final = timedelta(seconds=10)
"""How soon after an event has been entered the first notice of it leaves."""

ENOUGH: Final = 0.95
"""CQC's own target for its alerts to local authorities within a day (mission 2.1, 2018/19)."""

HANDED_OVER: Final = Meaning(
    key="alerts-handed-over",
    name="Regulator and placing-authority alerts handed over within 24 hours",
    unit=Unit.SHARE,
    counted="notices of this time that ask them for an answer, and are 24 hours old",
    rests_on=(
        "receipts that still stand: a mail that came back does not count. Left out: what a hold "
        "stopped, and alerts that have some of their 24 hours left"
    ),
    paragraph="004 4.1a, 4.1b",
    target=ENOUGH,
    provenance="published",
)

ACKNOWLEDGED: Final = Meaning(
    key="alerts-acknowledged",
    name="Regulator and placing-authority alerts acknowledged by a person within 24 hours",
    unit=Unit.SHARE,
    counted="notices of this time that ask them for an answer, and are 24 hours old",
    rests_on="acknowledgements by a named person, by code, by signed answer or from a call",
    paragraph="004 4.1a, 4.1b",
    target=ENOUGH,
    provenance="published",
)

UNACKNOWLEDGED_MEDIAN: Final = Meaning(
    key="unacknowledged-median",
    name="Age of the notices that nobody has acknowledged: median",
    unit=Unit.HOURS,
    counted="notices that wait for an answer now, whenever they were written",
    rests_on="obligations to answer that are open at the moment of the report",
    paragraph="004 2.4",
)

UNACKNOWLEDGED_OLDEST: Final = Meaning(
    key="unacknowledged-oldest",
    name="Age of the notices that nobody has acknowledged: oldest",
    unit=Unit.HOURS,
    counted=UNACKNOWLEDGED_MEDIAN.counted,
    rests_on=UNACKNOWLEDGED_MEDIAN.rests_on,
    paragraph="004 2.4",
)

HOLDS_OVERDUE: Final = Meaning(
    key="holds-overdue",
    name="Holds whose review is overdue",
    unit=Unit.COUNT,
    counted="holds with a review date that stand now",
    rests_on="obligations to review a hold that are open at the moment of the report",
    paragraph="004 3.1, 7.2",
    target=0,
    provenance="project-default",
)

FOUND_LATE: Final = Meaning(
    key="found-late",
    name="Placing authorities that were found late",
    unit=Unit.COUNT,
    counted="placing authorities told in this time, each once a concern",
    rests_on=(
        "notices that tell an authority what it had missed, where others had been told before it"
    ),
    paragraph="004 4.1b",
    target=0,
    provenance="project-default",
)

PAPERS_LATE: Final = Meaning(
    key="papers-late",
    name="Provider papers given under two working days before a findings meeting",
    unit=Unit.COUNT,
    counted="findings meetings in this time whose papers were given",
    rests_on=(
        "what the case system says of papers and meetings, and the bank holidays of the pack; "
        "meetings without papers are not counted"
    ),
    paragraph="004 8.1e; Davis v West Sussex",
    target=0,
    provenance="published-local",
)

CLOSURE_GAPS: Final = Meaning(
    key="closure-gaps",
    name="Gaps that keep an authorised closure from being confirmed",
    unit=Unit.COUNT,
    counted="concerns whose end is authorised and not confirmed now",
    rests_on="the same reckoning as the closure page, at the moment of the report",
    paragraph="004 11.1",
    target=0,
    provenance="project-default",
)

FIRST_HANDED_OVER: Final = Meaning(
    key="first-hand-over",
    name="Events whose first notice was handed over within 10 seconds",
    unit=Unit.SHARE,
    counted="events that told somebody in this time, and are 10 seconds old",
    rests_on=(
        "receipts that still stand, counted from the event's entry in the register. Left out: "
        "events of which a hold stopped everything"
    ),
    paragraph="004 2.4",
    target=ENOUGH,
    provenance="project-default",
)
