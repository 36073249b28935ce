"""From signing in to the confirmation: by keyboard alone, and without scripts on a small screen."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from hub.vocabulary import Rung
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CONCERN, CQC, LEO, TO_THE_END, Rosewood, rosewood, served

pytestmark = pytest.mark.asyncio(loop_scope="session")

GAP = "Care Quality Commission (regulator): its closure notice is"


async def all_but_cqc_have_answered(story: Rosewood) -> None:
    await story.sent(Rung.DELIVERED)
    closing = {
        n.notice.party
        for n in (await story.record()).notices
        if n.notice.template == "closure-notice"
    }
    await story.acknowledge(*(closing - {CQC}))


async def gap_is_named(leo: Visitor) -> None:
    summary = leo.page.get_by_role("region", name="Closure cannot be confirmed yet")
    await expect(summary).to_contain_text(GAP)
    await expect(summary.get_by_role("listitem")).to_have_count(1)


async def test_M102_a_leo_closes_by_keyboard_alone_and_is_refused_while_a_party_is_silent(
    visit: Visit,
) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        await all_but_cqc_have_answered(story)
        leo = await visit(story.base)
        page = leo.page
        await leo.open("/sign-in")
        await leo.press_on(page.get_by_role("radio").first, "Space")
        await leo.press_on(page.get_by_role("button", name="Sign in"))
        await leo.sees("My work")
        await leo.press_on(page.get_by_role("link", name="Concerns", exact=True))
        await leo.sees("Provider concerns")
        await leo.press_on(page.get_by_role("link", name="PC-R2A8-QX4G"))
        await leo.sees("Rosewood House")
        await leo.press_on(page.get_by_role("link", name="Check whether closure"))
        await leo.sees("Confirm closure")
        await gap_is_named(leo)
        sure = page.get_by_label("I confirm that closure notices were sent")
        await leo.press_on(sure, "Space")
        await leo.press_on(page.get_by_role("button", name="Confirm closure"))
        await expect(page.get_by_role("alert")).to_contain_text("Closure is not confirmed")
        await gap_is_named(leo)
        assert (await story.record()).attestation is None

        notice = (await story.notice_to(CQC, "closure-notice")).notice
        reader = await visit(story.base)
        await reader.open(f"/acknowledge/{notice.id}")
        await reader.write_in("Your name", "Ines Doyle")
        await reader.write_in("Your role", "Inspector")
        await reader.write_in("The code in the notice", notice.ack_code.lower())
        await reader.press_on(reader.page.get_by_role("button", name="Acknowledge the notice"))
        await reader.sees("The notice is acknowledged")

        await leo.open(f"/concerns/{CONCERN}/closure")
        await expect(page.get_by_text("Every party that must hear has been told")).to_be_visible()
        await leo.press_on(sure, "Space")
        await leo.press_on(page.get_by_role("button", name="Confirm closure"))
        await leo.sees("Closure is confirmed")
        await expect(page.get_by_role("table")).to_contain_text("Ines Doyle, Inspector (code)")
        made = (await story.record()).attestation
        assert made is not None
        assert made.by == LEO.name
        await expect(page.get_by_role("main")).to_contain_text(made.id)


async def test_M102_a_leo_closes_without_scripts_on_a_small_screen(visit: Visit) -> None:
    async with rosewood(*TO_THE_END) as story, served(story):
        await all_but_cqc_have_answered(story)
        leo = await visit(story.base, js=False, width=320)
        page = leo.page
        await leo.sign_in()
        assert await leo.runs_over() == []
        await page.get_by_role("link", name="PC-R2A8-QX4G").click()
        await leo.sees("Rosewood House")
        assert await leo.runs_over() == []
        await page.get_by_role("link", name="Check whether closure").click()
        await leo.sees("Confirm closure")
        await gap_is_named(leo)
        assert await leo.runs_over() == []
        await page.get_by_label("I confirm that closure notices were sent").check()
        await page.get_by_role("button", name="Confirm closure").click()
        await expect(page.get_by_role("alert")).to_contain_text("Closure is not confirmed")
        assert await leo.runs_over() == []

        notice = (await story.notice_to(CQC, "closure-notice")).notice
        reader = await visit(story.base, js=False, width=320)
        await reader.open(f"/acknowledge/{notice.id}")
        assert await reader.runs_over() == []
        await reader.page.get_by_label("Your name").fill("Ines Doyle")
        await reader.page.get_by_label("Your role").fill("Inspector")
        await reader.page.get_by_label("The code in the notice").fill(notice.ack_code)
        await reader.page.get_by_role("button", name="Acknowledge the notice").click()
        await reader.sees("The notice is acknowledged")
        assert await reader.runs_over() == []

        await leo.open(f"/concerns/{CONCERN}/closure")
        await page.get_by_label("I confirm that closure notices were sent").check()
        await page.get_by_role("button", name="Confirm closure").click()
        await leo.sees("Closure is confirmed")
        assert await leo.runs_over() == []
        assert (await story.record()).attestation is not None
