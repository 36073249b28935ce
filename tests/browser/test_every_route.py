"""Every page that the web serves, for everybody who may sign in, in every state of a concern.

axe finds nothing, nothing is wider than 320 px, the console is silent, and no page asks for what
its own policy refuses. What is looked at is what the application serves, not a list kept here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from hub.access import Official
from hub.figures import Report
from hub.ports import RegisterAway
from hub.routes.style import read_style
from hub.vocabulary import Rung
from tests.browser.busy import AUDITOR, EMERGENCY, OFFICER, SECOND, busy
from tests.browser.conftest import Visit
from tests.browser.crawler import (
    FOR_PROGRAMS,
    Crawl,
    Judged,
    NothingFills,
    filled,
    pages_of,
    values_of,
)
from tests.browser.test_every_page import bounce
from tests.browser.visitor import Visitor
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    LEO,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
)
from tests.flow.test_answers import OPENING
from tests.flow.test_every_look import PRIVACY, STRANGER, opened_to_a_stranger

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

FORGED = "() => document.querySelectorAll('[name=token]').forEach(f => { f.value = 'x' })"

State = Callable[[], AbstractAsyncContextManager[Rosewood]]


@asynccontextmanager
async def empty() -> AsyncIterator[Rosewood]:
    async with rosewood() as story:
        yield story


@asynccontextmanager
async def held_overdue_and_bounced() -> AsyncIterator[Rosewood]:
    async with rosewood(*OPENING) as story:
        await story.sent(Rung.SUBMITTED)
        await bounce(story)
        await story.clock.advance(timedelta(days=3))
        yield story


@asynccontextmanager
async def full() -> AsyncIterator[Rosewood]:
    """All but one have answered the last notice."""
    async with rosewood(*TO_THE_END) as story:
        await story.sent(Rung.DELIVERED)
        closing = {
            n.notice.party
            for n in (await story.record()).notices
            if n.notice.template == "closure-notice"
        }
        await story.acknowledge(*(closing - {CQC}))
        yield story


async def comes_in(visitor: Visitor, name: str) -> None:
    """Sign in as this person, wherever that leads."""
    await visitor.open("/sign-in")
    await visitor.page.get_by_label(name).check()
    async with visitor.page.expect_navigation():
        await visitor.page.get_by_role("button", name="Sign in").click()


async def crawled(
    visit: Visit, story: Rosewood, *, send_all: bool = False
) -> tuple[set[str], list[str]]:
    """Let everybody, and nobody, go everywhere; return the paths that were met and the faults.

    `send_all`: not only nobody and the first send each form empty, but whoever is the first to
    have it.
    """
    values = await values_of(story)
    met, faults, sent = set[str](), list[str](), set[str]()
    for person in (None, *story.people):
        visitor = await visit(story.base)
        if person:
            await comes_in(visitor, person.name)
        crawl = Crawl(
            visitor=visitor,
            paths=story.paths,
            signed_in=f"{person.name}, {person.post}" if person else "",
            sent=sent,
        )
        await crawl.everywhere(pages_of(story.paths, values))
        if send_all or person in (None, story.people[0]):
            await crawl.refuses_empty_forms()
        met |= set(crawl.seen)
        said = person.post if person else "nobody"
        faults += [f"{said}: {each}" for each in crawl.faults]
    return met, faults


@pytest.mark.parametrize("state", [empty, held_overdue_and_bounced, full])
async def test_B06_every_page_is_sound_for_everybody_in_every_state(
    visit: Visit, state: State
) -> None:
    async with state() as story, served(story):
        met, faults = await crawled(visit, story)

        people = {path for path in story.paths if not path.startswith(FOR_PROGRAMS)}
        assert people - met == set()
        assert faults == []


async def test_B06_every_page_is_sound_while_everything_waits_at_once(visit: Visit) -> None:
    async with busy() as story:
        values = await values_of(story)
        # Each of these had no page with anything on it: that one of it stands is the point.
        for name in ("change", "mail", "message", "request", "obligation"):
            assert values[name][0] != "nothing", name
        met, faults = await crawled(visit, story, send_all=True)

        people = {path for path in story.paths if not path.startswith(FOR_PROGRAMS)}
        assert people - met == set()
        assert faults == []


async def test_B06_the_same_pages_are_whole_without_a_script(visit: Visit) -> None:
    async with busy() as story:
        for person, pages in (await what_waits(story)).items():
            visitor = await visit(story.base, js=False, width=320)
            await comes_in(visitor, person.name)
            for path, heading, says in pages:
                await visitor.open(path)
                await visitor.sees(heading)
                await expect(visitor.page.get_by_role("main")).to_contain_text(says)


async def what_waits(story: Rosewood) -> dict[Official, tuple[tuple[str, str, str], ...]]:
    """Return the page of each thing that waits for somebody, its heading, and a word there."""
    values = await values_of(story)
    board = f"/concerns/{CONCERN}"
    release = f"{board}/releases/{values['request'][0]}"
    change = f"/admin/changes/{values['change'][0]}"
    review = f"/privacy/emergency-access/{values['access'][0]}"
    return {
        LEO: (
            (f"/failed/quarantine/{values['message'][0]}", "A message in quarantine", "Doris Webb"),
            (f"{board}/replies/{values['mail'][0]}", "reply", "We have read it"),
            (release, "release", "Surrey County Council"),
            (f"{board}/held", "What is held", "Waits for a second person"),
            ("/replies", "Mail that names no notice", "Ring me about Rosewood"),
            ("/failed", "Not taken", "Goes on"),
            ("/my-work", "My work", "Overdue ("),
            ("/rules", "Rules", "Rules in force"),
        ),
        CHAIR: ((release, "release", "I do not agree"),),
        SECOND: ((change, "A change of a contact", "I have checked it, and I agree"),),
        OFFICER: (("/notices", "Notices to us", "Answer by"),),
        AUDITOR: (("/audit", "Concerns under pseudonyms", "Newest first"),),
        PRIVACY: (("/privacy", "Privacy", STRANGER.name), (review, "Review", EMERGENCY)),
        STRANGER: (("/emergency-access", "Emergency access", EMERGENCY),),
    }


async def broken() -> Report | None:
    raise ArithmeticError


async def away() -> Report | None:
    raise RegisterAway


@pytest.mark.parametrize(
    ("fails", "status", "says"),
    [(broken, 500, "Something went wrong"), (away, 503, "We cannot write anything down")],
)
async def test_B06_the_page_of_an_error_is_sound(
    visit: Visit, fails: Callable[[], Awaitable[Report | None]], status: int, says: str
) -> None:
    async with rosewood(*OPENING) as story, served(story, figures=fails):
        leo = await visit(story.base)
        await leo.sign_in()
        crawl = Crawl(visitor=leo, paths=story.paths)

        got = await leo.page.goto(f"{story.base}/figures")
        await leo.sees(says)
        leo.errors[:] = [each for each in leo.errors if f"status of {status}" not in each]
        await crawl.look("an error")

        assert got is not None
        assert got.status == status
        assert crawl.faults == []


async def test_B06_the_page_of_what_is_forbidden_is_sound(visit: Visit) -> None:
    async with busy() as story:
        leo = await visit(story.base)
        await comes_in(leo, story.people[0].name)
        crawl = Crawl(visitor=leo, paths=story.paths)
        for path in (f"/concerns/{CONCERN}/stop", "/failed"):
            await leo.open(path)
            await leo.asked(FORGED)
            await leo.page.locator("main form button").first.click()
            await leo.sees("This form was not sent from this page")
            await crawl.look(f"{path}, forged")

        assert crawl.faults == []
        assert await story.leaves("replay.stopped") == []


async def test_B06_every_page_is_sound_in_the_plain_style_too(visit: Visit, tmp_path: Path) -> None:
    async with full() as story, served(story, style=read_style(tmp_path)):
        story.people = story.people[:1]
        _, faults = await crawled(visit, story)

    assert faults == []


@asynccontextmanager
async def opened_in_an_emergency() -> AsyncIterator[Rosewood]:
    """Somebody of another authority reads it, and the privacy officer is late to review that."""
    async with rosewood(*OPENING) as story:
        story.people = (STRANGER, PRIVACY)
        await story.sent()
        await opened_to_a_stranger(story)
        yield story


async def test_B06_emergency_access_and_its_review_are_sound(visit: Visit) -> None:
    async with opened_in_an_emergency() as story, served(story):
        met, faults = await crawled(visit, story)

        assert faults == []
        assert {"/emergency-access/{access}/notices/{notice}", "/privacy"} <= met


async def test_B06_an_overdue_review_is_sound(visit: Visit) -> None:
    async with opened_in_an_emergency() as story:
        await story.clock.advance(timedelta(days=7))
        story.people = (PRIVACY,)
        async with served(story):
            met, faults = await crawled(visit, story)

    assert faults == []
    assert "/privacy/emergency-access/{access}" in met


async def test_B06_a_page_that_is_not_sound_is_caught(visit: Visit) -> None:
    async with rosewood(*OPENING) as story, served(story):
        visitor = await visit(story.base)
        # The page is spoilt on its way: what came before of it may have been judged already.
        crawl = Crawl(visitor=visitor, paths=story.paths, judged=Judged())

        async def spoil(route: Route) -> None:
            got = await route.fetch()
            page = (await got.text()).replace(' lang="en-GB"', "")
            wide = "<pre>" + "w" * 99 + '</pre><img src="/a.png"></main>'
            await route.fulfill(response=got, body=page.replace("</main>", wide))

        await visitor.page.route("**/sign-in", spoil)
        await crawl.everywhere(["/sign-in"])

    for word in (
        "html-has-lang",
        "image-alt",
        "wider than 320 px",
        "Content Security Policy img-src",
    ):
        assert any(word in fault for fault in crawl.faults), (word, crawl.faults)


async def test_a_path_that_nothing_fills_fails_with_its_name() -> None:
    with pytest.raises(NothingFills, match=r"/whats/\{new\}"):
        filled("/whats/{new}", {"concern": ("1",)})

    assert filled("/a/{concern}", {"concern": ("1", "2", "3")}) == ["/a/1", "/a/3"]
