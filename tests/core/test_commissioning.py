"""What placing authorities contribute and report as commissioners (004 4.2 b, c, e, f, h)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from hub.concern import Party
from hub.decision import Hold, NotDue, Notify, OccasionKind
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.placing import opened, to
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    notices_to,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, person

BY: Final = person("Commissioner", "Priya Shah")
AT: Final = START.isoformat()
DESK: Final = Party(agency=AgencyId(HOST), role=Role.CONTRACTS)
ADULT: Final = PROCESS | {InfoClass.PLACED_ADULT}
MONEY: Final = PROCESS | {InfoClass.COMMERCIAL}
WORKER: Final = Party(agency=AgencyId(SURREY), role=Role.ADULTS)


@pytest.fixture
def story() -> Story:
    """A concern in which Surrey has placed one adult."""
    story = opened()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    return story


def told(page: Page) -> dict[Party, str]:
    """Whom a page tells by its own event, and by which notice."""
    mine = (d for d in page.decisions if d.occasion.kind is OccasionKind.EVENT)
    return {d.party: d.notice for d in mine if isinstance(d, Notify)}


def _asked(story: Story, commissioner: str = SURREY, **data: Any) -> Page:  # noqa: ANN401
    return story.happens(
        "contribution.requested",
        request="req-1",
        commissioner=commissioner,
        asked="a chronology of your visits since June",
        officer=person("Placing officer", "Ana Reyes"),
        **data,
    )


def _received(story: Story, outcome: str) -> Page:
    return story.happens(
        "contribution.received",
        request="req-1",
        commissioner=SURREY,
        outcome=outcome,
        said="the visits are in the file",
        received_at=AT,
    )


def test_M034_a_contribution_is_asked_of_the_named_placing_officer_and_owed(story: Story) -> None:
    page = _asked(story)

    assert told(page) == {THE_SURREY: "contribution-requested"}
    (notice,) = to(page, THE_SURREY)
    assert "This is for Ana Reyes" in notice.text
    assert "a chronology of your visits since June" in notice.text
    assert "You keep overall responsibility for the people you placed" in notice.text
    assert classes_told(page, THE_SURREY) == BOTH
    (owed,) = story.owes(ObligationKind.CONTRIBUTE).values()
    assert (owed.party, owed.key) == (THE_SURREY, f"req-1/{SURREY}:")
    assert owed.due == notice.reply_due  # two working days, as of any request for information


def test_M034_its_own_date_counts_where_the_request_has_one(story: Story) -> None:
    page = _asked(story, due="2026-12-07T12:00:00Z")

    (owed,) = story.owes(ObligationKind.CONTRIBUTE).values()
    assert owed.due.isoformat() == "2026-12-07T12:00:00+00:00"
    assert "7 December 2026" in to(page, THE_SURREY)[0].text


@pytest.mark.parametrize(
    ("outcome", "left"), [("contributed", []), ("declined", []), ("in part", [f"req-1/{SURREY}:"])]
)
def test_M034_what_is_received_is_told_to_the_host_and_a_part_of_it_leaves_it_owed(
    story: Story, outcome: str, left: list[str]
) -> None:
    _asked(story)

    page = _received(story, outcome)

    assert told(page) == {THE_HOST: "contribution-received"}
    (notice,) = to(page, THE_HOST)
    assert outcome in notice.text
    assert "the visits are in the file" in notice.text
    assert list(story.owes(ObligationKind.CONTRIBUTE)) == left


def test_M034_a_request_to_an_authority_of_no_record_waits_until_the_register_has_it(
    story: Story,
) -> None:
    early = _asked(story, HAMPSHIRE)

    page = story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-1")])

    assert [w.why for w in early.waiting] == [
        f"no register names `{HAMPSHIRE}` as a placing authority yet"
    ]
    assert notices_to(page, THE_HAMPSHIRE) == ["placing-authority-alert", "contribution-requested"]


def test_M035_a_checked_specification_goes_to_the_host_as_commercial(story: Story) -> None:
    page = story.happens(
        "contract.safeguarding.checked",
        commissioner=SURREY,
        result="lacks them",
        checked_on="2026-12-01",
        by=BY,
    )

    assert told(page) == {THE_HOST: "specification-checked", DESK: "specification-checked"}
    assert classes_told(page, THE_HOST) == classes_told(page, DESK) == MONEY
    assert "It lacks them" in to(page, THE_HOST)[0].text
    assert "Surrey County Council (Priya Shah)" in to(page, DESK)[0].text


def test_M038_a_contract_review_goes_to_the_hosts_commissioning_lead_alone(story: Story) -> None:
    page = story.happens(
        "contract.reviewed",
        commissioner=SURREY,
        outcome="care plan changed",
        actions="weekly visits until March",
        reviewed_on="2026-12-01",
        by=BY,
    )

    assert told(page) == {DESK: "contract-reviewed"}
    assert classes_told(page, DESK) == MONEY
    assert "care plan changed" in to(page, DESK)[0].text
    assert "weekly visits until March" in to(page, DESK)[0].text


def _assessed(story: Story, outcome: str, **data: Any) -> Page:  # noqa: ANN401
    return story.happens(
        "capacity.assessment.recorded",
        commissioner=SURREY,
        adult="SCC-1",
        assessed_on="2026-12-01",
        decision_scope="whether to move",
        outcome=outcome,
        assessed_by=BY,
        **data,
    )


@pytest.mark.parametrize("outcome", ["can decide", "cannot decide"])
def test_M037_only_the_fact_the_date_and_the_decision_of_an_assessment_reach_the_host(
    story: Story, outcome: str
) -> None:
    page = _assessed(story, outcome)

    assert told(page) == {THE_HOST: "capacity-assessed"}
    assert classes_told(page, THE_HOST) == ADULT
    (notice,) = to(page, THE_HOST)
    for fact in ("SCC-1", "1 December 2026", "whether to move"):
        assert fact in notice.text
    assert outcome not in notice.text


def _doubt(story: Story) -> None:
    story.held(WORKER, "H5", "placed adult", hold_id="capacity-1")


@pytest.mark.parametrize(
    ("outcome", "left"), [("can decide", []), ("cannot decide", ["capacity-1"])]
)
def test_M037_H5_lifts_where_the_adult_can_decide_and_else_stays(
    story: Story, outcome: str, left: list[str]
) -> None:
    _doubt(story)

    page = _assessed(story, outcome, hold_id="capacity-1")

    assert page.refused == ()
    assert [h.id for h in story.concern.holds] == left


def test_M037_an_assessment_lifts_no_hold_but_its_own(story: Story) -> None:
    _doubt(story)
    story.held(THE_SURREY, "H3", hold_id="safety-1")

    other = _assessed(story, "can decide", hold_id="safety-1")
    none = _assessed(story, "can decide", hold_id="no-such-hold")
    unnamed = _assessed(story, "can decide")

    assert [len(page.refused) for page in (other, none, unnamed)] == [1, 1, 0]
    assert {h.id for h in story.concern.holds} == {"capacity-1", "safety-1"}


def test_M040_a_deprivation_of_liberty_goes_to_the_host_and_not_to_cqc(story: Story) -> None:
    page = story.happens(
        "dols.status.reported",
        commissioner=SURREY,
        adult="SCC-1",
        status="authorised",
        until="2027-11-30",
    )

    assert told(page) == {THE_HOST: "dols-status"}
    assert classes_told(page, THE_HOST) == ADULT
    (notice,) = to(page, THE_HOST)
    for fact in ("SCC-1", "It is authorised, until", "30 November 2027"):
        assert fact in notice.text
    (regulator,) = [d for d in page.decisions if d.party == THE_REGULATOR]
    assert isinstance(regulator, NotDue)
    assert "reg 18" in regulator.reason.sentence


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("contract.safeguarding.checked", {"result": "has them", "checked_on": "2026-12-01"}),
        ("contract.reviewed", {"outcome": "varied", "reviewed_on": "2026-12-01"}),
    ],
)
def test_M026_a_commissioner_that_reports_first_is_alerted_by_its_report(
    story: Story, name: str, data: dict[str, str]
) -> None:
    page = story.happens(name, commissioner=HAMPSHIRE, by=BY, **data)

    assert told(page)[THE_HAMPSHIRE] == "placing-authority-alert"
    assert verdicts(page)[THE_SURREY] == "nothing"


def test_M026_one_that_is_held_when_it_reports_is_held_and_not_forgotten(story: Story) -> None:
    story.held(THE_HAMPSHIRE, "H3")

    page = story.happens(
        "contract.reviewed",
        commissioner=HAMPSHIRE,
        outcome="varied",
        reviewed_on="2026-12-01",
        by=BY,
    )

    (mine,) = [d for d in page.decisions if d.party == THE_HAMPSHIRE]
    assert isinstance(mine, Hold)
    assert list(told(page)) == [DESK]
