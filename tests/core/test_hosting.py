"""Who hosts: one co-ordinates, others are recorded, and the NHS is co-host (004 2.1, 4.1)."""

from __future__ import annotations

from typing import Final

import pytest

from hub.closure import closure_set
from hub.concern import Party
from hub.decision import Notify, OccasionKind
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, Role
from tests.core.placing import opened, to
from tests.core.story import (
    BOTH,
    OWN,
    THE_HOST,
    THE_ICB,
    Story,
    classes_told,
    notices_to,
    placed,
)
from tests.worlds import HAMPSHIRE, HOST, NHS, SURREY

BOARD: Final = "ods:QXU"


@pytest.fixture
def story() -> Story:
    """A concern in which Surrey has placed two adults."""
    story = opened()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1", "SCC-2")])
    return story


def told(page: Page) -> dict[Party, str]:
    """Whom a page tells by its own event, and by which notice."""
    mine = (d for d in page.decisions if d.occasion.kind is OccasionKind.EVENT)
    return {d.party: d.notice for d in mine if isinstance(d, Notify)}


def test_M118_the_host_icb_is_told_from_opening_by_its_own_contact() -> None:
    story = opened()
    (page,) = story.paper.pages

    assert notices_to(page, THE_ICB) == ["concern-opened"]
    (delivery,) = [d for d in page.deliveries if d.party == THE_ICB]
    assert delivery.target == "sussex-icb"


def test_M118_a_change_of_host_icb_tells_both_and_the_former_hears_the_end(story: Story) -> None:
    page = story.happens("host.icb.named", icb=BOARD, reason="the location is in its area")

    new = Party(agency=AgencyId(BOARD), role=Role.HOST_ICB)
    assert told(page) == {new: "host-icb-named", THE_ICB: "host-icb-replaced"}
    assert classes_told(page, new) == BOTH
    assert "You are the host integrated care board from now on" in to(page, new)[0].text
    assert "Hand over what you hold" in to(page, THE_ICB)[0].text
    assert story.concern.host_icb == BOARD
    assert {new, THE_ICB} <= closure_set(story.concern, story.paper.standing.history)


def test_M118_the_same_host_icb_named_again_replaces_nobody(story: Story) -> None:
    page = story.happens("host.icb.named", icb=NHS, reason="confirmed")

    assert told(page) == {THE_ICB: "host-icb-named"}
    assert story.concern.joined == ()


def _other(story: Story, authority: str, adult: str, coordination: str = "agreed") -> Page:
    return story.happens(
        "host.other.named",
        authority=authority,
        where_harm_was="home visits in its north",
        adults=[adult],
        coordination=coordination,
    )


def test_M008_S6_each_other_host_is_told_of_its_own_adults_and_one_host_co_ordinates(
    story: Story,
) -> None:
    one = _other(story, SURREY, "SURREY-7")
    two = _other(story, HAMPSHIRE, "HANTS-9")

    first = Party(agency=AgencyId(SURREY), role=Role.OTHER_HOST)
    second = Party(agency=AgencyId(HAMPSHIRE), role=Role.OTHER_HOST)
    assert (told(one), told(two)) == ({first: "other-host-named"}, {second: "other-host-named"})
    assert "SURREY-7" in to(one, first)[0].text
    assert "HANTS-9" in to(two, second)[0].text
    assert "SURREY-7" not in to(two, second)[0].text
    assert classes_told(two, second) == OWN
    assert story.concern.host_authority == HOST
    assert [p for p in story.concern.parties() if p.role is Role.HOST_AUTHORITY] == [THE_HOST]
    assert {first, second} <= {*story.concern.parties()}


def test_M008_until_the_hosts_agree_who_co_ordinates_it_is_owed_and_nothing_waits(
    story: Story,
) -> None:
    page = _other(story, SURREY, "SURREY-7", "not agreed")
    owed = story.owes(ObligationKind.AGREE_RESPONSIBILITY)
    _other(story, SURREY, "SURREY-7")

    assert len(page.notices) >= 1
    assert list(owed) == [f"coordinator:{SURREY}:"]
    assert story.owes(ObligationKind.AGREE_RESPONSIBILITY) == {}


def test_M008_the_host_that_co_ordinates_is_no_other_host(story: Story) -> None:
    page = _other(story, HOST, "WS-1")

    (refused,) = page.refused
    assert [fault.pointer for fault in refused.faults] == ["/data/authority"]


def test_M008_another_host_that_joins_late_is_given_what_it_missed(story: Story) -> None:
    story.happens("lead.agency.set")

    page = _other(story, SURREY, "SURREY-7")

    other = Party(agency=AgencyId(SURREY), role=Role.OTHER_HOST)
    assert notices_to(page, other) == ["other-host-named", "lead-agency-set"]
