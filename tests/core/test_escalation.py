"""Serious delay, and escalation to QSIG and the strategic group (004 9.1, 10.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Notify
from hub.events.assurance import EscalationSpcgDecided
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    BOTH,
    THE_HOST,
    THE_ICB,
    THE_REGULATOR,
    Story,
    classes_told,
    placed,
)
from tests.core.test_improvement import CONTRACTS, LATER, LEO, agreed, item, told, words_to
from tests.worlds import HOST, PROVIDER, START, SURREY, person

QSIG: Final = Party(agency=AgencyId("unit:west-sussex-qsig"), role=Role.QSIG)
SPCG: Final = Party(agency=AgencyId("unit:west-sussex-spcg"), role=Role.SPCG)
C0_C1_C6: Final = BOTH | {InfoClass.COMMERCIAL}
MEETING: Final = ObligationKind.HOLD_MEETING
ESCALATE: Final = ObligationKind.DECIDE_ESCALATION


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    story.happens("criminal.status.declared", status="consulted, none")
    return story


def delayed(story: Story, resolution: str = "likely") -> Page:
    """The provider is seriously late."""
    return story.happens(
        "improvement.delay.flagged",
        plan="P",
        item="1",
        since=START.isoformat(),
        delay="one member of staff at night",
        resolution=resolution,
        flagged_by=LEO,
    )


def met(story: Story, kind: str = "update") -> Page:
    """A meeting is held."""
    return story.happens(
        "meeting.held",
        kind=kind,
        held_at=story.now.isoformat(),
        attended=[HOST],
        decisions=["the risk is held down"],
        chair=person("Chair", "Robin Hale"),
    )


def test_M091_a_serious_delay_brings_a_meeting_and_says_so_to_those_who_must_meet(
    story: Story,
) -> None:
    page = delayed(story)

    parties = (THE_HOST, CONTRACTS, THE_ICB, THE_REGULATOR)
    assert told(page) == dict.fromkeys(parties, "improvement-delay")
    assert "A further meeting is always held." in words_to(page, THE_HOST).text
    assert "one member of staff at night" in words_to(page, THE_HOST).text
    assert [*story.owes(MEETING)] == ["update:"]


def test_M091_a_date_does_not_end_the_meeting_that_is_owed_only_holding_it_does(
    story: Story,
) -> None:
    delayed(story)
    story.happens("chair.appointed")

    story.happens("meeting.scheduled", kind="update")
    assert [*story.owes(MEETING)] == ["update:"]
    met(story, "findings")
    assert [*story.owes(MEETING)] == ["update:"]
    met(story)

    assert story.owes(MEETING) == {}


def test_M091_a_second_delay_does_not_put_the_meeting_off(story: Story) -> None:
    delayed(story)
    first = story.owes(MEETING)["update:"].due
    story.now += timedelta(days=2)

    delayed(story)

    assert story.owes(MEETING)["update:"].due == first


def test_M091_an_improvement_past_its_time_brings_a_meeting_that_nobody_flagged(
    story: Story,
) -> None:
    due = (START + timedelta(days=2)).isoformat()
    agreed(story, item("1", PROVIDER, due))
    assert story.owes(MEETING) == {}

    later = START + timedelta(days=3)
    story.takes(replace(story.made("lead.agency.set"), occurred=later))

    owed = story.owes(MEETING)
    assert [*owed] == ["update:"]
    assert "late of the improvement plan" in owed["update:"].says


def escalated(story: Story) -> Page:
    """QSIG is notified."""
    return story.happens(
        "escalation.qsig.notified",
        qsig=QSIG.agency,
        continuing_risks="too few staff",
        overdue_actions="3 of 9",
        interim_protection="our own staff visit",
        commissioning_position="no new placements",
        decision_due=LATER,
        notified_by=LEO,
    )


def test_M098_where_risks_stay_high_and_resolution_is_unlikely_qsig_must_be_notified(
    story: Story,
) -> None:
    story.happens("themes.agreed")  # the risk is critical
    delayed(story)
    assert story.owes(ESCALATE) == {}

    delayed(story, "unlikely")

    assert {o.key: o.party for o in story.owes(ESCALATE).values()} == {"notify:": THE_HOST}

    escalated(story)

    assert {o.key: o.party for o in story.owes(ESCALATE).values()} == {"strategic group:": QSIG}


def test_M098_where_the_risk_is_not_high_nobody_must_notify_qsig(story: Story) -> None:
    themes = [{"question": "safe", "theme": "falls"}]
    story.happens("themes.agreed", themes=themes, risk_level="medium")

    delayed(story, "unlikely")

    assert story.owes(ESCALATE) == {}


def test_M098_qsig_hears_the_risks_what_is_overdue_and_what_commissioners_do(
    story: Story,
) -> None:
    page = escalated(story)

    assert told(page) == {QSIG: "qsig-escalation"}
    assert classes_told(page, QSIG) == C0_C1_C6
    text = words_to(page, QSIG).text
    assert "Improvement actions overdue: 3 of 9. Protection meanwhile: our own staff visit." in text
    assert "Commissioning: no new placements." in text
    assert "Declare any interest in this provider." in text
    assert "This is not the decision." in text
    (decision,) = [d for d in page.decisions if d.party == QSIG and isinstance(d, Notify)]
    assert decision.required == "acknowledged"


def decided(story: Story, escalate: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """QSIG decides."""
    return story.happens(
        "escalation.spcg.decided",
        escalate=escalate,
        decided_by=person("Chair of the group", "Dana Whitlow"),
        decided_at=START.isoformat(),
        **data,
    )


def test_M099_yes_brings_the_strategic_group_in(story: Story) -> None:
    escalated(story)

    page = decided(story, "yes", spcg=SPCG.agency)

    assert told(page) == {SPCG: "spcg-escalation", THE_HOST: "escalation-decided"}
    assert "Risks: too few staff." in words_to(page, SPCG).text
    assert classes_told(page, SPCG) == C0_C1_C6
    assert story.owes(ESCALATE) == {}


def test_M099_no_tells_whoever_leads_why(story: Story) -> None:
    escalated(story)

    page = decided(story, "no", reason="two safe weeks")

    assert told(page) == {THE_HOST: "escalation-decided"}
    assert "Why: two safe weeks." in words_to(page, THE_HOST).text
    assert story.owes(ESCALATE) == {}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"escalate": "no"}, "`no` needs a `reason`"),
        ({"escalate": "yes"}, "`spcg` is named"),
        ({"escalate": "no", "reason": "x", "spcg": SPCG.agency}, "`spcg` is named"),
    ],
)
def test_M099_no_needs_a_reason_and_yes_an_address(data: dict[str, str], says: str) -> None:
    whole = {"decided_by": person("Chair"), "decided_at": START.isoformat(), **data}

    with pytest.raises(ValidationError, match=says):
        EscalationSpcgDecided.model_validate(whole)


def test_M099_nobody_decides_on_what_was_not_escalated(story: Story) -> None:
    assert decided(story, "no", reason="two safe weeks").waiting != ()
