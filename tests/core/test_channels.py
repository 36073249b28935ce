"""What a channel may carry (H7), and who answers for an authority that was merged (S5, S14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from hub.closure import closure_set
from hub.decision import Notify
from hub.directory import Agency, Directory, Endpoint
from hub.obligation import ObligationKind
from hub.pack.faults import PackFaults
from hub.pack.load import load_directory
from hub.page import Discharge, Page
from hub.vocabulary import AgencyId, AgencyKind, Channel, EndpointId, HoldKind, InfoClass, Role
from tests.core.placing import SCOTTISH, as_party, changed, contact, line, number_of, opened, to
from tests.core.story import THE_HOST, Story, notices_to
from tests.worlds import SURREY

SCOT: Final = SCOTTISH[0]
FIFE: Final = as_party(SCOT)
SHORT: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})


def _found(story: Story) -> Page:
    return story.happens("placement.register.declared", placements=[line(SCOT)])


def _held(page: Page) -> Mapping[InfoClass, HoldKind]:
    (decision,) = [d for d in page.decisions if d.party == FIFE]
    assert isinstance(decision, Notify)
    return {h.info: h.kind for h in decision.held}


def test_H7_S5_what_its_channel_is_not_accredited_for_is_held_and_the_rest_goes() -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited=SHORT)])

    page = _found(story)

    assert _held(page) == {InfoClass.PLACED_ADULT: HoldKind.H7}
    (notice,) = to(page, FIFE)
    assert notice.classes == SHORT
    assert number_of(SCOT) not in notice.text
    assert len([d for d in page.deliveries if d.party == FIFE]) == 1


def test_H7_S5_its_next_contact_is_chosen_where_that_one_may_carry_it() -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited=SHORT), contact(SCOT, 1)])

    page = _found(story)

    assert _held(page) == {}
    (delivery,) = [d for d in page.deliveries if d.party == FIFE]
    assert delivery.target == contact(SCOT, 1).id
    assert number_of(SCOT) in to(page, FIFE)[0].text


def test_H7_S5_its_webhook_is_chosen_where_no_mailbox_may_carry_it() -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited=frozenset())])
    tools = story.paper.tools
    hook = Endpoint(
        id=EndpointId("fife-hook"),
        agency=AgencyId(SCOT),
        roles=frozenset({Role.PLACING_AUTHORITY}),
        url="https://hooks.fife.example/concerns",
        hosts=("hooks.fife.example",),
    )
    endpoints = (*tools.directory.endpoints, hook)
    story.paper.tools = replace(tools, directory=replace(tools.directory, endpoints=endpoints))

    page = _found(story)

    (delivery,) = [d for d in page.deliveries if d.party == FIFE]
    assert (delivery.channel, delivery.target) == (Channel.WEBHOOK, "fife-hook")
    assert _held(page) == {}


@pytest.mark.parametrize(
    ("until", "held"),
    [(date(2026, 12, 1), set()), (date(2026, 11, 30), {"themes", "placed adult"})],
)
def test_H7_an_accreditation_counts_to_its_last_day(until: date, held: set[str]) -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited_until=until)])

    page = _found(story)

    assert {str(info) for info in _held(page)} == held
    assert notices_to(page, FIFE) == ["placing-authority-alert"]


def test_H7_the_host_owes_another_contact_until_there_is_one() -> None:
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited=SHORT)])
    _found(story)
    (owed,) = story.owes(ObligationKind.REPLACE_CONTACT).values()

    changed(story, contacts=[contact(SCOT, 1)])
    page = story.happens("lead.agency.set")

    assert owed.party == THE_HOST
    assert "accredited for: placed adult" in owed.says
    met = Discharge(kind=ObligationKind.REPLACE_CONTACT, key=owed.key)
    assert met in page.discharges
    assert story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_H7_where_nothing_is_said_of_accreditation_everything_may_travel() -> None:
    story = opened()

    page = _found(story)

    assert _held(page) == {}
    assert story.owes(ObligationKind.REPLACE_CONTACT) == {}


# Authorities that were merged.

SOMERSET: Final = AgencyId("gss:E10000027")
NEW_SOMERSET: Final = AgencyId("gss:E06000066")


def _merged() -> Story:
    story = opened()
    old = Agency(
        id=SOMERSET,
        name="Somerset County Council",
        kind=AgencyKind.COUNCIL,
        successor=NEW_SOMERSET,
    )
    new = Agency(id=NEW_SOMERSET, name="Somerset Council", kind=AgencyKind.COUNCIL)
    changed(story, [old, new], [contact(NEW_SOMERSET)])
    return story


def test_M004_S14_what_is_for_a_merged_authority_goes_to_its_successor_to_the_end() -> None:
    story = _merged()
    party = as_party(SOMERSET)

    page = story.happens("placement.register.declared", placements=[line(SOMERSET)])

    assert notices_to(page, party) == ["placing-authority-alert"]
    assert number_of(SOMERSET) in to(page, party)[0].text
    (delivery,) = [d for d in page.deliveries if d.party == party]
    assert delivery.target == contact(NEW_SOMERSET).id
    assert party in closure_set(story.concern, story.paper.standing.history)


def test_M026_S14_a_successor_named_beside_its_predecessor_is_alerted_and_told_nothing_twice() -> (
    None
):
    story = _merged()
    story.happens("placement.register.declared", placements=[line(SOMERSET)])
    story.happens("lead.agency.set")

    page = story.happens("placement.register.amended", added=[line(NEW_SOMERSET)])

    assert notices_to(page, as_party(NEW_SOMERSET)) == ["placing-authority-alert"]
    assert number_of(NEW_SOMERSET) in to(page, as_party(NEW_SOMERSET))[0].text


def test_M041_S14_an_event_about_the_predecessor_is_understood() -> None:
    story = _merged()
    story.happens("placement.register.declared", placements=[line(SOMERSET)])

    page = story.happens("placement.register.amended", moved_out=[SOMERSET])

    assert page.refused == ()
    assert [c.moved_out for c in story.concern.commissioners] == [True]


def test_S14_a_chain_of_mergers_leads_to_the_last_and_a_circle_nowhere() -> None:
    agencies = (
        Agency(id=SOMERSET, name="a", successor=NEW_SOMERSET),
        Agency(id=NEW_SOMERSET, name="b", successor=AgencyId(SURREY)),
        Agency(id=AgencyId(SURREY), name="c"),
    )
    circle = (*agencies[:2], replace(agencies[2], successor=SOMERSET))

    assert Directory(agencies=agencies).answers_for(SOMERSET) == SURREY
    assert Directory(agencies=circle).answers_for(SOMERSET) == SURREY


def test_B03_a_mailbox_serves_its_agency_and_whom_that_answers_for_in_its_own_roles_alone() -> None:
    agencies = (
        Agency(id=SOMERSET, name="a", successor=NEW_SOMERSET),
        Agency(id=NEW_SOMERSET, name="b"),
        Agency(id=AgencyId(SURREY), name="c"),
    )
    directory = Directory(agencies=agencies)
    desk = contact(NEW_SOMERSET, roles=frozenset({Role.PLACING_AUTHORITY}))

    assert directory.serves(desk, NEW_SOMERSET, Role.PLACING_AUTHORITY)
    assert directory.serves(desk, SOMERSET, Role.PLACING_AUTHORITY)
    assert directory.serves(desk, SOMERSET, Role.ADULTS), "it answers for them (4.3)"
    assert not directory.serves(desk, SOMERSET, Role.HOST_AUTHORITY)
    assert not directory.serves(desk, AgencyId(SURREY), Role.PLACING_AUTHORITY)


DIRECTORY: Final = """
[[agency]]
id = "gss:E10000027"
name = "Somerset County Council"
kind = "council"
successor = "{successor}"

[[agency]]
id = "gss:E06000066"
name = "Somerset Council"
kind = "council"

[[contact]]
id = "somerset"
agency = "gss:E06000066"
roles = ["placing authority"]
name = "Duty desk"
address = "duty@somerset.example"
accredited = ["process", "{info}"]
accredited_until = 2027-03-31
"""


def test_H7_S14_the_directory_says_successors_and_accreditations() -> None:
    directory = load_directory(DIRECTORY.format(successor="gss:E06000066", info="themes"))

    (mailbox,) = directory.contacts_of(SOMERSET, Role.PLACING_AUTHORITY)
    assert mailbox.accredited == SHORT
    assert mailbox.accredited_until == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("successor", "info", "says"),
    [
        ("gss:E06000067", "themes", "unknown agency `gss:E06000067`"),
        ("gss:E10000027", "themes", "its successors lead round in a circle"),
        ("gss:E06000066", "theme", "unknown class `theme`"),
    ],
)
def test_H7_S14_what_the_directory_cannot_mean_is_refused(
    successor: str, info: str, says: str
) -> None:
    with pytest.raises(PackFaults) as refused:
        load_directory(DIRECTORY.format(successor=successor, info=info))

    assert says in str(refused.value)
