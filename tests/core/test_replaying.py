"""What may be sent again: by the rules, the holds and the directory as they stand now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.concern import Party
from hub.concern.known import Disclosure
from hub.notice import Delivery
from hub.page import Page, Standing
from hub.plan import Tools
from hub.plan.replaying import verdict
from hub.repeat import Candidate, Verdict
from hub.vocabulary import AgencyId, Channel, InfoClass, Role
from tests.core.story import THE_ICB, THE_PROVIDER, Story
from tests.worlds import START

SOON = START + timedelta(minutes=5)


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    return story


def sent_to(page: Page, party: Party) -> Delivery:
    return next(d for d in page.deliveries if d.party == party)


def asked(story: Story, delivery: Delivery, **known: bool) -> Verdict:
    as_it_is = {"queued": False, "stopped": False, "superseded": False, "elsewhere": False}
    one = Candidate(seq=1, delivery=delivery, **(as_it_is | known))
    return verdict(one, story.paper.standing, story.paper.tools, SOON)


def directory_with(story: Story, delivery: Delivery, **changes: object) -> Tools:
    tools = story.paper.tools
    contacts = tuple(
        replace(c, **changes) if c.id == delivery.target else c  # type: ignore[arg-type]
        for c in tools.directory.contacts
    )
    return replace(tools, directory=replace(tools.directory, contacts=contacts))


def test_B03_what_may_still_be_told_is_sent_again(story: Story) -> None:
    assert asked(story, sent_to(story.paper.pages[0], THE_ICB)) is Verdict.AGAIN


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ("queued", Verdict.WAITS),
        ("stopped", Verdict.STOPPED),
        ("superseded", Verdict.SUPERSEDED),
        ("elsewhere", Verdict.HELD),
    ],
)
def test_B03_what_the_rows_say_is_refused_for_its_own_reason(
    story: Story, known: str, said: Verdict
) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)

    assert asked(story, delivery, **{known: True}) is said


def test_H1_M072_while_anything_is_held_from_the_provider_nothing_it_has_had_is_repeated(
    story: Story,
) -> None:
    story.happens("criminal.status.declared", status="yes")
    page = story.told_by_police("partial release", "process")
    delivery = sent_to(page, THE_PROVIDER)
    partly = asked(story, delivery)

    story.told_by_police("release")
    wholly = asked(story, delivery)
    story.told_by_police("hold", at=START + timedelta(hours=1))
    held_again = asked(story, delivery)

    assert delivery.classes == {InfoClass.PROCESS}, "which itself is not held"
    assert (partly, wholly, held_again) == (Verdict.HELD, Verdict.AGAIN, Verdict.HELD)


def test_H1_another_concerns_hold_is_the_providers_too(story: Story) -> None:
    story.happens("criminal.status.declared", status="none suspected")
    delivery = sent_to(story.paper.pages[-1], THE_PROVIDER)

    assert asked(story, delivery) is Verdict.AGAIN
    assert asked(story, delivery, elsewhere=True) is Verdict.HELD


def test_B02_who_is_no_party_any_more_is_told_nothing_again(story: Story) -> None:
    stranger = Party(agency=AgencyId("gss:E10000014"), role=Role.PLACING_AUTHORITY)
    delivery = replace(sent_to(story.paper.pages[0], THE_ICB), party=stranger)

    assert asked(story, delivery) is Verdict.WITHHELD


def test_H7_what_its_mailbox_may_not_carry_today_is_not_repeated_to_it(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    over: dict[str, object] = {
        "accredited": frozenset[InfoClass](),
        "accredited_until": date(2020, 1, 1),
    }

    story.paper.tools = directory_with(story, delivery, **over)
    not_accredited = asked(story, delivery)
    story.paper.tools = directory_with(story, delivery, usable=False)
    put_aside = asked(story, delivery)
    story.paper.tools = directory_with(story, delivery, roles=frozenset({Role.POLICE}))
    another_role = asked(story, delivery)

    assert delivery.classes > {InfoClass.PROCESS}
    # Its party may not be told by it at all: a hold of its channel, where there is no other.
    assert {not_accredited, put_aside, another_role} <= {Verdict.NO_WAY, Verdict.HELD}
    assert Verdict.NO_WAY in {not_accredited, put_aside, another_role}


def test_B03_bytes_that_are_not_those_that_were_composed_are_not_repeated(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)

    assert asked(story, replace(delivery, body=b"")) is Verdict.CHANGED, "as where it is erased"


def test_B02_without_a_concern_or_a_pack_nothing_is_repeated(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    one = Candidate(
        seq=1, delivery=delivery, queued=False, stopped=False, superseded=False, elsewhere=False
    )

    assert verdict(one, Standing(), story.paper.tools, SOON) is Verdict.UNJUDGED
    assert verdict(one, story.paper.standing, None, SOON) is Verdict.UNJUDGED


def test_B03_who_was_told_by_mistake_alone_is_told_nothing_again(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    concern = story.paper.standing.concern
    assert concern is not None

    recalled = replace(concern, mistaken=(THE_ICB,))
    story.paper.standing = replace(story.paper.standing, concern=recalled)

    assert asked(story, delivery) is Verdict.WITHHELD


def test_B02_what_was_decided_by_name_not_to_be_told_it_is_not_repeated(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    concern = story.paper.standing.concern
    assert concern is not None
    decided = {
        share: Disclosure(
            party=THE_ICB, classes=delivery.classes, share=share, authority=THE_ICB.agency
        )
        for share in (True, False)
    }

    for decisions, said in (
        ((True,), Verdict.AGAIN),
        ((True, False), Verdict.WITHHELD),
        ((False, True), Verdict.AGAIN),
    ):
        known = replace(concern, disclosures=tuple(decided[share] for share in decisions))
        story.paper.standing = replace(story.paper.standing, concern=known)
        assert asked(story, delivery) is said


def test_B02_what_no_rule_of_the_pack_in_force_shares_is_not_repeated(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    tools = story.paper.tools
    shares = tuple(s for s in tools.pack.shares if Role.HOST_ICB not in s.roles)

    story.paper.tools = replace(tools, pack=replace(tools.pack, shares=shares))

    assert asked(story, delivery) is Verdict.WITHHELD


def test_B02_of_what_is_shared_in_part_alone_nothing_is_repeated(story: Story) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)
    more = replace(delivery, classes=delivery.classes | {InfoClass.REFERRER})

    assert asked(story, more) is Verdict.WITHHELD


def test_B03_all_that_was_told_at_the_opening_may_be_told_again(story: Story) -> None:
    page = story.paper.pages[0]

    assert {asked(story, delivery) for delivery in page.deliveries} == {Verdict.AGAIN}


@pytest.mark.parametrize("channel", [Channel.MESH, Channel.SMS])
def test_S7_what_a_service_took_is_not_handed_to_it_again_unfollowed(
    story: Story, channel: Channel
) -> None:
    delivery = sent_to(story.paper.pages[0], THE_ICB)

    assert asked(story, replace(delivery, channel=channel)) is Verdict.UNFOLLOWED


def test_B03_a_webhook_that_is_closed_gets_nothing_to_wait_with(story: Story) -> None:
    page, tools = story.paper.pages[0], story.paper.tools
    hooks = [d for d in page.deliveries if d.channel is Channel.WEBHOOK]
    closed = tuple(replace(e, parked=True) for e in tools.directory.endpoints)
    story.paper.tools = replace(tools, directory=replace(tools.directory, endpoints=closed))

    assert hooks
    assert {asked(story, delivery) for delivery in hooks} == {Verdict.NO_WAY}
