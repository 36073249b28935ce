"""What a publisher with a valid account could try, and what the plan makes of it (console.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.decision import Hold, Notify
from hub.events.envelope import Event
from hub.page import Page
from hub.plan.desk import MOST_WAITING
from tests.core.story import THE_PROVIDER, THE_REGULATOR, Story, placed
from tests.worlds import HAMPSHIRE, opened

SXP = "https://cases.sussex-police.example/concerns"


def begun() -> Story:
    story = Story()
    story.opens()
    return story


def by_police(event: Event) -> Event:
    return replace(event, source=SXP)


def tells_the_provider(page: Page) -> bool:
    return any(d.party == THE_PROVIDER and isinstance(d, Notify) for d in page.decisions)


def refused(page: Page) -> list[str]:
    return [fault.pointer for one in page.refused for fault in one.faults]


@pytest.mark.parametrize("status", ["consulted, none", "none suspected"])
def test_M055_nobody_but_the_police_ends_an_investigation_and_so_tips_the_provider_off(
    status: str,
) -> None:
    story = begun()
    story.takes(by_police(story.made("criminal.status.declared", status="yes")))

    page = story.happens("criminal.status.declared", status=status)

    assert refused(page) == ["/data/status"]
    assert not tells_the_provider(page)
    assert story.concern.criminal == "yes"


@pytest.mark.parametrize("status", ["consulted, none", "none suspected"])
@pytest.mark.parametrize("advice", ["hold", "partial release"])
def test_M072_a_status_that_the_police_did_not_declare_does_not_get_round_their_advice(
    advice: str, status: str
) -> None:
    story = begun()
    story.happens("criminal.status.declared", status="crime suspected")
    story.told_by_police(advice, *(["themes"] if advice == "partial release" else []))

    page = story.happens("criminal.status.declared", status=status)

    assert refused(page) == ["/data/status"]
    assert not tells_the_provider(page)


def test_M055_the_police_themselves_may_say_that_there_is_no_crime() -> None:
    story = begun()
    story.takes(by_police(story.made("criminal.status.declared", status="yes")))

    page = story.takes(by_police(story.made("criminal.status.declared", status="consulted, none")))

    assert tells_the_provider(page)


def test_M072_another_force_neither_releases_nor_ends_what_this_concerns_police_hold() -> None:
    story = Story()
    start = opened(0)
    surrey = start.data.model_copy(update={"police": "gss:E23000031"})
    story.takes(replace(start, data=surrey))
    release = story.made(
        "police.advice.recorded", advice="release", advised_at=story.now.isoformat()
    )

    for event in (release, story.made("criminal.status.declared", status="consulted, none")):
        page = story.takes(by_police(event))

        assert refused(page) == ["/source"]
        assert not tells_the_provider(page)


def test_M055_a_status_older_than_the_one_in_force_frees_nothing() -> None:
    story = begun()
    old = story.made("criminal.status.declared", status="none suspected")
    later = story.made("criminal.status.declared", status="crime suspected")
    story.takes(replace(later, occurred=old.occurred + timedelta(hours=1)))

    page = story.takes(old)

    assert refused(page) == ["/time"]
    assert not tells_the_provider(page)


def test_M055_a_status_that_holds_is_taken_however_late_it_comes() -> None:
    story = begun()
    late = story.made("criminal.status.declared", status="crime suspected")
    newer = story.made("criminal.status.declared", status="none suspected")
    story.takes(replace(newer, occurred=late.occurred + timedelta(hours=1)))

    page = story.takes(late)

    assert page.refused == ()
    assert story.concern.criminal == "crime suspected"


def test_a_release_that_waited_since_before_the_hold_never_frees_it() -> None:
    story = begun()
    story.happens("criminal.status.declared", status="none suspected")
    early = story.made("hold.released", hold_id="h-1", classes=[], authority="gss:E10000032")
    story.takes(early)
    place = story.made(
        "hold.placed",
        kind="H3",
        party=THE_PROVIDER.agency,
        role="provider",
        classes=["process", "themes"],
    )

    page = story.takes(replace(place, occurred=early.occurred + timedelta(minutes=1)))

    assert refused(page) == ["/time"]
    assert [hold.id for hold in story.concern.holds] == ["h-1"]
    informed = story.happens("lead.agency.set")
    assert any(d.party == THE_PROVIDER and isinstance(d, Hold) for d in informed.decisions)


def test_a_release_that_overtook_its_hold_frees_it_when_the_hold_comes() -> None:
    story = begun()
    place = story.made(
        "hold.placed", kind="H3", party=THE_PROVIDER.agency, role="provider", classes=["process"]
    )
    release = story.made("hold.released", hold_id="h-1", classes=[], authority="gss:E10000032")
    story.takes(replace(release, occurred=place.occurred + timedelta(minutes=1)))

    page = story.takes(place)

    assert page.refused == ()
    assert story.concern.holds == ()


def test_a_hold_on_somebody_who_is_not_that_to_the_concern_is_refused_not_shelved() -> None:
    story = begun()

    page = story.happens(
        "hold.placed", kind="H3", party="cqc:1-1000000009", role="provider", classes=["process"]
    )

    assert refused(page) == ["/data/party"]


def test_a_hold_may_be_placed_on_a_placing_authority_before_it_is_known() -> None:
    story = begun()

    page = story.happens(
        "hold.placed", kind="H3", party=HAMPSHIRE, role="placing authority", classes=["process"]
    )

    assert page.refused == ()


def test_M008_a_second_opening_is_refused_and_does_not_wait_for_ever() -> None:
    story = begun()

    page = story.takes(opened(99))

    assert refused(page) == ["/subject"]
    assert page.waiting == ()


def _register(story: Story, **data: Any) -> None:  # noqa: ANN401 - of any field
    story.happens("placement.register.declared", **data)


def test_M004_an_amendment_that_resolves_nothing_does_not_make_a_register_complete() -> None:
    story = begun()

    story.happens("placement.register.amended", unknown_resolved=100_000, reason="none")

    assert not story.concern.placements_known


def test_M004_an_incomplete_register_stays_incomplete_until_somebody_declares_it_complete() -> None:
    story = begun()
    _register(story, placements=[placed(None)], complete=False)

    story.happens("placement.register.amended", unknown_resolved=1, reason="found")
    assert not story.concern.placements_known

    _register(story, placements=[], complete=True)
    assert story.concern.placements_known


def test_only_so_many_events_of_one_concern_wait_and_the_next_is_kept_in_quarantine() -> None:
    story = begun()
    moves = [
        story.made("stage.changed", from_stage="update", to_stage="closing")
        for _ in range(MOST_WAITING + 1)
    ]

    page = story.takes(*moves)

    assert len(page.waiting) == MOST_WAITING
    assert [one.event.id for one in page.refused] == [moves[-1].id]
    again = story.happens("lead.agency.set")
    assert any(d.party == THE_REGULATOR and isinstance(d, Notify) for d in again.decisions)
