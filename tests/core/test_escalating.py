"""Enquiries, what a concern amounts to, and to whom it is escalated (004 2.2; 000 9.5, 9.6)."""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Notify
from hub.events.escalating import LABELS, ConcernClassified, ConcernEscalated
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, CriminalStatus, InfoClass, Lane, Role
from tests.core.reports import (
    AT,
    CONTRACTS,
    HEAD,
    decision_for,
    nobody_reads,
    open_story,
    says,
    told,
    words_to,
)
from tests.core.story import (
    BOTH,
    PROCESS,
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

__all__ = ["open_story"]

NURSING: Final = Party(
    agency=AgencyId("unit:professional-regulator"), role=Role.PROFESSIONAL_REGULATOR
)
ROUTE: Final[dict[str, set[Party]]] = {
    "safeguarding": {HEAD},
    "serious incident": {THE_REGULATOR, THE_ICB},
    "complaint": {CONTRACTS},
    "contract breach": {CONTRACTS, THE_SURREY},
    "disciplinary": {NURSING},
    "notifiable safety incident": {THE_REGULATOR},
}
"""Who hears of each label besides the host, by hand (000 9.5)."""


def placing(story: Story) -> None:
    """Surrey and Hampshire have placed adults here."""
    both = [placed(SURREY, "SCC-1"), placed(HAMPSHIRE, "HCC-1")]
    story.happens("placement.register.declared", placements=both)


def classified(story: Story, *labels: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """A concern is classified."""
    return says(
        story,
        "concern.classified",
        raised="C-1",
        labels=list(labels),
        professional_regulator=NURSING.agency,
        classified_by=person("Manager", "Robin Hale"),
        reason="two doses were missed",
        **data,
    )


@pytest.mark.parametrize("label", LABELS)
def test_N040_each_label_adds_those_who_must_hear_of_it(open_story: Story, label: str) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = classified(open_story, label)

    assert set(told(page)) == {THE_HOST} | ROUTE[label]
    assert f"It amounts to: {label}" in words_to(page, THE_HOST).text


@pytest.mark.parametrize("labels", [*combinations(LABELS, 2), LABELS])
def test_N040_a_concern_may_amount_to_several_and_everybody_of_each_hears(
    open_story: Story, labels: tuple[str, ...]
) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])

    page = classified(open_story, *labels)

    assert set(told(page)) == {THE_HOST}.union(*(ROUTE[label] for label in labels))
    assert verdicts(page)[THE_PROVIDER] == "nothing"


def test_N040_a_professional_regulator_hears_that_there_is_a_process_and_no_theme(
    open_story: Story,
) -> None:
    page = classified(open_story, "disciplinary")

    assert classes_told(page, NURSING) == PROCESS
    assert "doses" not in words_to(page, NURSING).text


def test_N040_a_safeguarding_matter_must_be_decided(open_story: Story) -> None:
    classified(open_story, "safeguarding")

    assert [*open_story.owes(ObligationKind.INITIATE)] == ["classified:C-1:"]


def test_N040_a_label_stands_once() -> None:
    with pytest.raises(ValidationError, match="a label stands twice"):
        ConcernClassified.model_validate(
            {
                "raised": "C-1",
                "labels": ["complaint", "complaint"],
                "classified_by": person("Manager"),
                "reason": "x",
            }
        )


def asked(agency: str, body: str, asked: str) -> dict[str, str]:
    """One body, and what it is asked."""
    return {"agency": agency, "body": body, "asked": asked}


TO: Final = (
    asked("regulator:cqc", "cqc", "look at the medicines records"),
    asked(SURREY, "commissioner", "review your placements"),
    asked(NURSING.agency, "professional regulator", "say whether the nurse may practise"),
    asked(HOST, "safeguarding", "begin an enquiry"),
)


def escalated(story: Story, crime: bool, *to: dict[str, str]) -> Page:
    """A concern is escalated."""
    return says(
        story,
        "concern.escalated",
        escalation="E-1",
        what="doses were missed",
        to=list(to or TO),
        crime_suspected=crime,
        escalated_by=person("Manager", "Robin Hale"),
        escalated_at=AT,
    )


def test_N041_each_body_reads_what_it_is_asked_itself_and_nothing_of_the_others(
    open_story: Story,
) -> None:
    placing(open_story)

    page = escalated(open_story, False)

    words = {one["agency"]: one["asked"] for one in TO}
    readers = {THE_REGULATOR, THE_SURREY, NURSING, THE_HOST}
    assert readers <= set(told(page))
    for party in readers:
        notice = words_to(page, party)
        text = " ".join(notice.text.split())
        assert f"You are asked: {words[party.agency]}" in text
        for other, said in words.items():
            assert other == party.agency or said not in text + notice.html
    assert THE_HAMPSHIRE not in told(page)
    assert THE_PROVIDER not in told(page)
    assert THE_POLICE not in told(page)


def test_N041_where_a_crime_is_suspected_the_police_hear_first_though_nobody_named_them(
    open_story: Story,
) -> None:
    page = escalated(open_story, True, TO[0])

    police = decision_for(page, THE_POLICE)
    others = [d for d in page.decisions if isinstance(d, Notify) and d.party != THE_POLICE]
    assert police.lane is Lane.IMMEDIATE
    assert {d.lane for d in others} == {Lane.STANDARD}
    due = police.reply_due
    assert due is not None
    assert all(d.reply_due is not None and due < d.reply_due for d in others)
    assert open_story.concern.criminal is CriminalStatus.SUSPECTED


def test_N041_a_suspected_crime_holds_the_provider_again(open_story: Story) -> None:
    says(open_story, "criminal.status.declared", status="consulted, none")

    escalated(open_story, True)

    assert verdicts(says(open_story, "themes.agreed"))[THE_PROVIDER] == "held H1"


def test_N041_a_commissioner_that_no_register_names_joins_and_is_told(open_story: Story) -> None:
    page = escalated(open_story, False, TO[1])

    assert told(page)[THE_SURREY] == "concern-escalated"
    assert classes_told(page, THE_SURREY) >= BOTH


def test_N041_it_is_escalated_to_somebody() -> None:
    with pytest.raises(ValidationError, match="to"):
        ConcernEscalated.model_validate(
            {
                "escalation": "E-1",
                "what": "x",
                "to": [],
                "crime_suspected": False,
                "escalated_by": person("Manager"),
                "escalated_at": AT,
            }
        )


def test_M010_an_enquiry_is_linked_by_a_reference_that_the_host_alone_reads(
    open_story: Story,
) -> None:
    placing(open_story)

    page = says(open_story, "enquiry.s42.linked", enquiry="S42-2026-0117", linked_at=AT)

    assert told(page) == {THE_HOST: "enquiry-linked"}
    assert classes_told(page, THE_HOST) == PROCESS | {InfoClass.PLACED_ADULT}
    assert "S42-2026-0117" in words_to(page, THE_HOST).text


def test_M010_no_other_commissioner_ever_reads_of_an_individuals_enquiry(
    open_story: Story,
) -> None:
    placing(open_story)
    says(open_story, "enquiry.s42.linked", enquiry="S42-2026-0117", linked_at=AT)
    story = open_story
    host_alone = len([n for p in story.paper.pages for n in p.notices if "0117" in n.text])
    says(story, "themes.agreed")
    escalated(story, False)
    says(story, "placement.register.amended", added=[placed("ods:QXU", "X-1", kind="icb")])

    notices = [n for p in story.paper.pages for n in p.notices]

    assert host_alone == 1
    assert [n.party for n in notices if "S42-2026-0117" in n.text + n.html] == [THE_HOST]


@pytest.mark.parametrize("reference", ["Ann Lee", "", "S42 1", "x" * 40])
def test_M010_a_reference_is_opaque(open_story: Story, reference: str) -> None:
    with pytest.raises(ValidationError, match="enquiry"):
        says(open_story, "enquiry.s42.linked", enquiry=reference, linked_at=AT)


def test_M011_themes_of_enquiries_go_to_whoever_leads_alone(open_story: Story) -> None:
    placing(open_story)

    page = says(
        open_story,
        "enquiry.themes.recorded",
        batch="B-1",
        themes=["night staffing"],
        outcomes=["people want the same carer"],
        enquiries=2,
    )

    assert told(page) == {THE_HOST: "enquiry-themes"}
    assert classes_told(page, THE_HOST) == BOTH
    text = words_to(page, THE_HOST).text
    assert "night staffing" in text
    assert "people want the same carer" in text
    assert "Enquiries: 2" in text


def test_M011_small_numbers_do_not_go_on_to_those_who_place_adults(open_story: Story) -> None:
    placing(open_story)
    says(open_story, "enquiry.themes.recorded", batch="B-1", themes=["night staffing"], enquiries=2)

    page = says(open_story, "themes.agreed", affected_count=2)

    assert "fewer than 3" in words_to(page, THE_SURREY).text
    assert "fewer than 3" not in words_to(page, THE_REGULATOR).text


def test_N041_nobody_is_named_who_raised_it(open_story: Story) -> None:
    says(open_story, "concern.raised")
    escalated(open_story, True)

    nobody_reads(open_story, "CANARY7X")
