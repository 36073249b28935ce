"""Who takes part, who is responsible, which protocol is agreed (004 2.1, 3.1, 4.1, 7.1i, 8.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from pydantic import ValidationError

from hub.concern import Party
from hub.decision import Notify, Withhold
from hub.events.participation import IsaAgreed, ParticipationAgencyAdded, ResponsibilityAgreed
from hub.notice import Notice
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, InfoClass, Role
from tests.core.story import (
    BOTH,
    PROCESS,
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
from tests.worlds import HAMPSHIRE, HOST, SURREY, person

OTHER_HOST: Final = Party(agency=AgencyId(HAMPSHIRE), role=Role.OTHER_HOST)
GUEST: Final = Party(agency=AgencyId(HAMPSHIRE), role=Role.PARTICIPANT)
HEALTHWATCH: Final = Party(agency=AgencyId("unit:healthwatch-west-sussex"), role=Role.HEALTHWATCH)
CONTRACTS: Final = Party(agency=AgencyId(HOST), role=Role.CONTRACTS)
HEAD: Final = Party(agency=AgencyId(HOST), role=Role.HEAD_OF_SAFEGUARDING)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    return story


def told(page: Page) -> dict[Party, str]:
    """Return who is told something by an event, by the notice's name."""
    silent = {"nothing", "withheld"}
    said = verdicts(page).items()
    return {p: word for p, word in said if word not in silent and not word.startswith("held")}


def words_to(page: Page, party: Party) -> Notice:
    """Return the one notice that a page has for a party."""
    return next(n for n in page.notices if n.party == party)


def added(story: Story, party: Party, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """An agency is added to those who take part."""
    return story.happens(
        "participation.agency.added",
        agency=party.agency,
        role=party.role,
        purpose="records of visits by its own teams",
        added_by=person("Lead Enquiry Officer"),
        **data,
    )


def test_M009_an_agency_that_is_added_is_welcomed_by_itself_and_must_acknowledge(
    story: Story,
) -> None:
    page = added(story, GUEST, sharing_reference="ISA-7")

    assert told(page) == {GUEST: "welcome"}
    assert classes_told(page, GUEST) == PROCESS
    words = words_to(page, GUEST)
    assert "records of visits by its own teams" in words.text
    assert "ISA-7" in words.text
    assert "Name one person who may decide for you, and a deputy" in words.text
    owed = [o for o in page.obligations if o.kind is ObligationKind.ANSWER]
    assert [(o.party, o.required) for o in owed] == [(GUEST, "acknowledged")]


def test_M087_a_contract_officer_who_is_added_is_invited_to_the_meetings_that_follow(
    story: Story,
) -> None:
    officer = Party(agency=AgencyId(SURREY), role=Role.CONTRACTS)
    added(story, officer)
    story.happens("chair.appointed")

    page = story.happens("meeting.scheduled", kind="findings")

    assert told(page)[officer] == "meeting-scheduled"


def test_M009_a_part_that_the_opening_or_the_register_gives_cannot_be_added() -> None:
    with pytest.raises(ValidationError, match="placement register gives"):
        ParticipationAgencyAdded.model_validate(
            {
                "agency": SURREY,
                "role": "placing authority",
                "purpose": "x",
                "added_by": person("LEO"),
            }
        )


def test_M022_once_the_list_is_set_whoever_is_not_on_it_is_told_nothing_more_until_the_end(
    story: Story,
) -> None:
    added(story, GUEST)
    added(story, OTHER_HOST)
    story.happens(
        "participation.scope.set",
        members=[{"agency": OTHER_HOST.agency, "role": OTHER_HOST.role}],
        reason="the concern is about one home",
        set_by=person("Chair"),
    )

    page = story.happens("lead.agency.set")

    by_party = {d.party: d for d in page.decisions}
    assert isinstance(by_party[OTHER_HOST], Notify)
    left_out = by_party[GUEST]
    assert isinstance(left_out, Withhold)
    assert left_out.reason.paragraph == "004 3.1"
    for party in (THE_REGULATOR, THE_HOST, THE_SURREY):  # the statutory minimum, list or no list
        assert isinstance(by_party[party], Notify), party


def test_M023_a_representative_who_must_ask_is_told_to_its_organisation_and_to_whoever_leads(
    story: Story,
) -> None:
    page = story.happens(
        "participation.delegate.named",
        agency=SURREY,
        delegate=person("Team manager", "Kim Osei"),
        authority="must ask its organisation",
    )

    notice = "delegate-without-authority"
    assert told(page) == {THE_SURREY: notice, THE_HOST: notice}
    assert "Name somebody who may decide for you" in words_to(page, THE_SURREY).text
    assert "Kim Osei" in words_to(page, THE_HOST).text


def test_M023_a_representative_who_may_decide_is_recorded_and_told_to_nobody(
    story: Story,
) -> None:
    page = story.happens(
        "participation.delegate.named",
        agency=SURREY,
        delegate=person("Assistant director"),
        authority="decides for its organisation",
    )

    assert told(page) == {}


def say(story: Story, agency: str, other: str, word: str, what: str = "who reviews care") -> Page:
    """One side says who is responsible."""
    return story.happens(
        "responsibility.agreed",
        item="R-1",
        responsibility=what,
        agency=agency,
        other=other,
        word=word,
        said_by=person("Manager"),
    )


def test_M029_N005_responsibility_is_agreed_only_when_both_sides_have_said_so(
    story: Story,
) -> None:
    page = say(story, HOST, SURREY, "proposes")

    kind = ObligationKind.AGREE_RESPONSIBILITY
    assert told(page) == {
        THE_HOST: "responsibility-proposed",
        THE_SURREY: "responsibility-proposed",
    }
    assert [o.party for o in story.owes(kind).values()] == [THE_SURREY]

    page = say(story, SURREY, HOST, "agrees")

    assert story.owes(kind) == {}
    assert told(page)[THE_SURREY] == "responsibility-agreed"


def test_M029_to_agree_to_something_else_is_not_to_agree(story: Story) -> None:
    say(story, HOST, SURREY, "proposes", "who reviews care plans")
    say(story, SURREY, HOST, "agrees", "who reviews medicines")

    owed = story.owes(ObligationKind.AGREE_RESPONSIBILITY)

    assert [o.party for o in owed.values()] == [THE_HOST]


def test_M029_a_dispute_goes_to_those_who_manage_and_has_a_clock(story: Story) -> None:
    say(story, HOST, SURREY, "proposes")

    page = say(story, SURREY, HOST, "disputes")

    assert told(page)[HEAD] == "responsibility-disputed"
    assert [*story.owes(ObligationKind.RESOLVE_DISAGREEMENT)] == ["responsibility:R-1:"]


def test_M029_nobody_agrees_with_itself() -> None:
    with pytest.raises(ValidationError, match="two different agencies"):
        ResponsibilityAgreed.model_validate(
            {
                "item": "R-1",
                "responsibility": "x",
                "agency": HOST,
                "other": HOST,
                "word": "agrees",
                "said_by": person("LEO"),
            }
        )


@pytest.mark.parametrize(
    ("belongs", "reader", "notice"),
    [
        ("commissioning", CONTRACTS, "matter-for-commissioning"),
        ("safeguarding", THE_HOST, "matter-for-safeguarding"),
    ],
)
def test_M092_a_matter_goes_to_whoever_it_belongs_to(
    story: Story, belongs: str, reader: Party, notice: str
) -> None:
    page = story.happens(
        "responsibility.classified",
        item="I-4",
        matter="late invoices for agency staff",
        belongs_to=belongs,
        classified_by=person("Chair"),
    )

    assert told(page) == {reader: notice}
    assert "late invoices for agency staff" in words_to(page, reader).text


def test_M032_contracts_hear_who_leads_the_commissioners_and_the_commercial_position(
    story: Story,
) -> None:
    page = story.happens(
        "commissioning.lead.set",
        agency=HOST,
        lead=person("Commissioning manager", "Ade Bello"),
        position="new placements are suspended",
    )

    assert told(page) == {CONTRACTS: "commissioning-lead"}
    assert classes_told(page, CONTRACTS) == {InfoClass.PROCESS, InfoClass.COMMERCIAL}
    assert "new placements are suspended" in words_to(page, CONTRACTS).text


def test_M032_the_commercial_position_is_never_the_providers_to_read(story: Story) -> None:
    story.happens("criminal.status.declared")
    story.happens(
        "commissioning.lead.set",
        agency=HOST,
        lead=person("Commissioning manager"),
        position="new placements are suspended",
    )
    story.happens("provider.informed")

    mine = [n for page in story.paper.pages for n in page.notices if n.party == THE_PROVIDER]

    assert mine
    assert all("suspended" not in n.text + n.html for n in mine)


def agrees(story: Story, *rows: dict[str, Any]) -> Page:
    """The sharing protocol of this concern is agreed."""
    return story.happens(
        "isa.agreed", reference="ISP-1", rows=list(rows), agreed_by=[person("Chair")]
    )


def test_M067_themes_beyond_the_statutory_minimum_wait_for_the_sharing_protocol(
    story: Story,
) -> None:
    added(story, HEALTHWATCH)
    assert classes_told(story.paper.pages[-1], HEALTHWATCH) == PROCESS

    page = agrees(story)

    assert told(page)[THE_SURREY] == "sharing-protocol-agreed"
    assert story.concern.sharing_agreed


def test_M067_the_protocol_narrows_what_a_part_is_told(story: Story) -> None:
    agrees(story, {"role": "contracts and commissioning", "classes": ["process"]})

    page = story.happens("themes.agreed")

    assert classes_told(page, CONTRACTS) == PROCESS
    mine = next(d for d in page.decisions if d.party == CONTRACTS)
    assert isinstance(mine, Notify)
    assert [(w.info, w.reason.rule) for w in mine.withheld] == [(InfoClass.THEMES, "own-protocol")]


def test_M067_no_protocol_narrows_a_risk_notice(story: Story) -> None:
    nothing: list[dict[str, Any]] = [
        {"role": role, "classes": []} for role in ("regulator", "placing authority")
    ]
    agrees(story, *nothing)

    page = story.happens("themes.agreed")

    assert classes_told(page, THE_REGULATOR) == BOTH
    assert classes_told(page, THE_SURREY) == BOTH


def test_M067_no_protocol_widens_what_the_pack_allows(story: Story) -> None:
    everything = [str(info) for info in InfoClass]
    agrees(story, {"role": "healthwatch", "classes": everything})
    added(story, HEALTHWATCH)

    for page in story.paper.pages:
        assert classes_told(page, HEALTHWATCH) <= BOTH


def test_M067_a_protocol_with_two_rows_for_one_part_is_refused() -> None:
    row = {"role": "healthwatch", "classes": ["process"]}

    with pytest.raises(ValidationError, match="two rows for healthwatch"):
        IsaAgreed.model_validate(
            {"reference": "ISP-1", "rows": [row, row], "agreed_by": [person("Chair")]}
        )


def test_M020_each_stage_owes_a_review_of_the_providers_part_and_no_alert_waits_for_it(
    story: Story,
) -> None:
    kind = ObligationKind.REVIEW_INVOLVEMENT
    assert [*story.owes(kind)] == ["stage:decision to initiate"]

    page = story.happens("themes.agreed")
    assert told(page)[THE_SURREY] == "themes-agreed"

    story.happens("provider.involvement.reviewed", stage="decision to initiate")
    assert story.owes(kind) == {}

    story.stage("decision to initiate", "initial meeting")
    assert [*story.owes(kind)] == ["stage:initial meeting"]


def test_M021_S4_without_a_lead_agency_an_exclusion_asks_for_one_within_four_hours(
    story: Story,
) -> None:
    story.held(THE_PROVIDER, "H2", endorsed_by_agency=None)

    owed = story.owes(ObligationKind.NAME_LEAD)["lead"]

    assert owed.party == THE_HOST
    assert owed.due - story.now == timedelta(hours=4)

    story.happens("lead.agency.set")
    assert story.owes(ObligationKind.NAME_LEAD) == {}


def test_M020_M021_the_police_are_not_told_of_the_providers_part(story: Story) -> None:
    page = story.happens("provider.involvement.reviewed", stage="decision to initiate")

    assert verdicts(page)[THE_POLICE] == "nothing"
