"""Deadlines, and the factors that change how a concern is handled (004 2.4, 2.5; 000 11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.concern import Party
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, InfoClass, Lane, Role
from tests.core.reports import HEAD, decision_for, open_story, reports, says, told, words_to
from tests.core.story import (
    BOTH,
    PROCESS,
    THE_HOST,
    THE_ICB,
    THE_PROVIDER,
    THE_REGULATOR,
    THE_SURREY,
    Story,
    classes_told,
    placed,
    verdicts,
)
from tests.worlds import HOST, START, SURREY, C, person

__all__ = ["open_story"]

PRESS: Final = Party(agency=AgencyId(HOST), role=Role.COMMUNICATIONS)
HEADS: Final = Party(agency=AgencyId(HOST), role=Role.HEADS_OF_SERVICE)
SPCG: Final = Party(agency=AgencyId("unit:west-sussex-spcg"), role=Role.SPCG)
CHRISTMAS: Final = datetime(2026, 12, 25, 23, 50, tzinfo=UTC)


def test_M014_N049_whoever_owes_something_is_told_and_owes_it_by_its_own_date(
    open_story: Story,
) -> None:
    page = says(open_story, "deadline.set")

    assert told(page) == {THE_ICB: "deadline-set"}
    assert "send the list of nurses' visits" in words_to(page, THE_ICB).text
    owed = open_story.owes(ObligationKind.MEET_DEADLINE)["D-1:"]
    assert owed.party == THE_ICB
    assert owed.due == START + timedelta(hours=6)


def test_M014_what_is_urgent_waits_for_no_quiet_hours(open_story: Story) -> None:
    open_story.now = CHRISTMAS - timedelta(minutes=5)

    page = says(open_story, "deadline.set", standing="due, urgent")

    notice = decision_for(page, THE_ICB)
    assert notice.lane is Lane.IMMEDIATE
    assert notice.reply_due == CHRISTMAS + timedelta(minutes=30)
    assert {d.due_at for d in page.deliveries} == {CHRISTMAS}


def test_M014_what_has_been_done_is_owed_no_more(open_story: Story) -> None:
    says(open_story, "deadline.set")

    page = says(open_story, "deadline.set", standing="met")

    assert told(page) == {}
    assert open_story.owes(ObligationKind.MEET_DEADLINE) == {}


def test_M014_a_date_that_passes_ends_nothing(open_story: Story) -> None:
    says(open_story, "deadline.set")
    open_story.now = START + timedelta(days=30)

    says(open_story, "themes.agreed")

    assert [*open_story.owes(ObligationKind.MEET_DEADLINE)] == ["D-1:"]


def test_M014_a_breach_goes_to_whoever_leads_and_whoever_manages(open_story: Story) -> None:
    page = says(
        open_story,
        "deadline.breached",
        deadline="D-1",
        owner=SURREY,
        what="send the list",
        was_due=START.isoformat(),
    )

    assert told(page) == {THE_HOST: "deadline-breached", HEAD: "deadline-breached"}
    assert "send the list" in words_to(page, HEAD).text


def test_M014_a_provider_that_is_held_reads_of_no_deadline(open_story: Story) -> None:
    page = says(open_story, "deadline.set", owner=THE_PROVIDER.agency)

    assert verdicts(page)[THE_PROVIDER] == "held H1"


def test_M015_the_press_lead_hears_that_nothing_may_be_said_and_nothing_of_the_matter(
    open_story: Story,
) -> None:
    page = says(
        open_story,
        "factor.media.flagged",
        flagged_by=person("LEO"),
        interest="a reporter rang about falls",
    )

    assert told(page) == {PRESS: "media-interest", THE_HOST: "media-interest"}
    assert classes_told(page, PRESS) == PROCESS
    words = words_to(page, PRESS)
    assert "Let nobody say anything outside" in words.text
    for said in ("reporter", "Rosewood", C[InfoClass.THEMES]):
        assert said not in words.text + words.html
    assert "a reporter rang" in words_to(page, THE_HOST).text


def test_M015_H8_nothing_goes_outside_until_it_is_agreed_what_is_said(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    says(open_story, "factor.media.flagged", flagged_by=person("LEO"), interest="a reporter rang")
    assert "media:statement:" in open_story.owes(ObligationKind.ACT)

    page = says(
        open_story,
        "adults.informed",
        stage="decision to initiate",
        decision="tell",
        decided_by=person("LEO"),
    )
    adults = Party(agency=THE_SURREY.agency, role=Role.ADULTS)
    assert verdicts(page)[adults] == "held H8"

    says(
        open_story,
        "communication.plan.agreed",
        agreed_by=person("Chair"),
        agreed_on="2026-12-01",
        update_every_days=14,
    )
    assert "media:statement:" not in open_story.owes(ObligationKind.ACT)


SHORTER: Final = {
    ObligationKind.INITIATE: ("2026-12-03T17:00:00+00:00", "2026-12-02T17:00:00+00:00"),
    ObligationKind.CHECK_WELFARE: ("2026-12-02T09:25:00+00:00", "2026-12-01T13:25:00+00:00"),
}
"""When each is due without the flag and with it, by hand: from a Tuesday morning."""


@pytest.mark.parametrize("kind", SHORTER)
@pytest.mark.parametrize("flagged", [False, True])
def test_M016_volume_and_severity_shorten_the_times_of_the_pack(
    open_story: Story,
    kind: ObligationKind,
    flagged: bool,
) -> None:
    says(open_story, "risk.assessed", level="low")
    if flagged:
        page = says(
            open_story, "factor.severity.flagged", flagged_by=person("LEO"), severity="many"
        )
        assert told(page) == {THE_HOST: "severity-flagged", HEAD: "severity-flagged"}
        assert classes_told(page, HEAD) == BOTH
    else:
        says(open_story, "themes.agreed", risk_level="low")
    says(open_story, "trigger.reported")
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    owed = next(iter(open_story.owes(kind).values()))

    assert owed.due.isoformat() == SHORTER[kind][flagged]


def test_M017_a_dangerous_culture_goes_to_the_regulator_the_lead_and_the_board(
    open_story: Story,
) -> None:
    page = says(
        open_story,
        "factor.culture.flagged",
        flagged_by=person("LEO"),
        practices="people are lifted by one carer",
    )

    assert set(told(page)) == {THE_REGULATOR, THE_HOST, THE_ICB}
    assert classes_told(page, THE_REGULATOR) == BOTH
    assert "lifted by one carer" in words_to(page, THE_REGULATOR).text
    host = " ".join(words_to(page, THE_HOST).text.split())
    assert "Consider whether the provider's part must be limited" in host
    assert "provider's part" not in words_to(page, THE_REGULATOR).text


def test_M018_heads_of_service_and_the_strategic_group_hear_the_commercial_side_as_well(
    open_story: Story,
) -> None:
    page = says(
        open_story,
        "factor.senior.requested",
        requested_by=person("LEO"),
        why="three homes at once",
        commercial="forty beds are paid in advance",
        group=SPCG.agency,
    )

    assert set(told(page)) == {HEADS, SPCG, THE_HOST}
    whole = BOTH | {InfoClass.COMMERCIAL}
    for party in (HEADS, SPCG):
        assert classes_told(page, party) == whole
        assert "forty beds are paid in advance" in words_to(page, party).text


def test_M018_what_is_commercial_goes_to_nobody_else(open_story: Story) -> None:
    says(
        open_story,
        "factor.senior.requested",
        requested_by=person("LEO"),
        why="three homes at once",
        commercial="forty beds are paid in advance",
        group=SPCG.agency,
    )
    says(open_story, "criminal.status.declared")
    says(open_story, "themes.agreed")

    readers = {
        n.party
        for p in open_story.paper.pages
        for n in p.notices
        if "forty beds" in n.text + n.html
    }

    assert readers == {HEADS, SPCG, THE_HOST}


def test_M014_a_deadline_may_be_set_before_a_concern_is_open() -> None:
    story = Story()
    reports(story, "trigger.reported")

    page = says(story, "deadline.set")

    assert told(page) == {THE_ICB: "deadline-set"}
