"""What holds is ended by whoever may end it, and not by what is older or only named like it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.vocabulary import EventId, InfoClass, PoliceAdvice
from tests.core.decided import begun, refused, says
from tests.core.story import POLICE, THE_PROVIDER, THE_SURREY, Story, notices_to
from tests.worlds import START, SURREY

BEFORE: Final = START + timedelta(hours=1)
SINCE: Final = START + timedelta(hours=2)


@pytest.fixture
def story() -> Story:
    story = begun(status="yes")
    story.told_by_police("hold", at=SINCE)
    return story


def test_M121_an_end_from_before_the_advice_to_hold_does_not_wipe_it_out(story: Story) -> None:
    page = says(story, "criminal.investigation.concluded", concluded_at=BEFORE.isoformat())

    assert [where for where, _ in refused(page)] == ["/data/concluded_at"]
    assert story.concern.police_advice is PoliceAdvice.HOLD
    assert notices_to(page, THE_PROVIDER) == []


def test_M121_an_end_after_the_advice_to_hold_is_theirs_to_say(story: Story) -> None:
    at = SINCE + timedelta(hours=1)

    page = says(story, "criminal.investigation.concluded", concluded_at=at.isoformat())

    assert refused(page) == []
    assert story.concern.police_advice is PoliceAdvice.UNKNOWN


def test_M055_nor_does_the_polices_own_older_word_that_there_is_no_crime(story: Story) -> None:
    theirs = next(p for p in story.paper.tools.directory.publishers if p.agency == POLICE)
    said = replace(story.made("criminal.status.declared"), source=theirs.source)

    early = story.takes(said)
    later = story.takes(replace(said, id=EventId("later"), occurred=SINCE))

    assert [where for where, _ in refused(early)] == ["/time"]
    assert refused(later) == []


@pytest.mark.parametrize("kind", ["H1", "H6"])
@pytest.mark.parametrize(
    "name", ["withheld-d-2", "necessity-a-1", "channel-x", "points-at-the-source"]
)
def test_M072_no_hold_is_placed_under_a_name_that_another_event_ends(
    story: Story, name: str, kind: str
) -> None:
    page = story.held(THE_SURREY, kind, "person alleged", hold_id=name)

    assert [where for where, _ in refused(page)] == ["/data/hold_id"]


def test_M072_a_hold_that_the_hub_placed_may_still_be_widened_by_its_name(story: Story) -> None:
    says(story, "disclosure.withheld", party=SURREY)

    page = story.held(THE_SURREY, "H6", "person alleged", "placed adult", hold_id="withheld-d-2")

    assert refused(page) == []
    (hold,) = story.concern.holds
    assert hold.classes == {InfoClass.PERSON_ALLEGED, InfoClass.PLACED_ADULT}
