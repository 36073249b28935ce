"""What a worker prints for adults and carers, and how all words read (004 7.3, 7.4)."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from typing import Final

import pytest

from hub.compose import UnfitForHeader, readdress
from hub.compose.mime import Mail, email_bytes
from hub.compose.printed import EASY_READ, MAY_SAY, PLAIN, WELSH, printed_for, read_printed
from hub.compose.reading import reading_of, syllables
from hub.concern import Party
from hub.notice import Notice
from hub.vocabulary import AgencyId, DeliveryId, Lane, Role
from tests.core.packs import words
from tests.core.story import Story, placed
from tests.worlds import HOST, SURREY, person

NOTICES: Final = ("adults-informed", "adults-updated", "adults-emergency", "closure-notice")
FACTS: Final = {**dict.fromkeys(MAY_SAY, "x"), "location_name": "Rosewood House"}
CARDIFF: Final = Party(agency=AgencyId("gss:W06000015"), role=Role.ADULTS)
SURREYS: Final = Party(agency=AgencyId(SURREY), role=Role.ADULTS)
EASY_READ_SENTENCE: Final = 12
"""The most words in one sentence of Easy Read."""
ADULTS_AGE, EASY_READ_AGE, AGENCY_AGE = 9, 7, 12


def files_of(body: bytes) -> dict[str, str]:
    """The files of a mail by name, as a standard parser reads them."""
    mail = email.message_from_bytes(body, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}


@pytest.fixture
def story() -> Story:
    story = Story()
    story.opens()
    story.happens(
        "placement.register.declared", placements=[placed(SURREY, "SR-1", "SR-2")], self_funders=0
    )
    story.happens(
        "communication.plan.agreed",
        agreed_by=person("Lead Enquiry Officer"),
        agreed_on="2026-12-01",
        update_every_days=14,
    )
    story.happens(
        "adults.informed",
        stage="decision to initiate",
        decision="tell",
        decided_by=person("Lead Enquiry Officer"),
    )
    return story


def notice_to(story: Story, party: Party) -> Notice:
    (notice,) = [n for n in story.paper.pages[-1].notices if n.party == party]
    return notice


def test_M074_M124_the_worker_is_sent_plain_words_large_print_and_easy_read_to_print(
    story: Story,
) -> None:
    page = story.paper.pages[-1]
    (delivery,) = [d for d in page.deliveries if d.party == SURREYS and d.channel == "email"]

    files = files_of(delivery.body)

    assert set(files) == {"plain.html", "large-print.html", "easy-read.html"}
    assert "font:18pt" in files["large-print.html"]
    assert "Your care goes on." in files["easy-read.html"]
    for page_of in files.values():
        assert "Rosewood House" in page_of
        assert "SR-1" not in page_of


def test_M074_the_next_contact_is_sent_the_same_pages(story: Story) -> None:
    page, tools = story.paper.pages[-1], story.paper.tools
    (delivery,) = [d for d in page.deliveries if d.party == SURREYS and d.channel == "email"]
    notice = notice_to(story, SURREYS)
    deputy = tools.directory.contacts_of(AgencyId(SURREY), Role.ADULTS)[1]

    again = readdress(notice, delivery, deputy, tools.sender, tools.mint, story.now)

    assert files_of(again.body) == files_of(delivery.body)


def test_M074_whoever_places_adults_from_wales_is_sent_welsh_as_well() -> None:
    for notice in NOTICES:
        welsh = dict(printed_for(words().printed, notice, CARDIFF, FACTS))
        english = dict(printed_for(words().printed, notice, SURREYS, FACTS))
        assert set(welsh) - set(english) == {"cymraeg.html"}
        assert 'lang="cy"' in welsh["cymraeg.html"]


def test_M074_nobody_but_the_worker_is_sent_them() -> None:
    host = Party(agency=AgencyId(HOST), role=Role.HOST_AUTHORITY)

    assert printed_for(words().printed, "closure-notice", host, FACTS) == ()


@pytest.mark.parametrize("notice", NOTICES)
def test_M074_every_form_of_a_notice_says_the_same_facts(notice: str) -> None:
    forms = words().printed

    said = {forms[notice, form].facts for form in (PLAIN, EASY_READ, WELSH)}

    assert said == {frozenset({"location_name", "leo_name", "leo_phone", "duty_phone"})}


def test_M074_large_print_is_the_plain_words_and_nothing_else() -> None:
    for notice in NOTICES:
        pages = dict(printed_for(words().printed, notice, SURREYS, FACTS))
        large, plain = (
            re.sub(r"<[^>]*>", "", pages[f"{n}.html"]) for n in ("large-print", "plain")
        )
        assert large == plain


@pytest.mark.parametrize("fact", ["own_record_numbers", "themes_plain", "reply_due", "ack_code"])
def test_M074_a_page_to_hand_over_never_shows_what_is_not_for_everybody(fact: str) -> None:
    source = "---\nsubject: {{ concern_ref }}\n---\nIt is {{ " + fact + " }}.\n"

    (fault,) = read_printed("adults-informed/adults-and-carers.plain.md.j2", source)  # type: ignore[misc]

    assert fact in str(fault)


def test_M074_a_file_has_a_plain_name_or_is_not_sent(story: Story) -> None:
    mail = Mail(
        delivery=DeliveryId("d-1"),
        to="workers@surrey.example",
        reference="PC-1",
        text="t",
        html="h",
        lane=Lane.STANDARD,
        sent=story.now,
        files=(('x".html', "page"),),
    )

    with pytest.raises(UnfitForHeader):
        email_bytes(mail, story.paper.tools.sender)
    sound = email_bytes(
        replace(mail, files=(("easy-read.html", "page"),)), story.paper.tools.sender
    )
    assert files_of(sound) == {"easy-read.html": "page"}


def test_M074_easy_read_has_short_sentences_and_is_the_easiest() -> None:
    for (notice, form), template in words().printed.items():
        reading = reading_of(template)
        if form == EASY_READ:
            assert reading.longest <= EASY_READ_SENTENCE, (notice, reading)
            assert reading.age <= EASY_READ_AGE, (notice, reading)
        elif form == PLAIN:
            assert reading.age <= ADULTS_AGE, (notice, reading)


def test_every_notice_to_an_agency_can_be_read_at_twelve() -> None:
    hard = {
        reading.path: reading.age
        for template in words().templates.values()
        if (reading := reading_of(template)).age > AGENCY_AGE
    }

    assert hard == {}


@pytest.mark.parametrize(
    ("word", "count"), [("care", 1), ("people", 2), ("safeguarding", 3), ("told", 1), ("asked", 1)]
)
def test_syllables_are_counted_about_right(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (word == "safeguarding")
