"""Failure, sanctions, risks to care, contingency plans, arrangements (004 8.4; 000 5, 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from hub.vocabulary import HoldKind, InfoClass, Lane, ObligationKind
from tests.core.emergencies import (
    ADULTS,
    COMMISSIONERS,
    CONTRACTS,
    COORDINATES,
    DUTY,
    HEAD,
    HEADS,
    OWN,
    PLACING_ICB,
    WITHDRAWN,
    christmas,
    held_from,
    of,
    silent,
    text_to,
    told,
)
from tests.core.story import (
    BOTH,
    THE_HAMPSHIRE,
    THE_HOST,
    THE_ICB,
    THE_POLICE,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import HAMPSHIRE, HOST, SURREY, person

WARNED: Final[dict[str, Any]] = {
    "warning": "possible failure",
    "warned_at": "2026-12-25T08:00:00Z",
    "care_may_end_at": "2026-12-26T08:00:00Z",
    "position": "the bank wants its money back",
}
SANCTION: Final[dict[str, Any]] = {
    "sanction": "S-1",
    "applied_by": person("Contracts manager", "Noor Hall"),
    "starts_at": "2026-12-26T00:00:00Z",
    "reason": "two audits were not clean",
}
RISK: Final[dict[str, Any]] = {
    "risk": "R-1",
    "since": "2026-12-25T18:00:00Z",
    "affected": [SURREY],
    "cover": "day staff stay the night",
}
PLAN: Final[dict[str, Any]] = {
    "plan": "P-1",
    "placed_by": [SURREY],
    "invoked_by": person("Duty manager", "Kit Lane"),
    "invoked_at": "2026-12-25T23:00:00Z",
    "cover": "an agency sends two carers",
}
HOSTS: Final = frozenset({THE_HOST, THE_ICB, CONTRACTS})


@pytest.fixture
def story() -> Story:
    return christmas()


# The provider may fail.


def test_M088_a_failure_that_is_warned_of_tells_placing_authorities_cqc_and_the_icb_the_same_day(
    story: Story,
) -> None:
    page = story.happens("provider.failure.warned", **WARNED)

    heard = HOSTS | COMMISSIONERS | {HEADS, THE_REGULATOR, DUTY, HEAD} & {*story.concern.parties()}
    assert told(page, "provider-failure") == heard
    for notice in of(page, "provider-failure"):
        assert notice.reply_due == story.now + timedelta(hours=4)  # by the clock, on Christmas day
        assert "possible failure" in notice.text
        assert "Care may end on Saturday 26 December 2026 at 08:00." in notice.text
    assert silent(page) == {*story.concern.parties()} - heard


def test_M088_the_providers_money_is_for_the_hosts_until_somebody_decides_otherwise(
    story: Story,
) -> None:
    page = story.happens("provider.failure.warned", **WARNED)

    for party in HOSTS:
        assert classes_told(page, party) == BOTH | {InfoClass.COMMERCIAL}
        assert "the bank wants its money back" in text_to(page, party)
    for party in COMMISSIONERS | {THE_REGULATOR}:
        held = held_from(page, party)[InfoClass.COMMERCIAL]
        assert (held.kind, held.reason.rule) == (HoldKind.H6, "S25")
        assert "bank" not in text_to(page, party)
    assert "bank" not in text_to(page, DUTY)


def test_M088_the_stakeholders_meeting_is_owed_until_it_has_been_held(story: Story) -> None:
    story.happens("provider.failure.warned", **WARNED)
    (owed,) = story.owes(ObligationKind.HOLD_MEETING).values()
    due = story.now + timedelta(hours=2)

    story.happens(
        "meeting.held",
        kind="failure",
        held_at="2026-12-26T01:00:00Z",
        attended=[HOST, SURREY],
        decisions=["buy other care"],
        chair=person("Chair"),
    )

    assert (owed.key, owed.party, owed.due) == ("failure:", THE_HOST, due)
    assert "about the contract (8.4)" in owed.says
    assert story.owes(ObligationKind.HOLD_MEETING) == {}


def test_M089_everyone_told_so_far_is_invited_and_so_is_any_new_commissioner(
    story: Story,
) -> None:
    story.happens("provider.failure.warned", **WARNED)
    story.happens("placement.register.amended", added=[placed(HAMPSHIRE, "HCC-7")])
    so_far = story.paper.standing.history.ever_told()

    page = story.happens(
        "meeting.scheduled", kind="failure", starts_at="2026-12-26T10:00:00Z", place="by telephone"
    )

    invited = told(page, "meeting-scheduled")
    assert {THE_HAMPSHIRE, THE_SURREY, PLACING_ICB, THE_REGULATOR, DUTY, HEAD} <= invited
    assert {p for p in so_far if p not in ADULTS} <= invited
    assert "about risks to the service" in text_to(page, DUTY)


def test_M089_a_desk_that_was_never_told_is_not_invited(story: Story) -> None:
    page = story.happens(
        "meeting.scheduled", kind="failure", starts_at="2026-12-26T10:00:00Z", place="by telephone"
    )

    assert {DUTY, HEAD} <= silent(page)


def test_M088_M104_S8_first_a_warning_then_the_bank_gives_two_hours_on_christmas_day() -> None:
    story = christmas()
    story.happens("provider.failure.warned", **WARNED)

    page = story.happens(
        "contract.withdrawn",
        cause="financial",
        **WITHDRAWN | {"ends_at": "2026-12-26T02:00:00Z"},
    )
    later = story.happens(
        "emergency.category.set",
        category="planned",
        reason="another provider takes over the staff",
        decided_by=person("Head of Service"),
        **COORDINATES,
    )

    acts = HOSTS | COMMISSIONERS | ADULTS | {THE_REGULATOR, THE_POLICE, DUTY, HEAD, HEADS}
    first = [n for n in page.notices if n.template in {"contract-withdrawn", "temporary-duty"}]
    assert {n.party for n in first} == acts
    assert {(n.lane, n.reply_due) for n in first} == {
        (Lane.IMMEDIATE, story.now - timedelta(minutes=5) + timedelta(minutes=30))
    }
    assert all("Saturday 26 December 2026 at 02:00" in n.text for n in first)
    assert not [n for n in page.notices if n.party in ADULTS and "bank" in n.text]
    assert told(later, "emergency-category") >= acts
    assert verdicts(page)[THE_PROVIDER] == "held H1"


# What follows where the standards are not met.


@pytest.mark.parametrize("kind", ["suspension", "safeguarding", "contract action", "termination"])
def test_N012_from_a_suspension_on_the_host_and_every_commissioner_hear(
    story: Story, kind: str
) -> None:
    page = story.happens("sanction.applied", kind=kind, **SANCTION)

    more = {DUTY} if kind == "safeguarding" else set()
    assert told(page, "sanction-applied") == HOSTS | COMMISSIONERS | more
    assert verdicts(page)[THE_PROVIDER] == "held H1"
    for party in COMMISSIONERS:
        assert f"from Saturday 26 December 2026 at 00:00: {kind}." in text_to(page, party)
        assert "Place nobody new there" in text_to(page, party)


@pytest.mark.parametrize("kind", ["monitoring", "corrective action"])
def test_N012_below_a_suspension_it_stays_with_contracts_and_the_provider(kind: str) -> None:
    story = christmas(known=True)

    page = story.happens("sanction.applied", kind=kind, **SANCTION)

    assert told(page, "sanction-applied") == {CONTRACTS, THE_PROVIDER}
    assert "two audits were not clean" in text_to(page, THE_PROVIDER)


def test_N012_a_sanction_for_safeguarding_starts_the_clock_of_the_decision_to_initiate(
    story: Story,
) -> None:
    before = set(story.owes(ObligationKind.INITIATE))
    story.happens("sanction.applied", kind="suspension", **SANCTION)
    suspended = set(story.owes(ObligationKind.INITIATE))

    story.happens("sanction.applied", kind="safeguarding", **SANCTION | {"sanction": "S-2"})

    assert suspended == before
    assert set(story.owes(ObligationKind.INITIATE)) - before == {"sanction:S-2:"}


# Care that may not come.


@pytest.mark.parametrize(
    "kind",
    [
        *("missed visits", "delayed response", "communication breakdown", "equipment"),
        *("workforce", "transport", "medication delay", "digital failure"),
        "emergency unavailability",
    ],
)
def test_N027_the_commissioners_of_the_adults_affected_hear_and_no_other(
    story: Story, kind: str
) -> None:
    page = story.happens("continuity.risk.raised", kind=kind, **RISK)

    assert told(page, "continuity-risk") == {THE_SURREY, THE_HOST, CONTRACTS}
    assert PLACING_ICB in silent(page)
    assert f"{kind}, since Friday 25 December 2026 at 18:00." in text_to(page, THE_SURREY)
    assert "day staff stay the night" in text_to(page, THE_SURREY)


def test_N027_an_outage_of_this_hub_itself_is_told_to_everybody_who_waits_for_it(
    story: Story,
) -> None:
    outage = RISK | {"kind": "hub outage", "affected": [], "until": "2026-12-25T19:30:00Z"}

    page = story.happens("continuity.risk.raised", **outage)

    waits = HOSTS | COMMISSIONERS | {THE_REGULATOR, THE_POLICE, DUTY}
    assert told(page, "hub-outage") == waits
    for notice in of(page, "hub-outage"):
        assert "did not work since Friday 25 December 2026 at 18:00." in notice.text
        assert "works again since Friday 25 December 2026 at 19:30." in notice.text


def test_N028_a_plan_that_is_recorded_is_kept_and_told_to_nobody(story: Story) -> None:
    page = story.happens(
        "contingency.plan.recorded",
        plan="P-1",
        triggers="no carer by nine",
        alternative_cover="an agency",
        contacts=[person("Duty manager")],
        escalation="the area manager",
        telling_the_person="by the worker",
        out_of_hours="01632 960177",
    )

    assert page.notices == ()
    assert silent(page) == {*story.concern.parties()}
    assert [said.about for said in story.concern.said if "plan" in said.data.wire] == ["P-1"]


@pytest.mark.parametrize(
    "missing",
    [
        *("triggers", "alternative_cover", "contacts", "escalation"),
        *("telling_the_person", "out_of_hours"),
    ],
)
def test_N028_a_plan_without_one_of_its_parts_is_no_plan(story: Story, missing: str) -> None:
    whole = {
        "plan": "P-1",
        "triggers": "no carer by nine",
        "alternative_cover": "an agency",
        "contacts": [person("Duty manager")],
        "escalation": "the area manager",
        "telling_the_person": "by the worker",
        "out_of_hours": "01632 960177",
    }
    del whole[missing]

    with pytest.raises(ValueError, match=missing):
        story.made("contingency.plan.recorded", **whole)


def test_N028_a_plan_that_is_put_to_work_tells_whoever_placed_the_host_and_the_adult(
    story: Story,
) -> None:
    (worker,) = [party for party in ADULTS if party.agency == SURREY]
    waits = story.happens("contingency.plan.invoked", **PLAN)
    story.happens(
        "communication.plan.agreed",
        agreed_by=person("Communications lead"),
        agreed_on="2026-12-25",
        update_every_days=14,
    )

    page = story.happens("contingency.plan.invoked", **PLAN)

    assert verdicts(waits)[worker] == "held H8"
    assert told(page, "contingency-invoked") == {THE_SURREY, THE_HOST, worker}
    assert classes_told(page, THE_SURREY) == classes_told(page, worker) == OWN | BOTH
    assert "an agency sends two carers" in text_to(page, worker)
    assert "SCC-1" in text_to(page, worker)
    assert PLACING_ICB in silent(page)
