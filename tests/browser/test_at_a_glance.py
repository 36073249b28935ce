"""What a LEO sees at 17:00 on a Friday, without scrolling; and what stands on paper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect

from hub.vocabulary import Rung
from tests.browser.conftest import Visit
from tests.browser.test_every_page import BOARD, bounce
from tests.flow.rosewood import TO_THE_END, rosewood, served
from tests.flow.test_answers import OPENING

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEN = """e => e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true})
  && e.getBoundingClientRect().height > 0"""


async def test_M102_whether_anybody_is_untold_is_seen_without_scrolling(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        await story.sent(Rung.SUBMITTED)
        await bounce(story)
        await story.clock.advance(timedelta(hours=31))
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)

        tally = leo.page.locator(".tally")
        await expect(tally).to_be_in_viewport(ratio=1)
        await expect(tally).to_contain_text("9 still untold")
        await expect(tally).to_contain_text("1 kept from on purpose")
        await expect(tally).to_contain_text("answers overdue")
        await expect(
            leo.page.get_by_role("heading", name="Who is still untold")
        ).to_be_in_viewport()
        first = leo.page.locator("ul.untold").first.locator("li").first
        await expect(first).to_contain_text("Overdue")
        await expect(first).to_contain_text("is only accepted by our mail server")
        held = leo.page.get_by_role("region", name="Do not tell")
        await expect(held).to_contain_text("anything at all, not even that there is a concern")
        await expect(held).to_contain_text("Hold H1 (the police): The provider hears only")


@pytest.mark.parametrize(
    ("rung", "said"),
    [(Rung.SUBMITTED, "9 still untold"), (Rung.RELAYED, "Nobody is untold by mistake")],
)
async def test_B04_that_our_own_server_took_a_notice_tells_nobody(
    visit: Visit, rung: Rung, said: str
) -> None:
    async with rosewood(*OPENING) as story, served(story):
        await story.sent(rung)
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)

        await expect(leo.page.locator(".tally")).to_contain_text(said)
        await expect(leo.page.locator(".tally")).to_contain_text("1 kept from on purpose")
        words = await leo.page.get_by_role("main").inner_text()
        assert "delivered" not in words.lower()


async def test_B04_whoever_answers_later_is_not_untold_and_not_all_is_proven(visit: Visit) -> None:
    async with rosewood(*TO_THE_END[:-1]) as story, served(story):
        await story.sent(Rung.SUBMITTED)
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)
        tally = leo.page.locator(".tally")
        await expect(tally).to_contain_text("13 still untold")

        await story.clock.advance(timedelta(minutes=10))
        await story.story("closure-authorised")
        await story.acknowledge()
        await leo.open(BOARD)

        await expect(tally).to_contain_text("Nobody is untold by mistake")
        main = leo.page.get_by_role("main")
        await expect(main).to_contain_text("Not all proven")
        await expect(main).to_contain_text("has answered a later notice; “")
        await expect(main).not_to_contain_text("accepted by the agency’s own mail system")


async def test_M014_who_was_sent_to_and_is_silent_is_named_with_the_time_it_had(
    visit: Visit,
) -> None:
    async with rosewood(*OPENING) as story, served(story):
        await story.sent(Rung.DELIVERED)
        await story.clock.advance(timedelta(days=9))
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(BOARD)

        late = leo.page.locator("h3:has-text('no answer in time') + ul li")
        await expect(late).to_have_count(9)
        await expect(late.first).to_contain_text("Sussex Police (police): “Police consultation”")
        # Nothing that is owed is folded away.
        await expect(leo.page.locator("details .due")).to_have_count(0)
        await expect(leo.page.locator(".lane .due .govuk-tag--red")).to_have_count(9)
        cqc = late.filter(has_text="Care Quality Commission")
        await expect(cqc).to_contain_text("“Concern opened” is not acknowledged, due 16 Apr, 10:00")
        await cqc.get_by_role("link").click()
        await leo.sees("Concern opened")


async def test_M102_the_gaps_come_first_on_the_closure_page(visit: Visit) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        parties = [
            n.notice.party
            for n in (await story.record()).notices
            if n.notice.template == "closure-notice"
        ]
        await story.acknowledge(*parties[:-1])
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(f"{BOARD}/closure")

        tags = await leo.page.locator("h3 .govuk-tag").all_inner_texts()

        assert tags == ["Evidence missing", *["Told"] * (len(parties) - 1)]


async def test_M102_paper_shows_the_exact_notices_before_and_after_the_confirmation(
    visit: Visit,
) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        await story.acknowledge()
        leo = await visit(story.base)
        await leo.sign_in()
        await leo.open(f"{BOARD}/closure")
        words = leo.page.locator("pre.words")
        many = await words.count()
        assert many > 5

        for heading in ("Confirm closure", "Closure is confirmed"):
            await leo.sees(heading)
            assert await words.count() == many
            folded = [await each.evaluate(SEEN) for each in await words.all()]
            await leo.page.emulate_media(media="print")
            printed = [await each.evaluate(SEEN) for each in await words.all()]
            await leo.page.emulate_media(media="screen")
            assert not any(folded)
            assert all(printed)
            if heading == "Confirm closure":
                await leo.page.get_by_label("I confirm that closure notices").check()
                await leo.page.get_by_role("button", name="Confirm closure").click()
