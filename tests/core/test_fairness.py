"""The provider has its papers two working days before the findings meeting (004 8.1e; *Davis*)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.obligation import ObligationKind
from hub.page import Page
from hub.plan.fairness import latest_for
from tests.core.packs import pack
from tests.core.story import THE_HOST, THE_PROVIDER, Story, notices_to, verdicts
from tests.worlds import START, person

FRIDAY: Final = datetime(2026, 12, 11, 10, tzinfo=UTC)
TUESDAY: Final = datetime(2026, 12, 8, 23, 59, tzinfo=UTC)
"""The last moment: Wednesday and Thursday lie between."""
CHAIR: Final = person("Chair", "Robin Hale")


@pytest.fixture
def free() -> Story:
    """A concern in which nothing holds the provider, with a Chair."""
    story = Story()
    story.opens()
    story.happens("chair.appointed")
    story.happens("criminal.status.declared")
    return story


def scheduled(story: Story, at: datetime = FRIDAY) -> Page:
    return story.happens("meeting.scheduled", kind="findings", starts_at=at.isoformat())


def given(story: Story, at: datetime, meeting: datetime = FRIDAY) -> Page:
    return story.happens(
        "provider.papers.given",
        meeting_at=meeting.isoformat(),
        given_at=at.isoformat(),
        papers="draft findings",
        given_by=CHAIR,
    )


def owed(story: Story) -> dict[str, datetime]:
    """What is owed of papers: `papers` or `fairness`, and until when."""
    return {
        key.partition(":")[0]: owed.due
        for key, owed in story.owes(ObligationKind.GIVE_PAPERS).items()
    }


@pytest.mark.parametrize(
    ("meeting", "latest"),
    [
        (FRIDAY, TUESDAY),
        (datetime(2026, 12, 14, 10, tzinfo=UTC), datetime(2026, 12, 9, 23, 59, tzinfo=UTC)),
        (datetime(2026, 12, 29, 10, tzinfo=UTC), datetime(2026, 12, 22, 23, 59, tzinfo=UTC)),
    ],
)
def test_M084_two_whole_working_days_lie_before_the_meeting_over_weekends_and_christmas(
    meeting: datetime, latest: datetime
) -> None:
    assert latest_for(meeting, pack().calendar) == latest


def test_M084_the_papers_are_owed_once_the_meeting_has_a_date_and_the_provider_hears(
    free: Story,
) -> None:
    scheduled(free)
    before = owed(free)

    page = given(free, TUESDAY - timedelta(hours=1))

    (papers,) = [o for o in free.paper.pages[-2].obligations if o.key.startswith("papers")]
    assert before == {"papers": TUESDAY}
    assert papers.party == THE_HOST
    assert owed(free) == {}
    assert notices_to(page, THE_PROVIDER) == ["provider-papers"]
    assert set(verdicts(page).values()) == {"provider-papers", "nothing"}


def test_M084_S17_papers_a_day_before_the_meeting_are_too_late_until_it_is_moved(
    free: Story,
) -> None:
    scheduled(free)
    given(free, FRIDAY - timedelta(days=1))
    late = owed(free)

    scheduled(free, FRIDAY + timedelta(days=7))

    assert set(late) == {"fairness"}
    assert set(owed(free)) == {"papers"}


def test_M084_S17_or_somebody_says_why_it_goes_ahead_and_the_provider_hears_that(
    free: Story,
) -> None:
    scheduled(free)
    given(free, FRIDAY - timedelta(days=1))

    page = free.happens(
        "fairness.override.recorded",
        meeting_at=FRIDAY.isoformat(),
        reason="the provider asked for it",
        decided_by=CHAIR,
    )

    (notice,) = [n for n in page.notices if n.party == THE_PROVIDER]
    assert owed(free) == {}
    assert "the provider asked for it" in " ".join(notice.text.split())
    assert "You may ask for more time" in " ".join(notice.text.split())


def test_M084_S17_while_the_police_hold_no_papers_are_owed_and_a_late_release_warns() -> None:
    story = Story()
    story.opens()
    story.happens("chair.appointed")
    story.happens("criminal.status.declared", status="yes")
    soon = START + timedelta(days=1)
    scheduled(story, soon)
    held = owed(story)
    findings = given(story, START, soon)

    story.told_by_police("release")

    (warned,) = [
        o for o in story.paper.pages[-1].obligations if o.kind is ObligationKind.GIVE_PAPERS
    ]
    assert held == {}
    assert verdicts(findings)[THE_PROVIDER] == "held H1"
    assert "move the findings meeting, or record why not" in warned.says
    assert warned.due <= story.now
