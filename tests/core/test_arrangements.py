"""Arrangements with external providers: diligence, agreements, standards (000 2 to 6, 9.9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.events.arrangements import ApprovalDecided, DueDiligenceRecorded
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import Role
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_PROVIDER,
    Story,
    classes_told,
    verdicts,
)
from tests.core.test_participation import CONTRACTS, GUEST, told, words_to
from tests.worlds import START, person

REGISTERED: Final = Party(agency=GUEST.agency, role=Role.PARTICIPANT)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("criminal.status.declared")
    return story


def registered(story: Story, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """A party is registered."""
    return story.happens(
        "party.registered",
        agency=REGISTERED.agency,
        party_type="therapy service",
        contact="duty desk",
        channel="email",
        **data,
    )


def test_N002_a_registered_party_has_a_desk_a_channel_and_the_standing_of_its_agreement(
    story: Story,
) -> None:
    page = registered(story, sharing_agreement="ISA-3")

    assert told(page) == {REGISTERED: "party-registered"}
    assert classes_told(page, REGISTERED) == PROCESS
    assert REGISTERED in story.concern.parties()
    assert story.owes(ObligationKind.SIGN_AGREEMENT) == {}


def test_N002_N008_a_party_without_an_agreement_hears_that_there_is_a_process_and_no_more(
    story: Story,
) -> None:
    registered(story)
    page = story.happens("themes.agreed")

    assert verdicts(page)[REGISTERED] == "nothing"
    owed = story.owes(ObligationKind.SIGN_AGREEMENT)
    assert [*owed] == [f"party:{REGISTERED.agency}:"]

    registered(story, sharing_agreement="ISA-3")
    assert story.owes(ObligationKind.SIGN_AGREEMENT) == {}


def test_N002_a_kind_of_party_that_nobody_knows_is_refused(story: Story) -> None:
    with pytest.raises(ValidationError, match="party_type"):
        story.made(
            "party.registered",
            agency=REGISTERED.agency,
            party_type="window cleaner",
            contact="x",
            channel="email",
        )


def diligence(story: Story, *checks: dict[str, Any]) -> Page:
    """Due diligence is recorded."""
    passed = all(check["outcome"] == "passed" for check in checks)
    return story.happens(
        "due.diligence.recorded",
        arrangement="AR-1",
        standing="complete" if passed else "incomplete",
        checks=list(checks),
        recorded_by=person("Registered manager"),
    )


def test_N006_due_diligence_is_recorded_and_told_to_nobody(story: Story) -> None:
    page = diligence(story, {"kind": "insurance", "outcome": "passed"})

    assert told(page) == {}
    assert len(story.concern.every(DueDiligenceRecorded)) == 1


@pytest.mark.parametrize("outcome", ["missing", "failed", "expired"])
def test_N007_a_check_that_is_not_there_is_asked_of_the_provider_and_owed_until_it_is(
    story: Story, outcome: str
) -> None:
    page = diligence(story, {"kind": "insurance", "outcome": outcome})

    assert told(page) == {THE_PROVIDER: "checks-incomplete"}
    (notice,) = page.notices
    assert "failed, has run out or is missing" in notice.text
    assert story.owes(ObligationKind.RENEW_CHECK)["AR-1 insurance:"].party == THE_PROVIDER

    diligence(story, {"kind": "insurance", "outcome": "passed"})
    assert story.owes(ObligationKind.RENEW_CHECK) == {}


def test_N007_a_check_that_runs_out_is_to_be_renewed_by_the_end_of_that_day(
    story: Story,
) -> None:
    diligence(story, {"kind": "registration", "outcome": "passed", "expires_on": "2027-06-30"})

    owed = story.owes(ObligationKind.RENEW_CHECK)["AR-1 registration:"]

    assert owed.due == datetime(2027, 6, 30, 16, tzinfo=UTC)  # 17:00 in London's summer


def test_N007_a_held_provider_is_not_asked_for_a_check() -> None:
    story = Story()
    story.opens()

    page = diligence(story, {"kind": "insurance", "outcome": "failed"})

    assert verdicts(page)[THE_PROVIDER] == "held H1"


@pytest.mark.parametrize(
    ("standing", "checks", "says"),
    [
        ("complete", [{"kind": "finance", "outcome": "failed"}], "`complete` where every check"),
        ("incomplete", [{"kind": "finance", "outcome": "passed"}], "`incomplete` where one"),
        (
            "complete",
            [{"kind": "finance", "outcome": "passed"}, {"kind": "finance", "outcome": "passed"}],
            "two checks of finance",
        ),
    ],
)
def test_N007_what_the_checks_say_and_what_is_claimed_must_agree(
    standing: str, checks: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        DueDiligenceRecorded.model_validate(
            {
                "arrangement": "AR-1",
                "standing": standing,
                "checks": checks,
                "recorded_by": person("Manager"),
            }
        )


def signed(story: Story, hours: int = 4) -> Page:
    """The agreement is signed."""
    return story.happens(
        "agreement.signed",
        arrangement="AR-1",
        signed_on="2026-12-01",
        terms=["scope", "incident reporting"],
        incident_hours=hours,
    )


def test_N008_an_arrangement_by_emergency_ends_when_it_says_or_is_signed(story: Story) -> None:
    ends = START + timedelta(days=3)
    page = story.happens(
        "agreement.emergency.authorised",
        arrangement="AR-1",
        authorised_by=person("Director", "Ade Bello"),
        reason="the night team left",
        expires_at=ends.isoformat(),
    )

    assert told(page) == {CONTRACTS: "emergency-arrangement"}
    assert "Ade Bello" in words_to(page, CONTRACTS).text
    owed = story.owes(ObligationKind.SIGN_AGREEMENT)["AR-1:"]
    assert (owed.due, owed.party) == (ends, THE_PROVIDER)

    page = signed(story)
    assert told(page) == {}
    assert story.owes(ObligationKind.SIGN_AGREEMENT) == {}


def test_N009_the_hours_of_the_agreement_are_the_deadline_of_an_incident_under_it(
    story: Story,
) -> None:
    signed(story, hours=4)

    story.happens(
        "incident.notifiable.declared",
        incident="I-1",
        arrangement="AR-1",
        kind="serious injury",
        occurred_at=START.isoformat(),
        duties="notify and be candid",
        declared_by=person("Registered manager"),
    )

    owed = story.owes(ObligationKind.MEET_DEADLINE)["incident:I-1:"]
    assert owed.due == START + timedelta(hours=4)


def test_N010_nothing_is_approved_that_cannot_support_the_fundamental_standards() -> None:
    with pytest.raises(ValidationError, match="Fundamental Standards"):
        ApprovalDecided.model_validate(
            {
                "arrangement": "AR-1",
                "outcome": "approved",
                "supports_fundamental_standards": False,
                "reason": "cheap",
                "decided_by": person("Manager"),
            }
        )


def test_N010_a_decision_on_approval_is_kept_with_its_reason_and_told_to_nobody(
    story: Story,
) -> None:
    page = story.happens(
        "approval.decided",
        arrangement="AR-1",
        outcome="refused",
        supports_fundamental_standards=False,
        reason="no checks of staff",
        decided_by=person("Manager"),
    )

    assert told(page) == {}
    kept = story.concern.last(ApprovalDecided)
    assert kept is not None
    assert kept.reason == "no checks of staff"


def breach(story: Story, severity: str) -> Page:
    """A standard is not met."""
    return story.happens(
        "standard.breach.reported",
        arrangement="AR-1",
        standard="follows care plans",
        severity=severity,
        what="two visits were missed",
    )


def test_N011_a_minor_breach_goes_to_the_provider_and_a_serious_one_to_the_host_as_well(
    story: Story,
) -> None:
    notice = "standard-breach"
    minor, serious = breach(story, "minor"), breach(story, "serious")

    assert told(minor) == {THE_PROVIDER: notice}
    assert told(serious) == {THE_PROVIDER: notice, THE_HOST: notice, CONTRACTS: notice}
    assert classes_told(serious, THE_HOST) == BOTH
    assert "two visits were missed" in words_to(serious, THE_HOST).text
    assert "You keep responsibility for oversight" in words_to(minor, THE_PROVIDER).text


@pytest.mark.parametrize(
    ("outcome", "readers"),
    [
        ("suitable", set()),
        ("suitable if changed", {CONTRACTS}),
        ("unsuitable", {CONTRACTS, THE_HOST}),
    ],
)
def test_N044_a_review_of_an_arrangement_is_told_where_it_cannot_go_on(
    story: Story, outcome: str, readers: set[Party]
) -> None:
    page = story.happens(
        "arrangement.reviewed",
        arrangement="AR-1",
        outcome=outcome,
        reason="calls are late each weekend",
        reviewed_by=person("Contract officer"),
    )

    assert set(told(page)) == readers
