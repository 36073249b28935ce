"""Buttons that change something, worked by keyboard alone: said once, and on the log by whom.

Confirming closure is worked so in `test_closure_journey`, signing in by a provider in
`test_sign_in_there`; what is tried out at `/rules` changes nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator, expect

from hub.access import Official
from hub.answers.taking import lane_of
from hub.escalate.taking import longest, why_not
from hub.repeat import Why
from tests.browser.busy import ADMIN, OFFICER, SECOND, busy
from tests.browser.conftest import Visit
from tests.browser.crawler import values_of
from tests.browser.visitor import Visitor
from tests.flow.rosewood import CHAIR, CONCERN, CQC, LEO, Rosewood
from tests.flow.test_answers import SURREY_PLACING
from tests.flow.test_releases import ALL

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

BOARD: Final = f"/concerns/{CONCERN}"
WHY: Final = "The adult has been moved, ring note 14"

QUARTER: Final = timedelta(minutes=15)
"""The shortest for which something is taken in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that somebody does at a form, key by key, and what must be so afterwards."""

    route: str
    who: Official | None
    page: str
    button: str
    says: str
    """What the page says that follows."""
    leaf: str = ""
    """The kind of leaf that it leaves; empty: the development sign-in leaves none."""
    choose: tuple[str, ...] = ()
    """Radios, by the words beside them."""
    write: tuple[tuple[str, str], ...] = ()
    """Fields by their labels, and what is typed."""
    shown: tuple[str, str] = ("", "")
    """A page on which who did it and why stands for others, and the words there."""


async def acts(story: Rosewood) -> tuple[Act, ...]:
    """Return every act, in an order in which each can follow the one before."""
    values = {name: each[0] for name, each in (await values_of(story)).items()}
    told = (await story.notice_to(CQC, "concern-opened")).notice
    alert = (await story.notice_to(SURREY_PLACING, "placing-authority-alert")).notice
    record = await story.record()
    third = next(
        n.notice
        for n in record.notices
        if n.notice.id not in {told.id, alert.id} and any(r.rung for r in n.receipts)
    )
    release, request = f"{BOARD}/release", f"{BOARD}/releases/{values['request']}"
    classes = "&".join(f"{name}={yes}" for name, yes in ALL.items())
    return (
        Act(
            route="/concerns/{concern}/releases/{request}",
            who=CHAIR,
            page=request,
            choose=("I do not agree",),
            write=(("If it is not to be released, why?", WHY),),
            button="Decide",
            says="What is held",
            leaf="release.refused",
            shown=(f"{BOARD}/held", "Helen Marsh"),
        ),
        Act(
            route="/concerns/{concern}/release",
            who=LEO,
            page=f"{release}?hold=H-2026-0001&{classes}",
            write=(("Why may they be told now?", WHY),),
            button="Ask another person to agree",
            says="Waits for a second person",
            leaf="release.asked",
            shown=(f"{BOARD}/held", WHY),
        ),
        Act(
            route="/concerns/{concern}/stop",
            who=LEO,
            page=f"{BOARD}/stop",
            choose=("",),
            write=(("Why?", "Somebody rang, note 15"),),
            button="Stop now",
            says="Somebody rang, note 15",
            leaf="hold.put",
            shown=(f"{BOARD}/held", "Somebody rang, note 15"),
        ),
        Act(
            route="/concerns/{concern}/replies/{mail}",
            who=LEO,
            page=f"{BOARD}/replies/{values['mail']}",
            choose=("They have read the notice",),
            write=(("Who answered?", "Ada Byrne"), ("Their role", "Duty manager")),
            button="Write it down",
            says="Ada Byrne",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{alert.id}", "read by: Amara Okafor"),
        ),
        Act(
            route="/concerns/{concern}/notices/{notice}/told",
            who=LEO,
            page=f"{BOARD}/notices/{told.id}/told",
            write=(
                ("Whom did you speak to?", "Sam Okoro"),
                ("Their role", "Duty inspector"),
                ("How did they say so?", "I rang, they read the reference back"),
            ),
            button="Write it down",
            says="Sam Okoro",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{told.id}", "recorded by: Amara Okafor"),
        ),
        Act(
            route="/failed/orders/{order}/stop",
            who=LEO,
            page="/failed",
            button="Stop this order",
            says="The order is stopped",
            leaf="replay.stopped",
            shown=("/failed", "by leo-1"),
        ),
        Act(
            route="/admin/changes/{change}",
            who=SECOND,
            page=f"/admin/changes/{values['change']}",
            choose=("I have checked it, and I agree",),
            button="Decide",
            says="Changes of contacts",
            leaf="contact.change.agreed",
        ),
        Act(
            route="/admin/webhooks/{webhook}/ping",
            who=ADMIN,
            page=f"/admin/webhooks/{values['webhook']}",
            button="Send a ping",
            says="What came of the ping",
            leaf="webhook.pinged",
        ),
        Act(
            route="/admin/webhooks/{webhook}",
            who=ADMIN,
            page=f"/admin/webhooks/{values['webhook']}",
            choose=("",),
            button="Close the webhook",
            says="The webhook is closed",
            leaf="webhook.closed",
        ),
        Act(
            route="/people/{person}",
            who=ADMIN,
            page=f"/people/{values['person']}",
            choose=("They asked for it",),
            button="End every session",
            says="Who is signed in",
            leaf="sessions.ended",
        ),
        Act(
            route="/notices/{notice}",
            who=OFFICER,
            page=f"/notices/{alert.id}",
            write=(("The reference of the notice", alert.reference),),
            button="Send the answer",
            says="Acknowledged by Ada Byrne, agency officer",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{alert.id}", "person: surrey-1"),
        ),
        Act(
            route="/acknowledge/{notice}",
            who=None,
            page=f"/acknowledge/{third.id}",
            write=(
                ("Your name", "Jo Webb"),
                ("Your role", "Duty manager"),
                ("The code in the notice", third.ack_code),
            ),
            button="Acknowledge the notice",
            says="Jo Webb",
            leaf="notice.acknowledged",
            shown=(f"{BOARD}/notices/{third.id}", "Jo Webb"),
        ),
    )


async def later_acts(story: Rosewood) -> tuple[Act, ...]:
    """Return the acts whose pages are known only now: links on other pages lead there."""
    values = {name: each[0] for name, each in (await values_of(story)).items()}
    record, now = await story.record(), story.clock.now()
    owed = next(
        each
        for each in record.obligations
        if not why_not(each, now) and longest(each, lane_of(record, each), now) >= QUARTER
    )
    failed = (await story.register.failing(None, 300)).rows
    again = next(one.delivery for one in failed if one.state == "failed for good")
    return (
        Act(
            route="/concerns/{concern}/owed/{obligation}",
            who=LEO,
            page=f"{BOARD}/owed/{owed.id}",
            choose=("",),
            button="Take it in hand",
            says="Amara Okafor",
            leaf="obligation.taken",
            shown=("/my-work", "in the hands of Amara Okafor"),
        ),
        Act(
            route="/failed/again",
            who=LEO,
            page=f"/failed/again?delivery={again}",
            choose=(Why.LOST.value.capitalize(),),
            button="Send 1 again",
            says="It is ordered",
            leaf="replay.ordered",
            shown=("/failed", "by leo-1"),
        ),
        Act(
            route="/admin/contacts/{contact}",
            who=ADMIN,
            page=f"/admin/contacts/{values['contact']}",
            write=(("What it is", "The other desk"), ("Why, and who told you", WHY)),
            button="Ask for the change",
            says="Changes of contacts",
            leaf="contact.change.asked",
            shown=("/admin/changes", "admin-1"),
        ),
        Act(
            route="/sign-in/again",
            who=LEO,
            page="/sign-in/again?to=/figures",
            choose=("",),
            button="Continue",
            says="Key figures",
        ),
        Act(
            route="/sign-out",
            who=LEO,
            page="/figures",
            button="Sign out",
            says="Sign in",
            leaf="session.ended",
        ),
    )


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


async def work(visitor: Visitor, act: Act, key: str) -> None:
    """Do it: fields and button by Tab, with a focus that is seen; the button by this key."""
    for words in act.choose:
        await choose(visitor, words)
    for label, words in act.write:
        await visitor.tab_to(visitor.page.get_by_label(label, exact=True))
        await visitor.page.keyboard.press("Control+A")
        await visitor.page.keyboard.type(words)
    button = the_button(visitor, act.button)
    await visitor.tab_to(button)
    async with visitor.page.expect_navigation():
        await visitor.page.keyboard.press(key)


def the_button(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}"))


async def test_B06_every_act_is_done_by_keyboard_once_and_the_log_says_who_and_when(
    visit: Visit,
) -> None:
    async with busy() as story:
        visitors: dict[str, Visitor] = {}
        faults: list[str] = []
        for some in (acts, later_acts):
            for number, act in enumerate(await some(story)):
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


async def comes_in_by_keyboard(visitor: Visitor, person: Official) -> None:
    await visitor.open("/sign-in")
    await choose(visitor, person.name)
    await visitor.tab_to(the_button(visitor, "Sign in"))
    async with visitor.page.expect_navigation():
        await visitor.page.keyboard.press("Enter")


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
    reader = ADMIN if path.startswith("/admin") else LEO
    if reader.id not in visitors:
        visitors[reader.id] = await visit(story.base)
        await comes_in_by_keyboard(visitors[reader.id], reader)
    await visitors[reader.id].open(path)
    await expect(visitors[reader.id].page.locator("main"), act.route).to_contain_text(words)
