"""The contact book: to a mailbox that nobody has verified goes only that they should ring us."""

from __future__ import annotations

from datetime import date
from typing import Final

import pytest

from hub.decision import Notify
from hub.directory import EVERY_CLASS, carries
from hub.obligation import ObligationKind
from hub.pack.load import load_directory
from hub.vocabulary import HoldKind, InfoClass
from tests.core.packs import directory, sources
from tests.core.placing import SCOTTISH, as_party, changed, contact, line, number_of, opened, to
from tests.core.story import THE_HOST, Story

SCOT: Final = SCOTTISH[0]
FIFE: Final = as_party(SCOT)
BEYOND: Final = {InfoClass.THEMES, InfoClass.PLACED_ADULT}


@pytest.fixture
def story() -> Story:
    """A concern about a home where an authority places, whose one mailbox nobody has verified."""
    story = opened()
    changed(story, contacts=[contact(SCOT, unverified=True)])
    return story


def test_B05_an_unverified_mailbox_is_told_that_there_is_a_process_and_whom_to_ring_at_once(
    story: Story,
) -> None:
    page = story.happens("placement.register.declared", placements=[line(SCOT)])

    (notice,) = to(page, FIFE)
    assert notice.classes == {InfoClass.PROCESS}
    assert story.concern.leo.name in notice.text
    assert number_of(SCOT) not in notice.text
    assert len([d for d in page.deliveries if d.party == FIFE]) == 1


def test_B05_what_it_may_not_have_is_held_as_a_recipient_unresolved_with_its_reason(
    story: Story,
) -> None:
    page = story.happens("placement.register.declared", placements=[line(SCOT)])

    (decision,) = [d for d in page.decisions if d.party == FIFE]
    assert isinstance(decision, Notify)
    assert {(h.info, h.kind) for h in decision.held} == {(i, HoldKind.H10) for i in BEYOND}
    assert all("verified" in h.reason.sentence for h in decision.held)


def test_B05_the_host_owes_a_call_to_it_until_it_is_verified(story: Story) -> None:
    story.happens("placement.register.declared", placements=[line(SCOT)])
    (owed,) = story.owes(ObligationKind.REPLACE_CONTACT).values()

    changed(story, contacts=[contact(SCOT)])
    story.happens("lead.agency.set")

    assert owed.party == THE_HOST
    assert owed.says.startswith(f"ring {SCOT} (placing authority), and verify its mailbox")
    assert story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_B05_a_verified_deputy_is_told_everything_in_its_place(story: Story) -> None:
    changed(story, contacts=[contact(SCOT, 1)])

    page = story.happens("placement.register.declared", placements=[line(SCOT)])

    (delivery,) = [d for d in page.deliveries if d.party == FIFE]
    assert delivery.target == contact(SCOT, 1).id
    assert number_of(SCOT) in to(page, FIFE)[0].text
    assert story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_B05_a_directory_says_of_each_mailbox_when_it_was_verified_and_without_is_never() -> None:
    text = sources()["directory.toml"].replace("verified_on = 2026-11-02\n", "", 1)

    found = load_directory(text)

    (unsure,) = [c for c in found.contacts if c.unverified]
    assert carries(unsure, date(2026, 12, 1)) == {InfoClass.PROCESS}
    assert unsure.verified_on is None
    assert not any(c.unverified for c in directory().contacts)
    assert all(carries(c, date(2026, 12, 1)) == EVERY_CLASS for c in directory().contacts)
