"""The provider: told in accordance with police advice, as much as may be, and no more (004 7.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.obligation import ObligationKind
from hub.vocabulary import HoldKind, InfoClass
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    Story,
    again,
    classes_told,
    notices_to,
    verdicts,
)
from tests.worlds import START

THREE_DAYS = START + timedelta(days=3)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    return story


def test_M002_M008_M024_everybody_but_the_provider_hears_of_the_opening(story: Story) -> None:
    (page,) = story.paper.pages

    assert verdicts(page) == {
        THE_REGULATOR: "concern-opened",
        THE_HOST: "concern-opened",
        THE_ICB: "concern-opened",
        THE_POLICE: "police-consultation",
        THE_PROVIDER: "held H1",
        **{p: v for p, v in verdicts(page).items() if p.agency == THE_HOST.agency},
    }
    assert sorted(v for p, v in verdicts(page).items() if p.agency == THE_HOST.agency) == [
        "concern-opened",
        "concern-opened",
        "nothing",
        "nothing",
    ]


def test_M055_unknown_behaves_as_a_hold_and_the_police_must_be_asked(story: Story) -> None:
    page = story.happens("provider.informed")

    (asked,) = story.owes(ObligationKind.CONSULT_POLICE).values()
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert (asked.party, asked.due) == (THE_HOST, asked.opened_at + timedelta(hours=1))
    assert story.owes(ObligationKind.INTERIM_PROTECTION)


@pytest.mark.parametrize("status", ["yes", "crime suspected", "unknown"])
def test_M055_M072_where_there_may_be_a_crime_the_provider_waits_for_the_police(
    story: Story, status: str
) -> None:
    page = story.happens("criminal.status.declared", status=status)

    assert notices_to(page, THE_PROVIDER) == []
    assert notices_to(page, THE_POLICE) == ["police-consultation"]
    assert InfoClass.CRIMINAL in classes_told(page, THE_POLICE)


@pytest.mark.parametrize("status", ["consulted, none", "none suspected"])
def test_M055_M069_where_there_is_no_crime_the_provider_is_told_what_was_held(
    story: Story, status: str
) -> None:
    page = story.happens("criminal.status.declared", status=status)

    assert again(page) == {THE_PROVIDER: "provider-informed"}
    assert classes_told(page, THE_PROVIDER) == BOTH
    assert story.owes(ObligationKind.CONSULT_POLICE) == {}
    assert story.owes(ObligationKind.INTERIM_PROTECTION) == {}


def test_M070_S3_a_partial_release_tells_that_the_process_exists_and_nothing_else(
    story: Story,
) -> None:
    story.happens("criminal.status.declared", status="yes")

    page = story.told_by_police("partial release", "process")

    assert again(page) == {THE_PROVIDER: "provider-informed"}
    assert classes_told(page, THE_PROVIDER) == PROCESS
    held = {h.info: h.kind for h in page.holds if h.party == THE_PROVIDER}
    assert InfoClass.PROCESS not in held
    assert held[InfoClass.THEMES] is HoldKind.H1
    (review,) = story.owes(ObligationKind.REVIEW_HOLD).values()
    assert (review.party, review.due) == (THE_POLICE, THREE_DAYS)


def test_M072_a_partial_release_without_process_tells_nothing(story: Story) -> None:
    story.happens("criminal.status.declared", status="yes")

    page = story.told_by_police("partial release", "themes")

    assert notices_to(page, THE_PROVIDER) == []
    assert again(page) == {THE_PROVIDER: "held H1"}


def test_M072_S2_S3_what_was_left_out_is_told_when_the_police_release_the_rest(
    story: Story,
) -> None:
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police("partial release", "process")

    page = story.told_by_police("release")

    assert again(page) == {THE_PROVIDER: "provider-informed"}
    assert classes_told(page, THE_PROVIDER) == BOTH
    assert [h for h in page.holds if h.party == THE_PROVIDER] == []
    assert story.owes(ObligationKind.REVIEW_HOLD) == {}


def test_M072_a_hold_after_a_release_stops_what_the_provider_has_not_had(story: Story) -> None:
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police("release")

    page = story.told_by_police("hold", at=START + timedelta(hours=1))

    stopped = {story.paper.bodies[s.delivery].party for s in page.stops}
    assert stopped == {THE_PROVIDER}
    assert [u for u in story.paper.queue.values() if u.party == THE_PROVIDER] == []
    assert {s.reason for s in page.stops} == {
        "The provider hears only what the police have released"
    }
    assert THE_PROVIDER not in story.paper.standing.history.ever_told()


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (("hold",), ("release",)),
        (("hold",), ("partial release", "process")),
        (("partial release", "process"), ("release",)),
        (("partial release", "process"), ("partial release", "process", "themes")),
    ],
)
def test_M072_S16_older_advice_that_comes_late_releases_nothing_and_raises_an_alarm(
    story: Story, now: tuple[str, ...], late: tuple[str, ...]
) -> None:
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police(*now, at=START + timedelta(hours=2))

    page = story.told_by_police(*late, at=START + timedelta(hours=1))

    (refused,) = page.refused
    assert [fault.pointer for fault in refused.faults] == ["/data/advised_at"]
    assert story.concern.police_advice == now[0]
    assert notices_to(page, THE_PROVIDER) == []


def test_M072_older_advice_may_still_hold_and_newer_advice_may_release(story: Story) -> None:
    story.happens("criminal.status.declared", status="yes")
    story.told_by_police("release", at=START + timedelta(hours=2))

    holds = story.told_by_police("hold", at=START + timedelta(hours=1))
    frees = story.told_by_police("release", at=START + timedelta(hours=2))

    assert (holds.refused, frees.refused) == ((), ())
    assert story.concern.police_advice == "release"


def test_M071_the_provider_is_told_even_where_no_timescale_is_known(story: Story) -> None:
    story.happens("criminal.status.declared")

    page = story.happens("provider.informed")

    (notice,) = [n for n in page.notices if n.party == THE_PROVIDER]
    assert notice.template == "provider-informed"
    assert "not yet" in notice.text.lower()


def test_M059_agreed_themes_go_to_the_provider_only_when_nothing_holds(story: Story) -> None:
    held = story.happens("themes.agreed")
    story.happens("criminal.status.declared")

    told = story.happens("themes.agreed")

    assert verdicts(held)[THE_PROVIDER] == "held H1"
    assert verdicts(told)[THE_PROVIDER] == "themes-agreed"
    assert verdicts(held)[THE_REGULATOR] == "themes-agreed"


def test_M030_M068_a_held_provider_is_in_no_invitation_and_on_no_shared_list(
    story: Story,
) -> None:
    story.happens("chair.appointed")

    page = story.happens("meeting.scheduled")

    invited = [n for n in page.notices if n.template == "meeting-scheduled"]
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert len({n.party for n in invited}) == len(invited) > 3
    for delivery in page.deliveries:
        assert b"rosewood-care.example" not in delivery.body


def test_M020_a_review_of_involvement_tells_nobody_and_stops_no_alert(story: Story) -> None:
    page = story.happens("provider.involvement.reviewed", outcome="exclude")
    then = story.happens("themes.agreed")

    assert set(verdicts(page).values()) == {"nothing"}
    assert notices_to(then, THE_REGULATOR) == ["themes-agreed"]


def test_M019_a_notice_goes_to_the_desks_of_the_directory_and_never_to_a_struck_one(
    story: Story,
) -> None:
    tools = story.paper.tools
    contacts = tuple(
        replace(c, usable=False) if c.id == "rosewood" else c for c in tools.directory.contacts
    )
    story.paper.tools = replace(tools, directory=replace(tools.directory, contacts=contacts))

    page = story.happens("criminal.status.declared")

    mine = [d for d in page.deliveries if d.party == THE_PROVIDER]
    assert mine
    assert all(b"nominated-individual@" not in d.body for d in mine)
