"""An arrangement is suspended, restricted or ended, and other care is owed until it is there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.vocabulary import InfoClass, ObligationKind
from tests.core.emergencies import (
    COMMISSIONERS,
    CONTRACTS,
    MONEY,
    christmas,
    held_from,
    text_to,
    told,
)
from tests.core.story import (
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_SURREY,
    Story,
    classes_told,
    notices_to,
)
from tests.worlds import person

HOSTS: Final = frozenset({THE_HOST, THE_ICB, CONTRACTS})
ENDED: Final[dict[str, Any]] = {
    "arrangement": "A-9",
    "cause": "insolvency",
    "decided_by": person("Contracts manager", "Noor Hall"),
    "decided_at": "2026-12-25T20:00:00Z",
    "evidence": "file 12",
    "rationale": "wages were not paid",
}


@pytest.fixture
def story() -> Story:
    return christmas()


@pytest.mark.parametrize(
    ("event", "word", "more", "says"),
    [
        ("arrangement.suspended", "suspended", {}, "was suspended on"),
        (
            "arrangement.restricted",
            "restricted",
            {"restriction": "no nursing care"},
            "Restriction: no nursing care.",
        ),
        (
            "arrangement.terminated",
            "ended",
            {"ends_at": "2027-01-10T12:00:00Z"},
            "It ends on Sunday 10 January 2027 at 12:00.",
        ),
    ],
)
def test_N034_commissioners_and_the_host_hear_and_other_care_is_owed(
    event: str, word: str, more: dict[str, str], says: str
) -> None:
    story = christmas(known=True)

    page = story.happens(event, **ENDED, **more)

    assert told(page, f"arrangement-{word}") == HOSTS | COMMISSIONERS | {THE_PROVIDER}
    for party in HOSTS | {THE_PROVIDER}:
        assert classes_told(page, party) == MONEY
        assert says in text_to(page, party)
        assert "Ground: insolvency. Why: wages were not paid." in text_to(page, party)
    for party in COMMISSIONERS:
        assert "insolvency" not in text_to(page, party)
        assert held_from(page, party).keys() == {InfoClass.COMMERCIAL}
    (owed,) = story.owes(ObligationKind.ARRANGE_CARE).values()
    assert (owed.key, owed.party) == ("arrangement:A-9:", THE_HOST)
    assert owed.due == story.now + timedelta(hours=24)


def test_N034_other_care_that_is_arranged_is_told_and_ends_what_is_owed(story: Story) -> None:
    story.happens("arrangement.suspended", **ENDED)

    page = story.happens(
        "alternative.care.arranged",
        stands_in_for="A-9",
        arranged_by=person("Placements team", "Ola Finch"),
        starts_at="2026-12-26T08:00:00Z",
    )

    assert story.owes(ObligationKind.ARRANGE_CARE) == {}
    assert told(page, "alternative-care") == {THE_HOST, CONTRACTS} | COMMISSIONERS
    assert "Arranged by Ola Finch." in text_to(page, THE_SURREY)
    assert notices_to(page, THE_PROVIDER) == []


def test_N034_where_other_care_came_first_or_nobody_loses_care_none_is_owed(story: Story) -> None:
    story.happens(
        "alternative.care.arranged",
        stands_in_for="A-9",
        arranged_by=person("Placements team"),
        starts_at="2026-12-25T08:00:00Z",
    )

    story.happens("arrangement.suspended", **ENDED)
    story.happens(
        "arrangement.suspended", **ENDED | {"arrangement": "A-10", "adults_affected": False}
    )

    assert story.owes(ObligationKind.ARRANGE_CARE) == {}
