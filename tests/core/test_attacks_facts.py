"""What one event said is not told as if another had said it, nor to whom it was never said."""

from __future__ import annotations

from typing import Final

import pytest

from hub.vocabulary import InfoClass
from tests.core.decided import begun, notice_to, says, told
from tests.core.story import THE_HOST, THE_ICB, THE_SURREY, Story, classes_told
from tests.worlds import HOST, NHS, SURREY

ALLEGED: Final = InfoClass.PERSON_ALLEGED


@pytest.fixture
def story() -> Story:
    return begun(status="consulted, none")


def _asked_and_decided(story: Story) -> None:
    """Surrey asks one thing and the ICB another; it is decided that Surrey may read of a person."""
    asks = {"asks_about": "a person", "person": "Sam Field"}
    says(story, "information.request.issued", **asks, requester=NHS, to=[HOST])
    says(story, "information.request.issued", **asks, request_id="r-2", requester=SURREY, to=[HOST])


def test_M013_a_reply_to_somebody_else_does_not_stand_in_a_reply_without_words(
    story: Story,
) -> None:
    _asked_and_decided(story)
    says(story, "disclosure.authorised")
    said = {"by": HOST, "requester": NHS, "answer": "two allegations in 2022"}
    says(story, "information.request.answered", **said)

    page = says(
        story,
        "information.request.answered",
        request_id="r-2",
        by=HOST,
        requester=SURREY,
        outcome="nothing is known",
        answer=None,
    )

    assert classes_told(page, THE_SURREY) >= {ALLEGED}
    assert "two allegations" not in notice_to(page, THE_SURREY).text
    assert "two allegations" not in notice_to(page, THE_HOST).text


def test_M013_a_decision_about_one_class_does_not_bring_the_reply_that_another_asked_for(
    story: Story,
) -> None:
    _asked_and_decided(story)
    said = {"by": HOST, "requester": NHS, "answer": "two allegations in 2022"}
    says(story, "information.request.answered", **said)

    page = says(story, "disclosure.authorised")
    theirs = says(story, "disclosure.authorised", disclosure_id="d-9", party=NHS, role="host icb")

    assert told(page) == {THE_SURREY: "now-told"}
    assert "two allegations" not in notice_to(page, THE_SURREY).text
    assert "two allegations in 2022" in notice_to(theirs, THE_ICB).text


def test_M037_what_was_said_of_one_adult_does_not_stand_in_what_is_said_of_another(
    story: Story,
) -> None:
    story.happens(
        "advocacy.arranged",
        need="n-1",
        commissioner=HOST,
        standing="needed",
        adults=["WSCC-1"],
        purpose="the enquiry",
    )

    page = story.happens(
        "advocacy.arranged",
        need="n-2",
        commissioner=HOST,
        standing="needed",
        purpose="the review",
    )

    assert "WSCC-1" not in notice_to(page, THE_HOST).text
