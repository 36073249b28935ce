"""What the screens say of a text: that it told of a message, not what the message says."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hub.concern import Party
from hub.directory import Contact
from hub.vocabulary import AgencyId, Channel, Role
from tests.flow.rosewood import CONCERN, Rosewood, rosewood, served, sign_in

THE_ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
WITHOUT: Final = "a text that a message waits, without these words"


def by_telephone(story: Rosewood, *desks: str) -> None:
    """Give these desks a telephone in place of their mailbox."""

    def moved(contact: Contact, number: int) -> Contact:
        return replace(contact, address=f"tel:+4477009{number:05}")

    known = story.tools.directory
    contacts = tuple(moved(c, n) if c.id in desks else c for n, c in enumerate(known.contacts))
    story.tools = replace(story.tools, directory=replace(known, contacts=contacts))


async def page_of(story: Rosewood, party: Party, template: str) -> str:
    record = await story.notice_to(party, template)
    async with served(story) as browser:
        leo = await sign_in(story, browser)
        status, page = await leo.get(f"/concerns/{CONCERN}/notices/{record.notice.id}")
    assert status == 200
    return page


async def test_the_page_of_a_notice_says_that_a_text_did_not_bring_its_words() -> None:
    async with rosewood() as story:
        by_telephone(story, "sussex-icb", "sussex-icb-deputy")
        await story.story("concern-opened")
        await story.sent()

        record = await story.notice_to(THE_ICB, "concern-opened")
        page = await page_of(story, THE_ICB, "concern-opened")

        assert {d.channel for d in record.deliveries} == {Channel.SMS}
        assert WITHOUT in page


async def test_the_page_of_a_notice_that_went_by_mail_says_no_such_thing() -> None:
    async with rosewood("concern-opened") as story:
        await story.sent()

        assert WITHOUT not in await page_of(story, THE_ICB, "concern-opened")
