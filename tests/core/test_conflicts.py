"""Whoever has power to abuse is written to by no notice of the concern (004 2.5, M019)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from hub.directory import Contact, Directory, Endpoint
from hub.notice import Delivery
from hub.obligation import ObligationKind
from hub.page import Page
from hub.plan.reach import Became, Known, reach
from hub.plan.stopping import STRUCK
from hub.vocabulary import AgencyId, Channel, ContactId, EndpointId, InfoClass, Role
from tests.core.reports import open_story, says, told, words_to
from tests.core.story import (
    THE_HOST,
    THE_PROVIDER,
    THE_SURREY,
    Story,
    placed,
    verdicts,
)
from tests.worlds import HOST, PROVIDER, START, SURREY, person

__all__ = ["open_story"]

CHIEF: Final = "rosewood"
DEPUTY: Final = "rosewood-deputy"


def flagged(story: Story, *contacts: str, **data: Any) -> Page:  # noqa: ANN401 - of any field
    """Somebody of the provider has power and authority to abuse."""
    return says(
        story,
        "factor.power.flagged",
        **{
            "agency": PROVIDER,
            "role": "provider",
            "contacts": list(contacts),
            "person": "Pat Crane",
            "flagged_by": person("Lead Enquiry Officer"),
            "flagged_at": START.isoformat(),
            **data,
        },
    )


def replaced(story: Story, contact: str = DEPUTY, **data: Any) -> Page:  # noqa: ANN401 - as above
    """A contact that was verified by name stands in."""
    return says(
        story,
        "contact.replaced",
        **{
            "agency": PROVIDER,
            "role": "provider",
            "contact": contact,
            "verified_by": person("Lead Enquiry Officer"),
            "verified_on": "2026-12-01",
            **data,
        },
    )


def informed(story: Story) -> Page:
    """The provider may be told, and is."""
    says(story, "criminal.status.declared")
    return says(story, "provider.informed")


def mail_to(page: Page, agency: str = PROVIDER) -> list[str]:
    """Return which mailboxes of an agency a page writes to."""
    return [
        d.target for d in page.deliveries if d.party.agency == agency and d.channel is Channel.EMAIL
    ]


def hooks_to(page: Page, agency: str = PROVIDER) -> list[str]:
    """Return which webhooks of an agency a page calls."""
    return [
        d.target
        for d in page.deliveries
        if d.party.agency == agency and d.channel is Channel.WEBHOOK
    ]


def test_M019_without_a_conflict_the_provider_is_written_to_at_its_first_desk(
    open_story: Story,
) -> None:
    assert set(mail_to(informed(open_story))) == {CHIEF}


def test_M019_a_contact_that_was_struck_is_written_to_by_no_notice(open_story: Story) -> None:
    flagged(open_story, CHIEF)

    informed(open_story)
    says(open_story, "themes.agreed")
    says(open_story, "deadline.set", owner=PROVIDER)

    used = {t for page in open_story.paper.pages for t in mail_to(page)}
    assert used == {DEPUTY}


def test_M019_the_host_alone_hears_who_it_is_and_must_name_another_contact(
    open_story: Story,
) -> None:
    page = flagged(open_story, CHIEF)

    assert told(page) == {THE_HOST: "power-flagged"}
    assert "It is Pat Crane" in words_to(page, THE_HOST).text
    owed = open_story.owes(ObligationKind.REPLACE_CONTACT)
    assert [*owed] == [f"{PROVIDER} provider:"]
    assert owed[f"{PROVIDER} provider:"].due == open_story.now + timedelta(hours=4)
    assert "Pat Crane" not in owed[f"{PROVIDER} provider:"].says

    replaced(open_story)
    assert open_story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_M019_what_waits_for_a_struck_contact_is_stopped_and_the_next_one_is_told(
    open_story: Story,
) -> None:
    first = informed(open_story)
    waiting = [d.id for d in first.deliveries if d.target == CHIEF]
    assert waiting

    page = flagged(open_story, CHIEF)

    stopped = {s.delivery: s.reason for s in page.stops}
    assert {stopped[id_] for id_ in waiting} == {STRUCK}
    assert set(mail_to(page)) == {DEPUTY}
    assert not any(u.target == CHIEF for u in open_story.paper.queue.values())


def test_M019_what_other_contacts_wait_for_is_not_stopped(open_story: Story) -> None:
    waiting = {u.delivery for u in open_story.paper.queue.values()}
    assert waiting

    page = flagged(open_story, CHIEF)

    assert page.stops == ()
    assert waiting <= open_story.paper.queue.keys()


def test_M019_an_agency_whose_every_contact_was_struck_waits_as_unresolved(
    open_story: Story,
) -> None:
    hook = next(e.id for e in open_story.paper.tools.directory.endpoints if e.agency == PROVIDER)
    flagged(open_story, CHIEF, DEPUTY, endpoints=[hook])

    page = informed(open_story)

    assert verdicts(page)[THE_PROVIDER] == "held H10"
    assert mail_to(page) == hooks_to(page) == []


def test_M019_a_webhook_of_that_person_is_struck_as_well(open_story: Story) -> None:
    hook = next(e.id for e in open_story.paper.tools.directory.endpoints if e.agency == PROVIDER)
    flagged(open_story, CHIEF, endpoints=[hook])

    page = informed(open_story)

    assert hooks_to(page) == []
    assert set(mail_to(page)) == {DEPUTY}


def test_M019_where_nobody_knows_which_contact_it_is_all_of_the_agency_waits(
    open_story: Story,
) -> None:
    flagged(open_story)

    page = informed(open_story)

    assert verdicts(page)[THE_PROVIDER] == "held H3"
    hold = next(h for h in open_story.concern.holds if h.party == THE_PROVIDER)
    assert hold.classes == frozenset(InfoClass)
    assert hold.review_due == START + timedelta(days=1)


def test_M019_once_a_contact_was_verified_by_name_that_one_alone_is_told(
    open_story: Story,
) -> None:
    flagged(open_story)
    informed(open_story)

    page = replaced(open_story)
    again = says(open_story, "themes.agreed")

    assert set(mail_to(page)) == {DEPUTY}
    assert set(mail_to(again)) == {DEPUTY}
    assert hooks_to(page) == hooks_to(again) == []
    assert open_story.owes(ObligationKind.REPLACE_CONTACT) == {}


def test_M019_other_agencies_are_told_as_before(open_story: Story) -> None:
    open_story.happens("placement.register.declared", placements=[placed(SURREY, "SCC-1")])
    flagged(open_story)

    page = says(open_story, "themes.agreed")

    assert told(page)[THE_SURREY] == "themes-agreed"
    assert mail_to(page, SURREY)


def test_M019_a_mailbox_of_the_host_itself_can_be_struck(open_story: Story) -> None:
    page = flagged(open_story, "wscc-safeguarding", agency=HOST, role="host authority")

    assert set(mail_to(page, HOST)) == {"wscc-safeguarding-deputy"}


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({"contacts": ["nobody-there"]}, "/data/contacts/0"),
        ({"contacts": ["surrey-safeguarding"]}, "/data/contacts/0"),
        ({"contacts": [], "endpoints": ["hook-nowhere"]}, "/data/endpoints/0"),
    ],
)
def test_M019_a_name_that_would_strike_nobody_is_refused(
    open_story: Story, data: dict[str, Any], pointer: str
) -> None:
    page = flagged(open_story, **data)

    assert [f.pointer for r in page.refused for f in r.faults] == [pointer]
    assert open_story.concern.struck == frozenset()


@pytest.mark.parametrize("contact", [CHIEF, "surrey-safeguarding", "nobody-there"])
def test_M019_nobody_who_was_struck_or_belongs_elsewhere_stands_in(
    open_story: Story, contact: str
) -> None:
    flagged(open_story, CHIEF)

    page = replaced(open_story, contact)

    assert [f.pointer for r in page.refused for f in r.faults] == ["/data/contact"]
    assert open_story.owes(ObligationKind.REPLACE_CONTACT)


def test_M019_a_contact_stands_in_for_nobody_who_was_not_struck(open_story: Story) -> None:
    page = replaced(open_story)

    assert "has been struck" in page.waiting[0].why


def _bounced(story: Story) -> tuple[Delivery, Known]:
    page = informed(story)
    failed = next(d for d in page.deliveries if d.target == CHIEF)
    notice = next(n for n in page.notices if n.id == failed.notice)
    return failed, Known(notice=notice, deliveries=[failed], receipts=[])


@pytest.mark.parametrize(
    ("struck", "became"), [("rosewood-other", Became.TOLD), (DEPUTY, Became.NOBODY_LEFT)]
)
def test_M019_the_next_contact_after_a_bounce_is_never_one_that_was_struck(
    open_story: Story, struck: str, became: Became
) -> None:
    failed, known = _bounced(open_story)
    story = open_story
    concern = replace(story.concern, struck=frozenset({ContactId(struck)}))
    owed = next(o for page in story.paper.pages for o in page.obligations)
    owed = replace(owed, kind=ObligationKind.REACH, delivery=failed.id, notice=failed.notice)

    done, page = reach(owed, known, story.paper.standing, concern, story.paper.tools, story.now)

    assert done is became
    assert page is not None
    assert [d.target for d in page.deliveries] == ([DEPUTY] if became is Became.TOLD else [])


def _mailbox(name: str, address: str, agency: str = PROVIDER) -> Contact:
    roles = frozenset({Role.PROVIDER, Role.PLACING_AUTHORITY})
    return Contact(
        id=ContactId(name), agency=AgencyId(agency), roles=roles, name=name, address=address
    )


def test_M019_the_same_address_under_another_name_is_struck_as_well() -> None:
    one = _mailbox("one", "crane@rosewood.example")
    two = _mailbox("two", "Crane@Rosewood.example", SURREY)
    three = _mailbox("three", "office@rosewood.example")
    hook = Endpoint(
        id=EndpointId("h"),
        agency=AgencyId(PROVIDER),
        roles=frozenset({Role.PROVIDER}),
        url="https://x.example",
        hosts=("x.example",),
    )
    whole = Directory(contacts=(one, two, three), endpoints=(hook,))

    left = whole.without({"one"}, {})

    assert [c.id for c in left.contacts] == ["three"]
    assert left.endpoints == (hook,)
    assert whole.without((), {}) is whole


def test_M019_only_the_verified_mailbox_of_that_part_is_left() -> None:
    one, two = _mailbox("one", "a@rosewood.example"), _mailbox("two", "b@rosewood.example")
    whole = Directory(contacts=(one, two))
    provider = AgencyId(PROVIDER)

    left = whole.without((), {(provider, Role.PROVIDER): {ContactId("two")}})

    assert left.contacts_of(provider, Role.PROVIDER) == (replace(two, roles=two.roles),)
    assert len(left.contacts_of(provider, Role.PLACING_AUTHORITY)) == 2
