"""What people write that names no notice of ours is shown to whom alone it can be for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from hub.access import Official
from hub.adapters.memory import SequentialMint
from hub.answers.said import typed_code
from hub.answers.unclaimed import MOST, unclaimed, without_codes
from hub.bounce import ReturnedMail
from hub.returns import Returns
from hub.vocabulary import AgencyId, ConcernId, DeliveryId, EventId
from tests.flow.rosewood import CHAIR, LEO, OTHER, Rosewood, example, rosewood, served, sign_in

SURREY_DESK: Final = "surrey-safeguarding"
WORDS: Final = "Ring me about Rosewood. My code was ABC-234. <script>alert(1)</script>"
NOTHING: Final = "There is nothing of the last 30 days"


async def comes(
    story: Rosewood, sender: str, name: str = "mail-1", *, ago: timedelta = timedelta()
) -> None:
    """Somebody writes to an address of the hub, about a delivery that it does not know."""
    raw = f"From: {sender}\nSubject: Re: a call\n\n{WORDS}\n".encode()
    await story.register.keep_mail(
        ReturnedMail(
            id=name,
            sender=sender,
            recipient="b+1@hub.example",
            raw=raw,
            received=story.clock.now() - ago,
        )
    )
    returns = Returns(
        story.register,
        story.clock,
        SequentialMint(90_000),
        names=lambda _: DeliveryId("of-no-delivery"),
        domain="hub.example",
    )
    assert await returns.read_all() == 1


async def desk(story: Rosewood, contact: str = SURREY_DESK) -> str:
    contacts = (await story.register.directory()).contacts
    return next(c.address for c in contacts if c.id == contact)


async def may_read(story: Rosewood, who: Official = LEO) -> tuple[list[str], int]:
    found = await unclaimed(story.register, who, story.clock.now())
    return [mail.id for mail in found.mails], found.others


async def another_host(story: Rosewood) -> None:
    """Another authority has a concern of its own: East Sussex, with NHS Sussex as here."""
    ours = example("concern-opened")
    data = ours.data.model_copy(update={"host_authority": AgencyId("gss:E10000011")})
    theirs = replace(ours, id=EventId("theirs"), concern=ConcernId("theirs-1"), data=data)
    await story.happens(theirs)


async def page_for(story: Rosewood, who: Official = LEO) -> str:
    async with served(story) as browser:
        status, page = await (await sign_in(story, browser, who)).get("/replies")
    assert status == 200
    return page


async def test_B04_a_reply_that_names_no_notice_is_read_by_the_leo_and_the_look_is_on_the_log() -> (
    None
):
    async with rosewood("concern-opened", "placement-register-declared") as story:
        await comes(story, await desk(story))

        page = await page_for(story)

        assert "Ring me about Rosewood" in page
        assert "&lt;script&gt;" in page
        assert "ABC-234" not in page
        assert await desk(story) in page
        (seen,) = await story.leaves("replies.seen")
        assert LEO.id in seen
        assert "Rosewood" not in seen


async def test_B06_where_nothing_has_come_that_is_said_and_no_look_is_logged() -> None:
    async with rosewood("concern-opened") as story:
        page = await page_for(story)

        assert NOTHING in page
        assert "shown to nobody" not in page
        assert await story.leaves("replies.seen") == []


@pytest.mark.parametrize("who", [CHAIR, OTHER])
async def test_B06_nobody_but_the_leo_of_the_host_reads_it(who: Official) -> None:
    async with rosewood("concern-opened", "placement-register-declared") as story:
        await comes(story, await desk(story))

        page = await page_for(story, who)

        assert "Ring me about Rosewood" not in page
        assert NOTHING in page


async def test_B06_an_unknown_senders_words_are_shown_where_there_is_one_authority_alone() -> None:
    async with rosewood("concern-opened") as story:
        await comes(story, "somebody@nowhere.example")

        assert await may_read(story) == (["mail-1"], 0)
        assert await may_read(story, OTHER) == ([], 1)


async def test_B06_where_there_are_two_authorities_it_is_read_by_the_one_it_can_be_for() -> None:
    async with rosewood("concern-opened", "placement-register-declared") as story:
        await another_host(story)

        await comes(story, await desk(story), "of-surrey")  # it takes part here alone
        await comes(story, await desk(story, "sussex-icb"), "of-both")
        await comes(story, "somebody@nowhere.example", "of-nobody")

        assert await may_read(story) == (["of-surrey"], 2)
        page = await page_for(story)
        assert page.count("Ring me about Rosewood") == 1
        assert "2 more mails are shown to nobody" in page


async def test_what_came_over_thirty_days_ago_is_not_shown_any_more() -> None:
    async with rosewood("concern-opened") as story:
        await comes(story, "somebody@nowhere.example", ago=timedelta(days=31))

        assert await may_read(story) == ([], 0)


def test_what_may_be_a_code_is_hidden_however_it_is_spelled_in_a_mail() -> None:
    shown = without_codes("ABC234, ABC 234 and abc-234; not 01632 960101, nor Monday.")

    assert "ABC" not in shown
    assert "Monday" in shown
    assert "01632 960101" in shown
    assert MOST == 50


@pytest.mark.parametrize(
    "typed",
    ["abc-def", "ABC–DEF", "ABC  DEF", "abcdef", "Ab2  dEf", "A2B\nCDE", "ABCDEF"],
)
def test_whatever_could_be_typed_as_a_code_is_hidden(typed: str) -> None:
    assert typed_code(typed)[1] == ()
    shown = without_codes(f"It was {typed}.")

    assert "(what may be a code)" in shown
    assert not any(half in shown for half in re.split(r"[\s\-–]+", typed))


def test_a_mail_without_a_code_can_still_be_read() -> None:
    words = "Please ring the duty desk: we have had no notice since Monday at 17:00, ref RW-1."

    assert without_codes(words) == words
