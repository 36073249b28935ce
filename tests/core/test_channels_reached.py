"""Whoever could not be reached is told what waited, once the directory has a fit channel (H7, H10).

004 4.1b; 000 7; a missed notice leaves people in danger.
"""

from __future__ import annotations

from typing import Final

from hub.decision import Notify, OccasionKind
from hub.directory import Agency
from hub.obligation import ObligationKind
from hub.page import Page
from hub.vocabulary import AgencyId, AgencyKind, InfoClass
from tests.core.placing import SCOTTISH, as_party, changed, contact, line, number_of, opened, to
from tests.core.story import THE_HOST, Story, classes_told, notices_to, verdicts

SCOT: Final = SCOTTISH[0]
MINE: Final = as_party(SCOT)
NOBODY: Final = AgencyId("gss:W06000009")
UNREACHED: Final = as_party(NOBODY)
SHORT: Final = frozenset({InfoClass.PROCESS, InfoClass.THEMES})


def limited() -> Story:
    """An authority is found whose one mailbox may not carry what is said of adults."""
    story = opened()
    changed(story, contacts=[contact(SCOT, accredited=SHORT)])
    story.happens("placement.register.declared", placements=[line(SCOT)])
    return story


def without_a_mailbox() -> Story:
    """An authority is found of which the directory has no mailbox at all."""
    story = opened()
    changed(story, [Agency(id=NOBODY, name="Penfro", kind=AgencyKind.COUNCIL)])
    story.happens("placement.register.declared", placements=[line(NOBODY)])
    return story


def told_again(page: Page) -> set[str]:
    """Return the notices that a page has because something waited."""
    again = OccasionKind.HOLDS_CHANGED
    return {d.notice for d in page.decisions if isinstance(d, Notify) and d.occasion.kind is again}


def test_H7_S5_what_waited_for_an_accredited_mailbox_goes_with_the_next_event() -> None:
    story = limited()
    changed(story, contacts=[contact(SCOT, 1)])

    page = story.happens("lead.agency.set")

    assert told_again(page) == {"current-position"}
    assert InfoClass.PLACED_ADULT in classes_told(page, MINE)
    (position,) = [n for n in to(page, MINE) if n.template == "current-position"]
    assert number_of(SCOT) in position.text
    assert story.paper.standing.history.still_held(MINE) == frozenset()


def test_H7_what_waited_is_told_once() -> None:
    story = limited()
    changed(story, contacts=[contact(SCOT, 1)])
    story.happens("lead.agency.set")

    page = story.happens("themes.agreed")

    assert notices_to(page, MINE) == ["themes-agreed"]
    assert story.concern.kept == ()


def test_H7_while_no_mailbox_is_accredited_nothing_of_it_goes() -> None:
    story = limited()

    page = story.happens("lead.agency.set")

    assert told_again(page) == set()
    assert number_of(SCOT) not in "".join(n.text for n in to(page, MINE))
    assert story.concern.kept == (MINE,)


def test_H10_M026_an_authority_without_a_mailbox_is_to_be_rung_by_the_host() -> None:
    story = without_a_mailbox()

    assert verdicts(story.paper.pages[-1])[UNREACHED] == "held H10"
    (owed,) = story.owes(ObligationKind.REPLACE_CONTACT).values()
    assert owed.party == THE_HOST
    assert owed.says.startswith(f"ring {NOBODY} (placing authority)")


def test_H10_M026_once_it_has_a_mailbox_it_hears_of_its_adults_and_not_of_the_rest_alone() -> None:
    story = without_a_mailbox()
    changed(story, contacts=[contact(NOBODY)])

    page = story.happens("lead.agency.set")

    assert set(notices_to(page, UNREACHED)) == {"lead-agency-set", "current-position"}
    assert any(number_of(NOBODY) in n.text for n in to(page, UNREACHED))
    assert story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_H10_a_hold_that_a_person_placed_is_not_ended_by_a_mailbox() -> None:
    story = without_a_mailbox()
    story.held(UNREACHED, "H3")
    changed(story, contacts=[contact(NOBODY)])

    page = story.happens("lead.agency.set")

    assert notices_to(page, UNREACHED) == []
