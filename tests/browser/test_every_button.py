"""Buttons that change something, worked by keyboard alone: said once, and on the log by whom.

Every form that the application takes is among them, or in a journey that is named here.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, expect

from hub.access import Official
from tests.browser import test_chase_journey, test_closure_journey, test_sign_in_there
from tests.browser.acts import Act, acts, last_acts, later_acts
from tests.browser.busy import ADMIN, busy
from tests.browser.conftest import Visit
from tests.browser.crawler import FOR_PROGRAMS
from tests.browser.visitor import Visitor
from tests.flow.rosewood import LEO, Rosewood
from tests.flow.test_every_look import PRIVACY

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


async def choose(visitor: Visitor, words: str) -> None:
    """Choose a radio by keyboard: Tab comes to its group, the arrows go round in it."""
    radios = visitor.page.locator("main").get_by_role("radio")
    wanted = visitor.page.locator("main").get_by_label(words).first if words else radios.last
    name = await wanted.get_attribute("name")
    group = visitor.page.locator(f"main input[type=radio][name='{name}']")
    checked = group.and_(visitor.page.locator(":checked"))
    await visitor.tab_to(checked if await checked.count() else group.first)
    await visitor.page.keyboard.press("Space")
    for _ in range(await group.count()):
        if await wanted.is_checked():
            break
        await visitor.page.keyboard.press("ArrowDown")
    await expect(wanted).to_be_checked()


async def comes_in_by_keyboard(visitor: Visitor, person: Official) -> None:
    await visitor.open("/sign-in")
    await choose(visitor, person.name)
    await visitor.tab_to(the_button(visitor, "Sign in"))
    async with visitor.page.expect_navigation():
        await visitor.page.keyboard.press("Enter")


# Forms that a journey works by keyboard, and not an act of `acts`.
JOURNEYS: Final[Mapping[str, Callable[..., Coroutine[Any, Any, None]]]] = {
    "/sign-in": comes_in_by_keyboard,
    "/sign-in/post": test_sign_in_there.chooses_a_post_by_keyboard,
    "/concerns/{concern}/closure": (
        test_closure_journey.test_M102_a_leo_closes_by_keyboard_alone_and_is_refused_while_a_party_is_silent
    ),
    "/concerns/{concern}/notices/{notice}/chase": (
        test_chase_journey.test_M105_a_leo_chases_by_keyboard_alone_and_reads_first_what_it_does
    ),
}
LONG: Final = 200
"""Characters; more of them are pasted, as people do."""


async def work(visitor: Visitor, act: Act, key: str) -> None:
    """Do it: fields and button by Tab, with a focus that is seen; the button by this key."""
    for words in act.choose:
        await choose(visitor, words)
    for label, words in act.write:
        await visitor.tab_to(visitor.page.get_by_label(label, exact=True))
        await visitor.page.keyboard.press("Control+A")
        if len(words) < LONG:
            await visitor.page.keyboard.type(words)
        else:
            await visitor.page.keyboard.insert_text(words)
    button = the_button(visitor, act.button)
    await visitor.tab_to(button)
    # What is tried out takes as long as it takes.
    async with visitor.page.expect_navigation(timeout=120_000):
        await visitor.page.keyboard.press(key)


def the_button(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))


def posts(story: Rosewood) -> set[str]:
    """Return every path at which the application that is served takes a form from people."""
    assert story.site is not None
    return {
        route.resource.canonical
        for route in story.site.router.routes()
        if route.method == "POST"
        and route.resource is not None
        and not route.resource.canonical.startswith(FOR_PROGRAMS)
    }


async def test_B06_every_act_is_done_by_keyboard_once_and_the_log_says_who_and_when(
    visit: Visit,
) -> None:
    async with busy() as story:
        worked, faults = set(JOURNEYS), list[str]()
        for some in (acts, later_acts, last_acts):
            # Whoever idled out since comes in anew, which changes nothing for the others.
            visitors: dict[str, Visitor] = {}
            for number, act in enumerate(await some(story)):
                worked.add(act.route)
                who = act.who.id if act.who else ""
                if who not in visitors:
                    visitors[who] = await visit(story.base)
                    if act.who is not None:
                        await comes_in_by_keyboard(visitors[who], act.who)
                try:
                    await done(story, visitors[who], act, key=("Enter", "Space")[number % 2])
                    await shows(visit, story, visitors, act)
                except (AssertionError, PlaywrightError) as fault:
                    # Every button that does not work is named, not the first alone.
                    faults.append(f"{act.route}: {fault}"[:600])

        assert not faults, "\n".join(faults)
        # A new form has its act here, or its journey is named; and nothing is named that is gone.
        assert worked == posts(story)


@pytest.mark.parametrize("route", sorted(JOURNEYS))
async def test_a_journey_that_is_named_is_worked_by_keyboard(route: str) -> None:
    words = inspect.getsource(JOURNEYS[route])

    assert any(f"{each}(" in words for each in ("press_on", "tab_to"))
    assert ".click(" not in words


async def done(story: Rosewood, visitor: Visitor, act: Act, key: str) -> None:
    """Do it, and find it said on the next page and written on the log, once."""
    await visitor.open(act.page)
    before = await story.leaves(act.leaf)

    await work(visitor, act, key)

    await expect(visitor.page.locator("main"), act.route).to_contain_text(act.says)
    if not act.leaf:
        return
    (note,) = (await story.leaves(act.leaf))[len(before) :]
    said = json.loads(note)
    assert said["time"].startswith(f"{story.clock.now():%Y-%m-%dT%H:%M}"), (act.route, note)
    # Of an answer the receipt says who, which the notice's page shows: the leaf has its strength.
    if act.who is not None and act.leaf != "notice.acknowledged":
        assert act.who.id in note, (act.route, note)


async def shows(visit: Visit, story: Rosewood, visitors: dict[str, Visitor], act: Act) -> None:
    """Find on the page that others read who did it, or why."""
    path, words = act.shown
    if not path:
        return
    first = path.split("/")[1]
    reader = {"admin": ADMIN, "privacy": PRIVACY}.get(first, LEO)
    if reader.id not in visitors:
        visitors[reader.id] = await visit(story.base)
        await comes_in_by_keyboard(visitors[reader.id], reader)
    await visitors[reader.id].open(path)
    await expect(visitors[reader.id].page.locator("main"), act.route).to_contain_text(words)
