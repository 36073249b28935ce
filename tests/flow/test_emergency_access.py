"""Emergency access at the console: who gets it, what it shows, and what nobody learns by asking."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Final

import pytest

from hub.access import Appointment, Official, Post
from hub.answers.breaking_glass import BreakingGlass, Opened, barred
from hub.frozen import replace
from hub.ports.emergency_access import LASTS, Unopened
from hub.vocabulary import AgencyId, InfoClass
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    HOST,
    LEO,
    OTHER,
    SURREY,
    TO_THE_END,
    Rosewood,
    SignedIn,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING
from tests.flow.test_releases import words

ASK: Final = "/emergency-access"
WHY: Final = "A resident rang us in tears and our own duty desk cannot reach yours"
KENT: Final = AgencyId("gss:E10000016")
OWEN: Final = Official(id="leo-9", name="Owen Price", post=Post.LEO, agency=KENT)
CHAIR_THERE: Final = Official(id="chair-9", name="Una Reid", post=Post.CHAIR, agency=KENT)
PRIVACY: Final = Official(id="priv-1", name="Pia Lund", post=Post.PRIVACY_OFFICER, agency=HOST)
ALL_KINDS: Final = tuple(
    Official(id=f"one-{number}", name=f"One {number}", post=post, agency=agency)
    for number, (post, agency) in enumerate(
        (post, agency) for post in Post for agency in (KENT, HOST)
    )
)


async def reference(story: Rosewood) -> str:
    return (await story.record()).concern.reference


async def opened(me: SignedIn, called: str, reason: str = WHY) -> str:
    """Ask, and return the page that it leads to."""
    status, page = await me.post(ASK, {"reference": called, "reason": reason})
    assert status == 303, words(page)
    _, asked = await me.get(ASK)
    found = re.search(rf"{ASK}/[^\"]+", asked)
    assert found is not None
    return found[0]


def notices_in(page: str) -> list[str]:
    return re.findall(rf'href="({ASK}/[^"]+/notices/[^"]+)"', page)


async def test_a_stranger_reads_one_concern_for_one_hour_and_each_page_says_until_when() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, LEO)
        await story.sent()
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            before, _ = await me.get(f"/concerns/{CONCERN}")
            path = await opened(me, await reference(story))
            status, page = await me.get(path)
            notice, sent = await me.get(notices_in(page)[0])
            _, mine = await me.get("/")
            await story.clock.advance(LASTS - timedelta(minutes=50))
            me = await sign_in(story, browser, OWEN)
            still, _ = await me.get(path)
            await story.clock.advance(timedelta(minutes=50))
            me = await sign_in(story, browser, OWEN)
            over = [(await me.get(each))[0] for each in (path, notices_in(page)[0])]
            _, asked = await me.get(ASK)

    assert (before, status, notice, still, over) == (404, 200, 200, 200, [404, 404])
    for each in (page, sent):
        assert "You are reading this by emergency access until 11:00" in words(each)
        assert "Every page you open is recorded." in words(each)
    assert "Rosewood House" in page
    assert "Rosewood House" not in mine
    assert "Open to you now" not in asked


async def test_it_is_sight_alone_no_act_no_export_and_no_other_page() -> None:
    async with rosewood(*TO_THE_END) as story:
        story.people = (OWEN,)
        await story.sent()
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            path = await opened(me, await reference(story))
            notice = (await story.record()).notices[0].notice.id
            base = f"/concerns/{CONCERN}"
            looks = {
                each: (await me.get(f"{base}{each}"))[0]
                for each in (
                    "",
                    "/timeline",
                    "/held",
                    "/closure",
                    "/closure/pack.zip",
                    "/closure/attestation.json",
                    "/stop",
                    f"/notices/{notice}",
                    f"/notices/{notice}/told",
                )
            }
            acts = {
                each: (await me.post(f"{base}{each}", {"sure": "yes", "reason": WHY}))[0]
                for each in ("/closure", "/stop", "/release", f"/notices/{notice}/told")
            }
            _, page = await me.get(path)
            writes, _ = await me.post(path, {})
        record = await story.record()

    assert set(looks.values()) | set(acts.values()) == {404}
    assert writes == 405
    assert record.attestation is None
    assert record.concern.holds == ()
    assert "<form" not in page.partition("<main")[2]
    assert f"/concerns/{CONCERN}" not in page


async def test_only_a_lead_enquiry_officer_or_a_chair_may_ask_and_never_a_program() -> None:
    async with rosewood(*OPENING) as story:
        story.people = ALL_KINDS
        async with served(story) as browser:
            found = {}
            for person in ALL_KINDS:
                me = await sign_in(story, browser, person)
                fields = {"reference": await reference(story), "reason": WHY}
                found[person] = ((await me.get(ASK))[0], (await me.post(ASK, fields))[0])

    may = {person.post for person, statuses in found.items() if statuses == (200, 303)}
    assert may == {Post.LEO, Post.CHAIR}
    assert {s for person, s in found.items() if person.post not in may} == {(404, 404)}


async def refusal(story: Rosewood, person: Official, called: str) -> tuple[int, str]:
    """Ask as this person, and return the answer without what they typed themselves."""
    story.people = (person,)
    async with served(story) as browser:
        me = await sign_in(story, browser, person)
        status, page = await me.post(ASK, {"reference": called, "reason": WHY})
    page = re.sub(r'name="token" value="[^"]*"', "", page)
    return status, page.replace(called, "PC").replace(person.name, "")


async def test_M072_what_is_held_from_the_askers_organisation_and_what_is_not_look_the_same() -> (
    None
):
    async with rosewood("concern-opened") as story:
        held = {"kind": "H1", "party": SURREY, "role": "placing authority"}
        await story.happens(
            example("hold-placed", classes=[str(info) for info in InfoClass], **held)
        )
        there = await refusal(story, OTHER, await reference(story))
        nowhere = await refusal(story, OTHER, "PC-2222-2222")
        leaves = await story.leaves("emergency.refused")
        opened_ones = await story.leaves("emergency.opened")

    assert there == nowhere
    assert there[0] == 422
    assert "Nothing is shown for this reference" in words(there[1])
    assert opened_ones == []
    said = [{**json.loads(leaf), "request": ""} for leaf in leaves]
    assert said[0] == said[1]
    assert not any("concern" in each for each in said)


async def test_M072_a_hold_on_ones_organisation_ends_what_was_open_already() -> None:
    async with rosewood("concern-opened") as story:
        story.people = (OTHER,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OTHER)
            path = await opened(me, await reference(story))
            before, _ = await me.get(path)
            held = {"kind": "H1", "party": SURREY, "role": "placing authority"}
            await story.happens(
                example("hold-placed", classes=[str(info) for info in InfoClass], **held)
            )
            after, _ = await me.get(path)

    assert (before, after) == (200, 404)


async def test_M072_what_the_police_hold_is_not_told_only_to_whom_nobody_may_speak() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            path = await opened(me, await reference(story))
            _, page = await me.get(path)
        record = await story.record()
        secret = [n for n in record.notices if n.notice.classes & SECRET]

    assert record.holds
    assert "Say nothing to them" in words(page)
    for hold in record.holds:
        assert hold.reason not in page
        assert hold.kind not in words(page).split()
    assert "criminal" not in words(page).lower()
    assert not any(each.notice.id in page for each in secret)


SECRET: Final = frozenset({InfoClass.CRIMINAL, InfoClass.REGULATORY, InfoClass.REFERRER})


async def test_another_person_and_another_post_see_nothing_of_it() -> None:
    same = Official(id=OWEN.id, name=OWEN.name, post=Post.LEO, agency=SURREY)
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, CHAIR_THERE)
        async with served(story) as browser:
            path = await opened(await sign_in(story, browser, OWEN), await reference(story))
            colleague = await sign_in(story, browser, CHAIR_THERE)
            theirs, _ = await colleague.get(path)
            _, listed = await colleague.get(ASK)
        story.people = (same,)
        async with served(story) as browser:
            other_post, _ = await (await sign_in(story, browser, same)).get(path)

    assert (theirs, other_post) == (404, 404)
    assert "Open to you now" not in listed


async def test_a_reason_is_needed_and_it_is_proved_who_asks() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            called = await reference(story)
            blank, page = await me.post(ASK, {"reference": called, "reason": "  "})
            long, _ = await me.post(ASK, {"reference": called, "reason": "x" * 1001})
            typo, _ = await me.post(ASK, {"reference": "Rosewood", "reason": WHY})
            await story.clock.advance(timedelta(minutes=6))
            led = [(await me.get(ASK))[0]]
            led.append((await me.post(ASK, {"reference": called, "reason": WHY}))[0])
            _, asked = await (await sign_in(story, browser, OWEN)).get(ASK)
        refused = await story.leaves("emergency.refused")

    assert (blank, long, typo, led) == (422, 422, 422, [303, 303])
    assert "Say what the emergency is" in words(page)
    assert "Open to you now" not in asked
    assert refused == []


async def test_who_asks_too_often_must_ring_instead() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN,)
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            for number in range(5):
                await me.post(ASK, {"reference": f"PC-2222-222{number}", "reason": WHY})
            status, page = await me.post(ASK, {"reference": await reference(story), "reason": WHY})
            await story.clock.advance(timedelta(hours=1))
            later = await sign_in(story, browser, OWEN)
            path = await opened(later, await reference(story))
        leaves = await story.leaves("emergency.refused")

    assert status == 422
    assert "You have asked 5 times within an hour" in words(page)
    assert len(leaves) == 6
    assert path


async def test_ones_own_authoritys_concern_needs_no_emergency() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser, LEO)
        async with browser.post(
            ASK,
            data={"token": me.token, "reference": await reference(story), "reason": WHY},
            headers={"Cookie": me.cookie, "Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
        ) as got:
            led = got.headers["Location"]

    assert led == f"/concerns/{CONCERN}"


async def test_the_leo_is_told_at_once_and_the_timeline_says_who_and_why() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, LEO, CHAIR)
        async with served(story) as browser:
            me = await sign_in(story, browser, OWEN)
            await me.get(await opened(me, await reference(story)))
            leo = await sign_in(story, browser, LEO)
            _, work = await leo.get("/my-work")
            _, acts = await leo.get(f"/concerns/{CONCERN}/timeline")
            _, looks = await leo.get(f"/concerns/{CONCERN}/timeline?show=looks")

    assert "Emergency access to your concerns (1)" in words(work)
    assert "Owen Price" in words(work)
    assert WHY in words(work)
    assert "This concern was opened to somebody by emergency access" in words(acts)
    assert "Owen Price, lead enquiry officer" in words(acts)
    assert WHY in words(acts)
    assert "Somebody looked: emergency" in words(looks)


def breaking(story: Rosewood) -> BreakingGlass:
    return BreakingGlass(
        register=story.register,
        clock=story.clock,
        tools_for=story.tools_for,
        new_id=story.tools.mint.id,
    )


@pytest.mark.parametrize("at_asking", [True, False])
async def test_M072_somebody_with_another_post_where_it_is_held_is_one_person(
    at_asking: bool,
) -> None:
    async with rosewood("concern-opened") as story:
        held = {"kind": "H1", "party": SURREY, "role": "placing authority"}
        await story.happens(
            example("hold-placed", classes=[str(info) for info in InfoClass], **held)
        )
        there = (Appointment(post=Post.AUDITOR, agency=SURREY),)
        glass, called = breaking(story), await reference(story)

        asked = await glass.ask(called, WHY, OWEN, there if at_asking else ())
        if at_asking:
            assert asked is Unopened.REFUSED
            return
        assert isinstance(asked, Opened)
        assert await glass.seen(asked.access.id, OWEN) is not None
        assert await glass.seen(asked.access.id, OWEN, there) is None


async def test_M072_the_provider_is_shown_nothing_whatever_post_somebody_there_has() -> None:
    async with rosewood(*TO_THE_END) as story:
        provider = (await story.record()).concern.provider.agency
        manager = Official(id="m-1", name="Max Hill", post=Post.LEO, agency=provider)
        chair = Official(id="m-2", name="Mo Hill", post=Post.CHAIR, agency=provider)
        glass, called = breaking(story), await reference(story)

        answers = [await glass.ask(called, WHY, who) for who in (manager, chair)]

    assert answers == [Unopened.REFUSED] * 2


async def test_an_organisation_of_which_somebody_was_struck_is_shown_nothing() -> None:
    async with rosewood(*OPENING) as story:
        record, directory = await story.record(), story.tools.directory
        theirs = next(each for each in directory.contacts if each.agency == SURREY)
        struck = replace(record.concern, struck=frozenset({theirs.id}))

        assert not barred(replace(record, holds=frozenset()), directory, [SURREY])
        assert barred(replace(record, concern=struck, holds=frozenset()), directory, [KENT, SURREY])
