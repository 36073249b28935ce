"""Meetings that are owed, scheduled and held (004 4.1e, 7.1j, 8.4, 9.1, 12.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from hub.concern import CannotFollow, after
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import CriminalStatus, Role
from tests.core.story import (
    BOTH,
    THE_HOST,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.core.test_participation import told, words_to
from tests.worlds import HOST, START, SURREY, person

MEETING: Final = ObligationKind.HOLD_MEETING


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    return story


def held(story: Story, kind: str) -> Page:
    """A meeting was held."""
    return story.happens(
        "meeting.held",
        kind=kind,
        held_at=START.isoformat(),
        attended=[HOST, SURREY],
        decisions=["two more night staff from Monday", "weekly visits"],
        chair=person("Chair", "Robin Hale"),
    )


def to_updates(story: Story) -> None:
    """The process comes to stage 4."""
    story.stage("decision to initiate", "initial meeting", "findings", "update")


def test_M030_nobody_is_invited_to_the_initial_meeting_before_there_is_a_chair(
    story: Story,
) -> None:
    page = story.happens("meeting.scheduled", kind="initial")

    assert verdicts(page) == {}
    assert "chair.appointed" in page.waiting[0].why

    page = story.happens("chair.appointed")

    names = {n.template for n in page.notices}
    assert names == {"meeting-scheduled"}


def test_M090_an_urgent_meeting_waits_for_no_chair(story: Story) -> None:
    page = story.happens("meeting.scheduled", kind="urgent")

    assert told(page)[THE_REGULATOR] == "meeting-scheduled"


def test_M068_a_date_that_slips_is_told_to_everybody_who_was_invited(story: Story) -> None:
    story.happens("chair.appointed")
    first = story.happens("meeting.scheduled", kind="findings")
    later = START + timedelta(days=12)

    second = story.happens("meeting.scheduled", kind="findings", starts_at=later.isoformat())

    assert set(told(second)) == set(told(first))
    assert "replaces" in words_to(second, THE_SURREY).text
    assert "replaces" not in words_to(first, THE_SURREY).text


def test_M120_those_who_take_part_hear_what_a_meeting_decided(story: Story) -> None:
    page = held(story, "findings")

    assert told(page)[THE_REGULATOR] == "meeting-held"
    assert classes_told(page, THE_SURREY) == BOTH
    text = words_to(page, THE_SURREY).text
    assert "two more night staff from Monday; weekly visits" in text
    assert "Robin Hale was in the chair" in text
    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_M120_a_meeting_that_is_owed_is_not_done_by_a_date_but_by_being_held(
    story: Story,
) -> None:
    to_updates(story)
    assert [*story.owes(MEETING)] == ["update:"]

    story.happens("meeting.scheduled", kind="update")
    assert [*story.owes(MEETING)] == ["update:"]

    first = story.owes(MEETING)["update:"].id
    held(story, "findings")
    assert story.owes(MEETING)["update:"].id == first


def test_M090_after_an_update_meeting_the_next_one_is_owed_sooner_at_high_risk(
    story: Story,
) -> None:
    story.happens("themes.agreed", risk_level="low")
    to_updates(story)
    calm = story.owes(MEETING)["update:"]

    story.happens("themes.agreed", risk_level="high")
    page = held(story, "update")

    again = next(o for o in page.obligations if o.kind is MEETING)
    assert calm.due - calm.opened_at > timedelta(days=20)
    assert again.due - again.opened_at < timedelta(days=10)
    assert again.party == THE_HOST


def test_M030_a_held_provider_is_on_no_shared_list(story: Story) -> None:
    story.happens("chair.appointed")

    page = story.happens("meeting.scheduled", kind="findings")

    assert story.concern.criminal is CriminalStatus.UNKNOWN
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert all(n.party.role is not Role.PROVIDER for n in page.notices)
    assert len({n.id for n in page.notices}) == len(page.deliveries) or page.deliveries


def test_M120_a_meeting_of_a_concern_that_nobody_opened_cannot_have_been_held() -> None:
    story = Story()
    never = story.made(
        "meeting.held",
        kind="update",
        held_at=START.isoformat(),
        attended=[HOST],
        decisions=["x"],
        chair=person("Chair"),
    )

    assert isinstance(after(None, never), CannotFollow)
