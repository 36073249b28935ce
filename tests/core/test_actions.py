"""Agreements, actions, advocacy and disagreements (004 4.1c to e; 000 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import CannotFollow, Party, after
from hub.events.actions import AdvocacyArranged, DisagreementRaised
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    PROCESS,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.core.test_participation import GUEST, HEAD, added, told, words_to
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, person

ADVOCATES: Final = Party(agency=AgencyId("unit:west-sussex-advocacy"), role=Role.ADVOCACY)
DUE: Final = START + timedelta(days=7)
OWN: Final = PROCESS | {InfoClass.PLACED_ADULT}


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared",
        placements=[placed(SURREY, "SCC-1", "SCC-2"), placed(HAMPSHIRE, "HCC-1")],
    )
    return story


def assigned(story: Story, owner: str, action: str = "A-1") -> Page:
    """An action is given to an agency."""
    return story.happens(
        "action.assigned",
        action=action,
        owner=owner,
        what="visit each of your people and report",
        due=DUE.isoformat(),
        assigned_by=person("Chair"),
    )


def test_M031_what_was_agreed_goes_in_writing_to_those_who_agreed_it_and_is_on_the_log(
    story: Story,
) -> None:
    page = story.happens(
        "agreement.recorded",
        agreement="G-1",
        between=[HOST, SURREY],
        agreed="both send what they hold within two days",
        lead=person("Manager", "Kim Osei"),
        by=DUE.isoformat(),
    )

    assert {p for p in told(page) if p.role is not Role.PLACING_AUTHORITY} == {THE_HOST}
    assert THE_SURREY in told(page)
    assert THE_HAMPSHIRE not in told(page)
    text = words_to(page, THE_SURREY).text
    assert "both send what they hold within two days" in text
    assert "Kim Osei leads it" in text
    assert [entry.kind for entry in page.leaves][:1] == ["event.applied"]


def test_M027_N043_an_action_is_its_owners_and_is_owed_until_it_is_done(story: Story) -> None:
    page = assigned(story, SURREY)

    assert told(page) == {THE_SURREY: "action-assigned"}
    assert "visit each of your people and report" in words_to(page, THE_SURREY).text
    owed = story.owes(ObligationKind.ACT)["A-1:"]
    assert (owed.party, owed.due) == (THE_SURREY, DUE)

    page = story.happens(
        "action.completed",
        action="A-1",
        outcome="all were seen and are safe",
        completed_at=START.isoformat(),
        completed_by=person("Social worker"),
    )

    assert told(page) == {THE_HOST: "action-completed"}
    assert "all were seen and are safe" in words_to(page, THE_HOST).text
    assert story.owes(ObligationKind.ACT) == {}


def test_N043_an_action_is_monitored_to_completion_whatever_else_happens(story: Story) -> None:
    assigned(story, SURREY)
    assigned(story, HAMPSHIRE, "A-2")
    story.stage("decision to initiate", "initial meeting", "findings")

    story.happens(
        "action.completed",
        action="A-2",
        outcome="done",
        completed_at=START.isoformat(),
        completed_by=person("Social worker"),
    )

    assert [*story.owes(ObligationKind.ACT)] == ["A-1:"]


def test_M027_an_action_that_nobody_assigned_cannot_be_done(story: Story) -> None:
    done = story.made(
        "action.completed",
        action="A-9",
        outcome="done",
        completed_at=START.isoformat(),
        completed_by=person("Social worker"),
    )

    assert isinstance(after(story.concern, done), CannotFollow)


def test_M027_an_overdue_action_is_told_to_its_owner_and_to_those_who_manage(
    story: Story,
) -> None:
    assigned(story, SURREY)

    page = story.happens(
        "action.overdue", action="A-1", owner=SURREY, since=(DUE + timedelta(days=1)).isoformat()
    )

    notice = "action-overdue"
    assert told(page) == {THE_SURREY: notice, THE_HOST: notice, HEAD: notice}
    assert "Ring its owner" in words_to(page, HEAD).text
    assert [*story.owes(ObligationKind.ACT)] == ["A-1:"]


def test_M027_an_agency_with_a_task_of_its_own_hears_that_there_is_an_action_not_its_themes(
    story: Story,
) -> None:
    added(story, GUEST)

    page = story.happens(
        "action.assigned",
        action="A-3",
        owner=GUEST.agency,
        what="leadership failed the night staff",
        due=DUE.isoformat(),
        assigned_by=person("Chair"),
    )

    assert classes_told(page, GUEST) == PROCESS
    assert "leadership" not in words_to(page, GUEST).text
    assert "number A-3" in words_to(page, GUEST).text


def test_M027_a_held_provider_is_given_no_action_and_hears_of_it_once_it_may(
    story: Story,
) -> None:
    page = assigned(story, THE_PROVIDER.agency)

    assert verdicts(page)[THE_PROVIDER] == "held H1"
    assert story.owes(ObligationKind.ACT)["A-1:"].party == THE_PROVIDER


def advocacy(story: Story, standing: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Somebody needs an advocate, or has one."""
    return story.happens(
        "advocacy.arranged",
        need="N-1",
        standing=standing,
        commissioner=SURREY,
        adults=["SCC-2"],
        purpose="to be heard at the findings meeting",
        **data,
    )


def test_M028_M061_whoever_placed_an_adult_is_asked_to_find_an_advocate(story: Story) -> None:
    page = advocacy(story, "needed")

    assert told(page) == {THE_SURREY: "advocacy-needed"}
    text = words_to(page, THE_SURREY).text
    assert "SCC-2" in text
    assert "SCC-1" not in text
    assert story.owes(ObligationKind.ARRANGE_ADVOCACY)["N-1:"].party == THE_SURREY


def test_M028_an_advocate_hears_for_whom_and_nothing_of_anybody_else(story: Story) -> None:
    advocacy(story, "needed")

    page = advocacy(story, "arranged", service=ADVOCATES.agency)

    assert told(page) == {THE_SURREY: "advocacy-found", ADVOCATES: "advocacy-arranged"}
    assert classes_told(page, ADVOCATES) == OWN
    text = words_to(page, ADVOCATES).text
    assert "SCC-2" in text
    assert "SCC-1" not in text
    assert "HCC-1" not in text
    assert story.owes(ObligationKind.ARRANGE_ADVOCACY) == {}


def test_M028_an_unmet_need_stays_owed(story: Story) -> None:
    advocacy(story, "needed")
    story.stage("decision to initiate", "initial meeting", "closing")

    assert [*story.owes(ObligationKind.ARRANGE_ADVOCACY)] == ["N-1:"]


def test_M028_who_declines_an_advocate_is_asked_for_no_other(story: Story) -> None:
    advocacy(story, "needed")

    page = advocacy(story, "declined")

    assert told(page) == {}
    assert story.owes(ObligationKind.ARRANGE_ADVOCACY) == {}


def test_M028_arranged_without_a_service_is_refused() -> None:
    with pytest.raises(ValidationError, match="`service` is named"):
        AdvocacyArranged.model_validate(
            {"need": "N-1", "standing": "arranged", "commissioner": SURREY, "purpose": "x"}
        )


def disagree(story: Story, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Two agencies disagree."""
    return story.happens(
        "disagreement.raised",
        disagreement="D-1",
        between=[SURREY, HAMPSHIRE],
        subject="whether people should move",
        interim_action="night visits by both",
        **data,
    )


def test_N045_a_disagreement_is_told_to_both_sides_and_delays_nothing(story: Story) -> None:
    before = story.happens("themes.agreed")

    page = disagree(story)
    after_it = story.happens("themes.agreed")

    notice = "disagreement-raised"
    assert told(page) == {THE_SURREY: notice, THE_HAMPSHIRE: notice, THE_HOST: notice}
    assert "night visits by both" in words_to(page, THE_SURREY).text
    assert verdicts(after_it) == verdicts(before)


def test_N045_a_disputed_hold_stands_for_that_party_and_for_nobody_else(story: Story) -> None:
    story.held(THE_SURREY, "H3")
    disagree(story, hold_id="h-1")

    page = story.happens("themes.agreed")

    assert verdicts(page)[THE_SURREY] == "held H3"
    assert verdicts(page)[THE_HAMPSHIRE] == "themes-agreed"
    assert verdicts(page)[THE_REGULATOR] == "themes-agreed"


def test_N045_what_is_not_resolved_goes_to_those_who_manage_with_a_clock_of_their_own(
    story: Story,
) -> None:
    disagree(story)
    assert [*story.owes(ObligationKind.RESOLVE_DISAGREEMENT)] == ["D-1:"]

    page = story.happens(
        "disagreement.escalated", disagreement="D-1", reason="no agreement in a day"
    )

    assert told(page) == {HEAD: "disagreement-escalated", THE_HOST: "disagreement-escalated"}
    assert story.owes(ObligationKind.RESOLVE_DISAGREEMENT) == {}
    assert story.owes(ObligationKind.RESOLVE_ESCALATED)["D-1:"].party == HEAD

    page = story.happens(
        "disagreement.resolved",
        disagreement="D-1",
        between=[SURREY, HAMPSHIRE],
        outcome="people stay, with more staff",
        resolved_by=person("Head of Safeguarding"),
    )

    assert "people stay, with more staff" in words_to(page, THE_HAMPSHIRE).text
    assert story.owes(ObligationKind.RESOLVE_ESCALATED) == {}
    assert verdicts(page)[THE_POLICE] == "nothing"


def test_N045_there_is_no_disagreement_without_an_interim_action() -> None:
    with pytest.raises(ValidationError, match="interim_action"):
        DisagreementRaised.model_validate(
            {"disagreement": "D-1", "between": [SURREY, HAMPSHIRE], "subject": "x"}
        )
