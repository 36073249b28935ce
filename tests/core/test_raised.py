"""What people raise, staff among them, and what goes to the provider (000 6, 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, get_args

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.events.reporting import ConcernRaised
from hub.obligation import ObligationKind
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.reports import (
    CONTRACTS,
    DUTY,
    REPORTS,
    WHISPER,
    decision_for,
    nobody_reads,
    open_story,
    reports,
    says,
    told,
    words_to,
)
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
from tests.worlds import HAMPSHIRE, HOST, START, SURREY, C

__all__ = ["open_story"]

DPO: Final = Party(agency=AgencyId(HOST), role=Role.DATA_PROTECTION)

MINIMUM: Final[dict[str, set[Party]]] = {
    "poor communication": {THE_HOST, CONTRACTS},
    "missed care": {THE_HOST, CONTRACTS, THE_SURREY},
    "unsafe practice": {THE_HOST, CONTRACTS, THE_REGULATOR, THE_SURREY},
    "unprofessional conduct": {THE_HOST, CONTRACTS},
    "poor records": {THE_HOST, CONTRACTS},
    "medication": {THE_HOST, CONTRACTS, THE_SURREY},
    "boundary": {THE_HOST, CONTRACTS, THE_REGULATOR, THE_SURREY},
    "discrimination": {THE_HOST, CONTRACTS},
    "confidentiality breach": {THE_HOST, DPO},
    "safeguarding": {THE_HOST, DUTY, THE_REGULATOR, THE_SURREY},
    "not following the care plan": {THE_HOST, CONTRACTS, THE_SURREY},
}
"""Who hears at the least of each kind of concern, by hand (000 9)."""


@pytest.mark.parametrize("kind", MINIMUM)
def test_N035_the_kind_of_a_concern_says_who_hears_of_it_at_the_least(
    open_story: Story, kind: str
) -> None:
    both = [placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")]
    open_story.happens("placement.register.declared", placements=both)

    page = says(open_story, "concern.raised", kind=kind, commissioners=[SURREY])

    assert set(told(page)) == MINIMUM[kind]
    assert THE_HAMPSHIRE not in told(page)  # its adults are not concerned
    assert verdicts(page)[THE_PROVIDER] == "nothing"
    assert "doses were missed" in words_to(page, THE_HOST).text


def test_N035_there_are_eleven_kinds_and_no_other() -> None:
    declared = get_args(ConcernRaised.model_fields["kind"].annotation)

    assert set(declared) == set(MINIMUM)
    assert len(declared) == 11
    with pytest.raises(ValidationError, match="kind"):
        ConcernRaised.model_validate({**REPORTS["concern.raised"], "kind": "gossip"})


def test_N035_a_breach_of_confidentiality_tells_data_protection_nothing_of_the_matter(
    open_story: Story,
) -> None:
    page = says(open_story, "concern.raised", kind="confidentiality breach")

    assert classes_told(page, DPO) == PROCESS
    assert "doses were missed" not in words_to(page, DPO).text


def test_N035_a_safeguarding_concern_must_be_decided_like_a_trigger(open_story: Story) -> None:
    says(open_story, "concern.raised", kind="safeguarding")

    assert [*open_story.owes(ObligationKind.INITIATE)] == ["raised:C-1:"]


def test_N037_when_it_occurred_and_was_recorded_are_kept_apart_and_a_late_entry_is_marked(
    open_story: Story,
) -> None:
    recorded = START + timedelta(days=3)

    page = says(open_story, "concern.raised", recorded_at=recorded.isoformat())

    text = words_to(page, THE_HOST).text
    assert "Late entry: recorded 3 days after it occurred" in " ".join(text.split())
    said = open_story.concern.last(ConcernRaised)
    assert said is not None
    assert (said.occurred_at, said.recorded_at) == (START, recorded)
    # When the hub received it stands beside them, by the register's own clock.
    assert page.at not in {said.occurred_at, said.recorded_at}


def test_N037_what_is_recorded_at_once_is_no_late_entry(open_story: Story) -> None:
    page = says(open_story, "concern.raised")

    assert "Late entry" not in words_to(page, THE_HOST).text


def test_N037_nothing_is_recorded_before_it_occurs() -> None:
    early = (START - timedelta(minutes=1)).isoformat()

    with pytest.raises(ValidationError, match="nothing is recorded before it occurs"):
        ConcernRaised.model_validate({**REPORTS["concern.raised"], "recorded_at": early})


@pytest.mark.parametrize(
    ("outside", "readers"),
    [(True, {THE_HOST, THE_REGULATOR, THE_POLICE}), (False, {THE_HOST, THE_POLICE})],
)
def test_N015_what_staff_raise_is_told_and_who_raised_it_to_nobody(
    open_story: Story,
    outside: bool,
    readers: set[Party],
) -> None:
    page = says(open_story, "concern.staff.raised", outside=outside)

    assert set(told(page)) == readers
    assert "nobody is on the floor at night" in words_to(page, THE_HOST).text
    nobody_reads(open_story, C[InfoClass.REFERRER])


def test_N015_S11_where_nobody_suspects_a_crime_the_police_hear_nothing_of_it(
    open_story: Story,
) -> None:
    says(open_story, "criminal.status.declared", status="consulted, none")

    page = says(open_story, "concern.staff.raised")

    assert set(told(page)) == {THE_HOST, THE_REGULATOR}


def test_N015_S11_the_provider_hears_of_it_by_no_notice_even_once_it_is_told_of_the_process(
    open_story: Story,
) -> None:
    says(open_story, "concern.staff.raised")
    says(open_story, "criminal.status.declared")
    says(open_story, "provider.informed")
    says(open_story, "themes.agreed")

    mine = [n for p in open_story.paper.pages for n in p.notices if n.party == THE_PROVIDER]

    assert len(mine) > 1  # it is told of the process, and of the themes
    for notice in mine:
        assert "on the floor at night" not in notice.text + notice.html
        assert "W-1" not in notice.text
    nobody_reads(open_story, C[InfoClass.REFERRER])
    assert open_story.concern.referrer is not None
    assert WHISPER not in {n.text for n in mine}


def test_N016_an_incident_goes_to_the_provider_and_the_host(open_story: Story) -> None:
    says(open_story, "criminal.status.declared")

    page = says(open_story, "incident.external.reported")

    assert told(page) == {THE_HOST: "incident-reported", THE_PROVIDER: "incident-reported"}
    assert "a fall on the stairs" in words_to(page, THE_PROVIDER).text


def test_N016_a_provider_that_the_police_hold_hears_of_no_incident(open_story: Story) -> None:
    page = says(open_story, "incident.external.reported")

    assert told(page) == {THE_HOST: "incident-reported", THE_PROVIDER: "held H1"}


def test_N016_before_a_concern_is_open_the_host_alone_hears() -> None:
    page = reports(Story(), "incident.external.reported")

    assert told(page) == {THE_HOST: "incident-reported"}


def test_N014_what_is_escalated_within_the_provider_goes_to_those_who_answer_for_it(
    open_story: Story,
) -> None:
    says(open_story, "criminal.status.declared")

    page = says(open_story, "concern.provider.escalated")

    assert told(page) == {THE_PROVIDER: "provider-escalation", THE_HOST: "provider-escalation"}
    text = words_to(page, THE_PROVIDER).text
    assert "registered manager" in text
    assert "nominated individual" in text
    assert decision_for(page, THE_PROVIDER).required == "acknowledged"
