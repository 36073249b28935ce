"""What events of placing, commissioning and hosting may not say (unlawful input)."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.admit import admit
from hub.events import EVENTS
from hub.events.envelope import Event
from tests.core.packs import directory, pack
from tests.core.story import Story
from tests.worlds import HOST, NHS, PROVIDER, START, SURREY, person

AT: Final = START.isoformat()
BY: Final = person("Social worker")
ANSWER: Final[dict[str, Any]] = {"enquiry": "e-1", "answered_by": NHS, "answered_at": AT}
REVIEW: Final[dict[str, Any]] = {"commissioner": SURREY, "reviewed_on": "2026-12-01", "by": BY}


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("placement.enquiry.answered", {**ANSWER, "answer": "adults are placed"}, "funder"),
        (
            "placement.enquiry.answered",
            {**ANSWER, "answer": "not known", "placing": [{"commissioner": SURREY}]},
            "funder",
        ),
        (
            "placement.enquiry.answered",
            {**ANSWER, "answer": "nobody is placed", "unknown_funders": 2},
            "funder",
        ),
        (
            "placement.reviewed",
            {**REVIEW, "outcome": "unsuitable", "adults": ["Mary Smith"]},
            "pattern",
        ),
        ("placement.reviewed", {**REVIEW, "outcome": "unsuitable", "adults": []}, "at least 1"),
        ("placement.reviewed", {**REVIEW, "outcome": "poor", "adults": ["A-1"]}, "suitable"),
        (
            "placement.reviewed",
            {**REVIEW, "outcome": "suitable", "adults": ["A-1"], "nhs_number": "9990000000"},
            "Extra inputs",
        ),
        (
            "capacity.assessment.recorded",
            {
                "commissioner": SURREY,
                "adult": "A-1",
                "assessed_on": "2026-12-01",
                "decision_scope": "to move\nhome",
                "outcome": "can decide",
                "assessed_by": BY,
            },
            "one line",
        ),
        ("host.icb.named", {"icb": "QNX", "reason": "r"}, "not an agency code"),
    ],
)
def test_M025_M037_what_these_events_may_not_say_is_refused_with_its_fault(
    name: str, data: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        EVENTS[name].model_validate(data)

    assert says in str(refused.value)


def _pointers(event: Event) -> list[str]:
    publisher = next(p for p in directory().publishers if p.id == "wscc")
    return [fault.pointer for fault in admit(event, publisher, pack(), directory())]


@pytest.mark.parametrize(
    ("name", "data", "pointer"),
    [
        ("placement.reviewed", {**REVIEW, "outcome": "suitable", "adults": ["A-1"]}, None),
        (
            "placement.reviewed",
            {**REVIEW, "commissioner": PROVIDER, "outcome": "suitable", "adults": ["A-1"]},
            "/data/commissioner",
        ),
        (
            "placement.reviewed",
            {**REVIEW, "commissioner": NHS, "outcome": "suitable", "adults": ["A-1"]},
            "/data/commissioner",
        ),
        ("host.icb.named", {"icb": HOST, "reason": "r"}, "/data/icb"),
        (
            "host.other.named",
            {"authority": NHS, "where_harm_was": "here", "coordination": "agreed"},
            "/data/authority",
        ),
        (
            "placement.enquiry.sent",
            {
                "enquiry": "e-1",
                "asked": "gss:E23000033",
                "records": "host records",
                "sent_at": AT,
            },
            "/data/asked",
        ),
        (
            "placement.enquiry.answered",
            {**ANSWER, "answer": "adults are placed", "placing": [{"commissioner": PROVIDER}]},
            "/data/placing/0/commissioner",
        ),
    ],
)
def test_M008_M025_M118_an_agency_has_only_a_part_that_its_kind_can_have(
    name: str, data: dict[str, Any], pointer: str | None
) -> None:
    story = Story()
    story.opens()

    assert _pointers(story.made(name, **data)) == ([pointer] if pointer else [])
