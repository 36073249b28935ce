"""Who places adults, who is asked, and what placing authorities report (004 4.1, 4.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.closure import closure_set
from hub.concern import Party
from hub.decision import Notify, OccasionKind
from hub.directory import Agency
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, AgencyKind, InfoClass, Lane, Role
from tests.core.placing import WELSH, as_party, changed, opened, to
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_SURREY,
    Story,
    classes_told,
    notices_to,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, NHS, PROVIDER, START, SURREY, person

BY: Final = person("Social worker", "Priya Shah")
AT: Final = START.isoformat()
DUTY: Final = Party(agency=AgencyId(HOST), role=Role.EMERGENCY_DUTY_TEAM)
NEIGHBOUR: Final = Party(agency=AgencyId(HAMPSHIRE), role=Role.PARTICIPANT)
BOARD: Final = "ods:QXU"
ADULTS: Final = BOTH | {InfoClass.PLACED_ADULT}


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


def only(page: Page, party: Party, notice: str) -> str:
    """Return the words of the one notice of a page, which is for this party."""
    assert told(page) == {party: notice}
    (one,) = to(page, party)
    return one.text


# Alerting and asking.


def test_M026_M056_a_call_to_an_authority_that_has_its_written_alert_tells_nobody_again(
    story: Story,
) -> None:
    page = story.happens(
        "placing.authority.alerted", commissioner=SURREY, how="by phone", by=BY, alerted_at=AT
    )

    assert told(page) == {}
    assert len(page.decisions) == len(story.concern.parties())


def test_M026_M056_a_call_to_one_that_no_register_names_sends_the_alert_before_any_initiation(
    story: Story,
) -> None:
    assert story.concern.initiated is None

    page = story.happens(
        "placing.authority.alerted", commissioner=WELSH[0], how="by phone", by=BY, alerted_at=AT
    )

    text = only(page, as_party(WELSH[0]), "placing-authority-alert")
    assert "Check that each person is safe" in text
    assert "SCC-1" not in text
    assert as_party(WELSH[0]) in closure_set(story.concern, story.paper.standing.history)


def _enquiry(story: Story, asked: str, enquiry: str = "enq-1", **data: Any) -> Page:  # noqa: ANN401
    return story.happens(
        "placement.enquiry.sent",
        enquiry=enquiry,
        asked=asked,
        records="out-of-area notices",
        sent_at=AT,
        **data,
    )


@pytest.mark.parametrize(
    ("asked", "party"), [(HOST, THE_HOST), (NHS, THE_ICB), (HAMPSHIRE, NEIGHBOUR)]
)
def test_M119_host_records_the_icb_and_a_neighbour_are_asked_and_owe_an_answer(
    story: Story, asked: str, party: Party
) -> None:
    page = _enquiry(story, asked)

    text = only(page, party, "placement-enquiry")
    assert "every authority that has placed adults at Rosewood House" in text
    assert "no names, dates of birth or NHS numbers" in text
    assert classes_told(page, party) == PROCESS
    (owed,) = story.owes(ObligationKind.ANSWER_PLACEMENTS).values()
    assert (owed.party, owed.key) == (party, f"enq-1/{asked}:")
    assert owed.due > story.now


def test_M119_the_provider_is_asked_only_when_it_may_know_and_the_host_owes_the_answer(
    story: Story,
) -> None:
    held = _enquiry(story, PROVIDER)
    story.happens("criminal.status.declared")
    free = _enquiry(story, PROVIDER, "enq-2")

    assert verdicts(held)[THE_PROVIDER] == "held H1"
    assert notices_to(held, THE_PROVIDER) == []
    text = only(free, THE_PROVIDER, "placement-enquiry")
    assert "Send me a list of every council and NHS body that funds a place there" in text
    assert {o.party for o in story.owes(ObligationKind.ANSWER_PLACEMENTS).values()} == {THE_HOST}


def test_M119_an_answer_counts_and_not_knowing_leaves_the_question_open(story: Story) -> None:
    _enquiry(story, NHS)
    answer = {"enquiry": "enq-1", "answered_by": NHS, "answered_at": AT}

    open_still = story.happens("placement.enquiry.answered", answer="not known", **answer)
    left = list(story.owes(ObligationKind.ANSWER_PLACEMENTS))
    answered = story.happens("placement.enquiry.answered", answer="nobody is placed", **answer)

    assert "NHS Sussex Integrated Care Board has answered" in only(
        open_still, THE_HOST, "placement-enquiry-answered"
    )
    assert left == [f"enq-1/{NHS}:"]
    assert "nobody is placed" in only(answered, THE_HOST, "placement-enquiry-answered")
    assert story.owes(ObligationKind.ANSWER_PLACEMENTS) == {}


def test_M025_M119_whom_an_answer_names_is_alerted_and_whom_it_cannot_name_blocks_all_notified(
    story: Story,
) -> None:
    _enquiry(story, NHS)

    page = story.happens(
        "placement.enquiry.answered",
        enquiry="enq-1",
        answered_by=NHS,
        answer="adults are placed",
        placing=[{"commissioner": HAMPSHIRE}, {"commissioner": BOARD, "kind": "icb"}],
        unknown_funders=1,
        answered_at=AT,
    )

    board = Party(agency=AgencyId(BOARD), role=Role.PLACING_ICB)
    assert told(page) == {
        THE_HOST: "placement-enquiry-answered",
        THE_HAMPSHIRE: "placing-authority-alert",
        board: "placing-authority-alert",
    }
    assert story.concern.unknown_funders == 1
    assert list(story.owes(ObligationKind.FIND_FUNDER)) == ["funders"]


# What placing authorities report.


def _needs(story: Story, outcome: str, **data: Any) -> Page:  # noqa: ANN401
    report = {"commissioner": SURREY, "by": BY, "confirmed_at": AT, **data}
    return story.happens("placement.welfare.confirmed", outcome=outcome, **report)


def test_M033_each_placing_authority_owes_a_check_until_needs_are_met(story: Story) -> None:
    owed = story.owes(ObligationKind.CHECK_WELFARE)
    unmet = _needs(story, "not seen", adults=["SCC-2"])
    still = story.owes(ObligationKind.CHECK_WELFARE)
    met = _needs(story, "met")

    assert {o.party for o in owed.values()} == {THE_SURREY}
    assert owed[f"{SURREY}:"].due - owed[f"{SURREY}:"].opened_at == timedelta(hours=4)  # high risk
    assert still == owed
    assert story.owes(ObligationKind.CHECK_WELFARE) == {}
    text = only(unmet, THE_HOST, "placement-needs-not-met")
    assert "Surrey County Council" in text
    assert "not seen" in text
    assert "SCC-2" in text
    assert "are met" in only(met, THE_HOST, "placement-needs-met")


def test_M033_needs_that_are_no_longer_met_are_owed_again(story: Story) -> None:
    _needs(story, "met")

    _needs(story, "not met")

    assert list(story.owes(ObligationKind.CHECK_WELFARE)) == [f"{SURREY}:"]


def _review(story: Story, outcome: str, commissioner: str = SURREY) -> Page:
    return story.happens(
        "placement.reviewed",
        commissioner=commissioner,
        outcome=outcome,
        adults=["SCC-1"],
        reviewed_on="2026-12-01",
        by=BY,
    )


def test_M036_an_unsuitable_placement_takes_the_urgent_route_and_other_care_is_owed(
    story: Story,
) -> None:
    page = _review(story, "unsuitable")

    assert told(page) == {THE_HOST: "placement-unsuitable", DUTY: "placement-unsuitable"}
    host, duty = (n for n in page.notices)
    assert {host.lane, duty.lane} == {Lane.IMMEDIATE}
    assert host.reply_due == story.now + timedelta(hours=1)
    assert classes_told(page, THE_HOST) == ADULTS
    assert "SCC-1" in to(page, THE_HOST)[0].text
    assert "SCC-1" not in to(page, DUTY)[0].text
    (owed,) = story.owes(ObligationKind.ARRANGE_CARE).values()
    assert owed.party == THE_SURREY


def test_M036_a_suitable_placement_is_told_to_the_host_and_ends_what_was_owed(
    story: Story,
) -> None:
    _review(story, "unsuitable")

    page = _review(story, "suitable")

    assert "The placement is suitable" in only(page, THE_HOST, "placement-reviewed")
    assert story.owes(ObligationKind.ARRANGE_CARE) == {}


def test_M026_M036_who_reports_on_a_placement_has_one_and_is_alerted(story: Story) -> None:
    page = _review(story, "unsuitable", HAMPSHIRE)

    assert told(page)[THE_HAMPSHIRE] == "placing-authority-alert"
    assert told(page)[THE_HOST] == "placement-unsuitable"
    assert notices_to(page, THE_SURREY) == []


def test_M039_each_adults_care_manager_is_kept_for_each_authority(story: Story) -> None:
    def name(adult: str, manager: str) -> Page:
        return story.happens(
            "placement.caremanager.named",
            commissioner=SURREY,
            adult=adult,
            care_manager=person("Care manager", manager),
        )

    page = name("SCC-1", "Ana Reyes")
    name("SCC-2", "Bo Lund")

    text = only(page, THE_HOST, "care-manager-named")
    assert "Ana Reyes, 01632 960100" in text
    assert "SCC-1" in text
    assert {s.about for s in story.concern.said if "caremanager" in s.data.wire} == {
        f"{SURREY} SCC-1",
        f"{SURREY} SCC-2",
    }


def test_M041_a_change_is_told_to_the_host_and_moving_out_keeps_the_closure_notice(
    story: Story,
) -> None:
    page = story.happens(
        "placement.changed",
        commissioner=SURREY,
        change="moved out",
        adults=["SCC-1", "SCC-2"],
        nobody_left=True,
        changed_on="2026-12-01",
    )

    text = only(page, THE_HOST, "placement-changed")
    assert "moved out" in text
    assert "SCC-2" in text
    assert [c.moved_out for c in story.concern.commissioners] == [True]
    assert THE_SURREY in story.concern.parties()
    assert THE_SURREY in closure_set(story.concern, story.paper.standing.history)


def test_M041_one_adult_who_moves_does_not_take_the_others_with_it(story: Story) -> None:
    story.happens(
        "placement.changed",
        commissioner=SURREY,
        change="moved out",
        adults=["SCC-1"],
        changed_on="2026-12-01",
    )

    assert [c.moved_out for c in story.concern.commissioners] == [False]


def test_M119_another_provider_is_never_asked(story: Story) -> None:
    stranger = Agency(id=AgencyId("cqc:1-1000000077"), name="Elm Care", kind=AgencyKind.PROVIDER)
    changed(story, [stranger])

    page = _enquiry(story, stranger.id)

    (refused,) = page.refused
    assert "it would hear that there is a concern" in refused.faults[0].says
    assert page.decisions == ()
