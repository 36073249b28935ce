"""What one agency owes is not ended by another's answer, nor by a clerk's number used twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from hub.admit import admit
from hub.concern import Party
from hub.directory import Agency
from hub.obligation import ObligationKind
from hub.plan import Tools
from hub.vocabulary import AgencyId, AgencyKind
from tests.core.decided import begun, refused
from tests.core.reports import GROUND
from tests.core.story import THE_HAMPSHIRE, THE_ICB, THE_SURREY, Story, placed
from tests.corpus.making import First, data_for
from tests.worlds import HAMPSHIRE, HOST, NHS, PROVIDER, START, SURREY, event, person

RIVAL: Final = AgencyId("cqc:1-2000000002")
AT: Final = START.isoformat()


@pytest.fixture
def story() -> Story:
    story = begun(status="consulted, none")
    lines = [placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")]
    story.happens("placement.register.declared", placements=lines)
    return story


def owing(story: Story, kind: ObligationKind) -> set[Party]:
    return {owed.party for owed in story.owes(kind).values()}


def _contribution(story: Story, name: str, commissioner: str, **data: Any) -> None:  # noqa: ANN401 - of any field
    story.happens(name, request="letter 1", commissioner=commissioner, **data)


def test_M034_one_letter_to_two_authorities_is_owed_by_both_and_each_ends_its_own(
    story: Story,
) -> None:
    for agency in (SURREY, HAMPSHIRE):
        _contribution(story, "contribution.requested", agency, asked="a chronology")
    both = owing(story, ObligationKind.CONTRIBUTE)

    said = {"outcome": "contributed", "received_at": AT}
    _contribution(story, "contribution.received", HAMPSHIRE, **said)

    assert both == {THE_SURREY, THE_HAMPSHIRE}
    assert owing(story, ObligationKind.CONTRIBUTE) == {THE_SURREY}


def test_N033_another_agencys_co_operation_ends_nothing_that_one_owes(story: Story) -> None:
    for agency in (SURREY, HAMPSHIRE):
        story.happens("cooperation.requested", request="Q-1", agency=agency, what="the records")

    story.happens("cooperation.given", request="Q-1", agency=HAMPSHIRE, outcome="given")

    assert owing(story, ObligationKind.COOPERATE) == {THE_SURREY}


def test_M119_an_enquiry_to_two_stays_open_for_whoever_has_not_answered(story: Story) -> None:
    for agency in (NHS, SURREY):
        story.happens(
            "placement.enquiry.sent",
            enquiry="who places",
            asked=agency,
            records="host records",
            sent_at=AT,
        )

    story.happens(
        "placement.enquiry.answered",
        enquiry="who places",
        answered_by=SURREY,
        answer="nobody is placed",
        answered_at=AT,
    )

    assert owing(story, ObligationKind.ANSWER_PLACEMENTS) == {THE_ICB}


@pytest.mark.parametrize("number", ["statement", "open"])
def test_M015_an_action_of_a_clerks_own_naming_ends_nothing_that_the_hub_keeps(
    story: Story, number: str
) -> None:
    story.happens("factor.media.flagged", **data_for("factor.media.flagged", First(full=False)))
    kept = set(story.owes(ObligationKind.ACT))

    story.happens(
        "action.assigned",
        action=number,
        owner=HOST,
        what="ring the paper",
        due=AT,
        assigned_by=person("Lead Enquiry Officer"),
    )

    assert kept
    assert set(story.owes(ObligationKind.ACT)) == {*kept, f"{number}:"}


# Who would hear that there is a concern.

DECIDED: Final = {
    "decision": "not initiate",
    "decided_by": person("Head of Safeguarding"),
    "decided_at": AT,
    "reason": "no pattern was found",
}


def _with_a_rival(tools: Tools) -> Tools:
    rival = Agency(id=RIVAL, name="Rival Care Ltd", kind=AgencyKind.PROVIDER)
    directory = replace(tools.directory, agencies=(*tools.directory.agencies, rival))
    return replace(tools, directory=directory)


@pytest.mark.parametrize(("who", "where"), [(RIVAL, ["/data/referring_agency"]), (PROVIDER, [])])
def test_M072_another_provider_never_joins_by_having_referred_a_concern(
    story: Story, who: str, where: list[str]
) -> None:
    story.paper.tools = _with_a_rival(story.paper.tools)

    page = story.happens("initiation.decided", **DECIDED, referring_agency=who)

    assert [pointer for pointer, _ in refused(page)] == where
    assert all(party.agency != RIVAL for party in story.concern.parties())


def test_M072_nor_by_the_first_word_there_is_of_a_concern(story: Story) -> None:
    tools = _with_a_rival(story.paper.tools)
    wscc = next(p for p in tools.directory.publishers if p.agency == HOST)
    data = {**DECIDED, "ground": GROUND, "referring_agency": RIVAL}

    faults = admit(event("initiation.decided", data, 1), wscc, tools.pack, tools.directory)

    assert [fault.pointer for fault in faults] == ["/data/referring_agency"]
