"""The end: what it rests on, what is left behind, what its notices say (004 11.1; M100 to M102)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.closure import gaps, left_by_others, left_out
from hub.concern import Concern, Party
from hub.concern.closure import open_matters
from hub.events import ClosureProposed
from hub.events.assurance import EscalationQsigNotified
from hub.page import Page
from hub.vocabulary import AgencyId, ContactId, Role, Rung
from tests.core import closing as end
from tests.core.story import (
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    placed,
)
from tests.core.test_actions import advocacy
from tests.core.test_escalation import QSIG, decided, delayed, escalated, met
from tests.core.test_improvement import CONTRACTS, enquiry
from tests.worlds import SURREY, person

LEO: Final = person("Lead Enquiry Officer")
EVIDENCE: Final[Mapping[str, dict[str, Any]]] = {
    "improved": {"evidence": "an audit", "evidence_reference": "QA-12"},
    "service ended": {"ended_on": "2026-12-19"},
    "transferred": {"transferred_to": "Elmfield Homes Ltd"},
    "not initiated": {},
    "opened in error": {"error": "it was about another home"},
}


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("criminal.status.declared", status="consulted, none")
    story.happens("chair.appointed")
    return story


def ends(story: Story, ending: str = "service ended", **data: Any) -> Page:  # noqa: ANN401 - of any field
    """It is proposed as a case system says it, and the Chair authorises it."""
    if story.concern.stage != "closing":
        story.stage("decision to initiate", "closing")
    said = {"ending": ending, "proposed_by": LEO, **EVIDENCE[ending], **data}
    nothing = {"evidence": None, "evidence_reference": None, **said}
    story.takes(story.made("closure.proposed", **nothing))
    return story.takes(story.made("closure.authorised", ending=ending))


def test_M059_agreed_themes_go_to_everybody_who_takes_part_and_is_not_held(story: Story) -> None:
    page = story.happens("themes.agreed")

    everybody = {THE_REGULATOR, THE_HOST, THE_ICB, THE_SURREY, CONTRACTS, THE_PROVIDER}
    assert {n.party for n in page.notices} == everybody
    assert all("leadership" in n.text for n in page.notices)

    story.held(THE_PROVIDER, "H3")
    again = story.happens("themes.agreed", risk_level="high")

    assert {n.party for n in again.notices} == everybody - {THE_PROVIDER}


def body(text: str) -> str:
    """Return a notice without its purpose and basis, which are the pack's own words."""
    return text.partition("Purpose:")[0]


def why(page: Page) -> str:
    """Return why the Chair's authorisation waits; empty where it does not."""
    return "; ".join(one.why for one in page.waiting)


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        ("service ended", "does not say when the service ended"),
        ("transferred", "does not say to whom it was transferred"),
        ("opened in error", "does not say what the error was"),
    ],
)
def test_M100_each_ending_asks_for_evidence_of_its_own(
    story: Story, ending: str, says: str
) -> None:
    without = dict.fromkeys(EVIDENCE[ending])
    assert says in why(ends(story, ending, **without))

    ends(story, ending)

    assert story.concern.closure_authorised is not None


def test_M100_an_improvement_is_not_even_proposed_without_evidence() -> None:
    with pytest.raises(ValidationError, match="`improved` needs `evidence`"):
        ClosureProposed.model_validate({"ending": "improved", "proposed_by": LEO})


def test_M095_M100_an_improvement_that_no_test_shows_cannot_be_authorised(story: Story) -> None:
    assert "no test shows by `QA-12`" in why(ends(story, "improved"))
    story.happens("qa.test.recorded", outcome="attained, not yet sustained")
    assert story.concern.closure_authorised is None

    story.happens("qa.test.recorded", evidence_reference="QA-99")
    assert story.concern.closure_authorised is None
    story.happens("qa.test.recorded", evidence_reference="QA-12")

    assert story.concern.closure_authorised is not None


def test_M095_M100_a_test_that_failed_since_speaks_against_one_that_passed(story: Story) -> None:
    story.happens("qa.test.recorded", test="T-1")
    story.happens("qa.test.recorded", test="T-2", outcome="attained, not yet sustained")

    assert "no test shows" in why(ends(story, "improved"))


def test_M100_what_was_begun_did_not_end_before_it_began(story: Story) -> None:
    assert "`initiation.decided`" in why(ends(story, "not initiated"))


def test_M100_open_actions_are_handed_over_by_name(story: Story) -> None:
    enquiry(story, "E-1", SURREY, "the medicine charts")
    assert open_matters(story.concern) == (("action", "enquiry:E-1"),)

    assert "handed over to nobody by name: action enquiry:E-1" in why(ends(story))

    taken = {"kind": "action", "reference": "enquiry:E-1", "to": LEO, "agency": SURREY}
    page = ends(story, handed_over=[taken])
    assert story.concern.closure_authorised is not None
    assert any(n.template == "closure-notice" for n in page.notices)


def test_M028_M100_advocacy_that_nobody_has_arranged_is_handed_over_by_name(story: Story) -> None:
    advocacy(story, "needed")
    assert ("advocacy", "N-1") in open_matters(story.concern)

    assert "handed over to nobody by name: advocacy N-1" in why(ends(story))

    taken = {"kind": "advocacy", "reference": "N-1", "to": LEO, "agency": SURREY}
    ends(story, handed_over=[taken])
    assert story.concern.closure_authorised is not None


def test_M100_an_open_deprivation_of_liberty_matter_is_handed_over_by_name(story: Story) -> None:
    said = {"commissioner": SURREY, "kind": "council", "adult": "SCC-1"}
    story.happens("dols.status.reported", **said, status="applied for")

    assert f"deprivation of liberty {SURREY} SCC-1" in why(ends(story))

    story.happens("dols.status.reported", **said, status="authorised")
    assert open_matters(story.concern) == ()
    assert story.concern.closure_authorised is not None


def test_M100_a_hold_that_stands_is_released_or_closed_with_a_reason_before_the_end(
    story: Story,
) -> None:
    story.held(THE_REGULATOR, "H4")

    assert "neither released nor closed with a reason: `h-1` (H4)" in why(ends(story))

    kept = {"hold_id": "h-1", "reason": "the visit has not been yet", "by": LEO}
    page = ends(story, holds_closed=[kept])

    assert story.concern.closure_authorised is not None
    assert THE_REGULATOR not in {n.party for n in page.notices}  # it never becomes a release
    assert story.concern.holds != ()


def proposes(story: Story, *left: dict[str, Any]) -> Page:
    said = {"ending": "service ended", "proposed_by": LEO, **EVIDENCE["service ended"]}
    nothing = {"evidence": None, "evidence_reference": None, **said}
    return story.takes(story.made("closure.proposed", **nothing, holds_closed=list(left)))


@pytest.mark.parametrize(
    ("kind", "stranger", "owner"),
    [
        ("H1", "gss:E10000032", "gss:E23000033"),
        ("H3", "gss:E23000033", "gss:E10000032"),
        ("H4", "gss:E10000032", "regulator:cqc"),
    ],
)
def test_S14_M100_only_whoever_may_release_a_hold_may_leave_it_at_the_end(
    story: Story, kind: str, stranger: str, owner: str
) -> None:
    story.held(THE_REGULATOR, kind)
    left = {"hold_id": "h-1", "reason": "it is not over", "by": LEO}

    foreign = proposes(story, left | {"authority": stranger})

    assert story.concern.closure_proposed is None
    ((fault,),) = [refused.faults for refused in foreign.refused]
    assert fault.pointer == "/data/holds_closed/0/authority"
    assert f"`{stranger}` may not leave a {kind} hold" in fault.says

    proposes(story, left | {"authority": owner})

    assert story.concern.closure_proposed is not None
    assert left_by_others(story.concern) == ()


@pytest.mark.parametrize(("kind", "flags"), [("H1", 1), ("H4", 1), ("H3", 0), ("H8", 0)])
def test_S14_M100_a_hold_that_the_law_gives_to_one_owner_is_flagged_where_another_leaves_it(
    story: Story, kind: str, flags: int
) -> None:
    story.held(THE_REGULATOR, kind)
    left = {"hold_id": "h-1", "reason": "it is not over", "by": LEO}

    assert left_by_others(story.concern) == ()

    proposes(story, left)

    assert len(left_by_others(story.concern)) == flags


def test_M091_a_concern_does_not_end_before_the_meeting_about_a_delay_was_held(
    story: Story,
) -> None:
    delayed(story)
    assert "meeting about the serious delay has not been held" in why(ends(story))

    met(story)

    assert story.concern.closure_authorised is not None


def test_M098_a_concern_does_not_end_while_qsig_must_be_notified_and_was_not(
    story: Story,
) -> None:
    delayed(story, "unlikely")
    met(story)

    assert "QSIG must be notified" in why(ends(story))


def test_M099_a_concern_does_not_end_before_qsig_has_decided(story: Story) -> None:
    escalated(story)
    assert "QSIG has not decided" in why(ends(story))

    decided(story, "no", reason="two safe weeks")

    assert story.concern.closure_authorised is not None


def with_escalation() -> Concern:
    """Return a concern at its end that was escalated to QSIG."""
    story = Story()
    story.opens()
    escalated(story)
    assert story.concern.last(EscalationQsigNotified) is not None
    return end.concern(said=story.concern.said)


@pytest.mark.parametrize("rung", [None, *(r for r in Rung if r is not Rung.ACKNOWLEDGED)])
def test_M098_closure_is_refused_while_qsig_has_not_acknowledged(rung: Rung | None) -> None:
    closing = {party: end.closing() for party in end.MINIMUM}
    said = end.closing(rung) if rung else None

    found = gaps(with_escalation(), end.history(*end.MINIMUM), closing, end.NOW, (), said)

    assert [(gap.party, gap.waivable) for gap in found] == [(QSIG, False)]


def test_M098_once_qsig_has_acknowledged_it_stands_in_the_way_no_more() -> None:
    closing = {party: end.closing() for party in end.MINIMUM}

    found = gaps(with_escalation(), end.history(*end.MINIMUM), closing, end.NOW, (), end.closing())

    assert found == ()


def test_M100_unknown_funders_are_closed_by_a_search_that_is_on_record() -> None:
    closing = {party: end.closing() for party in end.MINIMUM}
    search = {"searched": ["the provider's ledger"], "result": "nobody found", "by": LEO}
    proposed = ClosureProposed.model_validate(
        {
            "ending": "service ended",
            "ended_on": "2027-04-14",
            "proposed_by": LEO,
            "funder_search": search,
        }
    )
    unknown = end.concern(unknown_funders=2)

    before = gaps(unknown, end.history(*end.MINIMUM), closing, end.NOW)
    searched = replace(unknown, closure_proposed=proposed)

    assert [gap.says for gap in before] == ["2 places have a funder nobody knows"]
    assert gaps(searched, end.history(*end.MINIMUM), closing, end.NOW) == ()


def test_M101_who_hears_nothing_of_the_end_is_listed_each_with_its_reason() -> None:
    concern = end.concern(
        struck=frozenset({ContactId("rosewood")}),
        unsafe_contacts=((AgencyId(SURREY), "NOK-1"),),
        mistaken=(Party(agency=AgencyId(SURREY), role=Role.PLACING_ICB),),
    )

    said = "\n".join(left_out(concern))

    assert "contact rosewood was struck" in said
    assert f"contact NOK-1 of {SURREY}'s records is alleged to have caused harm" in said
    assert f"the placing icb {SURREY} was told by mistake alone" in said
