"""Texts from the register to a scripted Notify and back, and what the screens say of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.adapters.memory import SequentialMint
from hub.adapters.notify import NotifyCarrier
from hub.concern import Party
from hub.directory import Contact
from hub.escalate import after_outcome
from hub.ports import Completion
from hub.receipt import Receipt, fold
from hub.tracking import Tracking
from hub.vocabulary import AgencyId, Channel, Lane, Role, Rung, Setback
from tests.adapters.carriers.notify import Notify, Said, notify
from tests.flow.rosewood import CONCERN, Rosewood, rosewood, served, sign_in

THE_ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
MINUTE: Final = timedelta(minutes=1)
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


# By the carrier itself.


@asynccontextmanager
async def a_service(story: Rosewood) -> AsyncIterator[tuple[Notify, NotifyCarrier]]:
    service = Notify(story.clock)
    await service.start()
    carrier = notify(service.url, clock=story.clock)
    try:
        yield service, carrier
    finally:
        await carrier.close()
        await service.stop()


async def tries(story: Rosewood, carrier: NotifyCarrier, *, dies: bool = False) -> None:
    """Try each text that is due once, as a worker does; or as one that dies before it writes."""
    register, mint = story.register, story.tools.mint
    directory = await register.directory()
    for lane in Lane:
        leased = await register.lease(lane, limit=100, lease_for=MINUTE, worker="w")
        for each in (one for one in leased if one.delivery.channel is Channel.SMS):
            outcome = await carrier.carry(each, directory)
            now = story.clock.now()
            following = after_outcome(each, outcome, now=now, mint=mint)
            if not dies:
                done = Completion(
                    leased=each,
                    outcome=outcome,
                    again_at=following.again_at,
                    costs_attempt=following.costs_attempt,
                    receipts=following.receipts,
                    leaves=following.leaves,
                )
                assert all(await register.complete([done]))
    await story.clock.move_to(story.clock.now() + timedelta(hours=1))


async def texted(story: Rosewood) -> list[Receipt]:
    """What is known of the text to the health board, oldest first."""
    return list((await story.notice_to(THE_ICB, "concern-opened")).receipts)


@pytest.mark.parametrize("taken", [True, False])
async def test_S7_B04_a_text_in_doubt_goes_out_again_only_where_notify_has_none_of_it(
    taken: bool,
) -> None:
    async with rosewood() as story, a_service(story) as (service, carrier):
        await begins(story)
        service.says.append(Said(hangs_up=True, taken=taken))

        await tries(story, carrier)
        await tries(story, carrier)
        await tries(story, carrier)

        first, second = await texted(story)
        assert (first.setback, second.rung) == (Setback.IN_DOUBT, Rung.SUBMITTED)
        assert len(service.texts) == 1
        # Only what was sent again may be there twice.
        assert ("possible duplicate" in dict(second.evidence)) is not taken


async def test_S10_B03_a_text_whose_worker_died_is_looked_up_and_not_sent_again() -> None:
    async with rosewood() as story, a_service(story) as (service, carrier):
        await begins(story)

        await tries(story, carrier, dies=True)
        await tries(story, carrier)

        lost, found = await texted(story)
        assert (lost.setback, found.rung) == (Setback.IN_DOUBT, Rung.SUBMITTED)
        assert len(service.texts) == 1
        assert "possible duplicate" not in dict(found.evidence)


@pytest.mark.parametrize(
    ("status", "rung", "setbacks"),
    [
        ("pending", Rung.SUBMITTED, ()),
        ("delivered", Rung.RELAYED, ()),
        ("permanent-failure", Rung.QUEUED, (Setback.LATE_FAILURE,)),
    ],
)
async def test_S7_what_notify_says_later_is_asked_for_by_its_own_id_and_written_down(
    status: str, rung: Rung, setbacks: tuple[Setback, ...]
) -> None:
    async with rosewood() as story, a_service(story) as (service, carrier):
        await begins(story)
        await tries(story, carrier)
        service.status = status
        mint = SequentialMint(50_000)
        tracking = Tracking(story.register, {Channel.SMS: carrier}, story.clock, mint)

        await tracking.look()

        reached = fold(await texted(story))
        assert (reached.rung, reached.setbacks) == (rung, setbacks)
        number = service.texts[0]["phone_number"]
        for receipt in await texted(story):
            assert number not in receipt.detail + str(receipt.evidence)


async def begins(story: Rosewood) -> None:
    """A concern is opened, and the health board has telephones alone."""
    by_telephone(story, "sussex-icb", "sussex-icb-deputy")
    for contact in story.tools.directory.contacts:
        await story.register.put_contact(contact)
    await story.story("concern-opened")
