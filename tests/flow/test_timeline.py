"""The timeline: one row an act, made of the log; pages that do not move (console.md)."""

from __future__ import annotations

import re

from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    OTHER,
    TO_THE_END,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING, alert_to_surrey
from tests.flow.test_chasing import CLOSED, MINUTE, emergency, watched
from tests.flow.test_releases import ALL, RELEASE, WHY, held_from_surrey

LINE = f"/concerns/{CONCERN}/timeline"


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def places(page: str) -> list[int]:
    return [int(seq) for seq in re.findall(r"In the log, number (\d+)", page)]


def titles(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*moj-timeline__title[^>]*>([^<]*)", page)


async def test_an_act_is_one_row_however_many_parties_it_is_about() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        await story.answers.acknowledge_by_code(
            notice.id, "Sam Okoro", "Duty manager", notice.ack_code
        )
        me = await sign_in(story, browser)
        status, page = await me.get(LINE)
        links = set(re.findall(r'href="(/concerns/[^"]+/(?:notices|evidence)/[^"]+)"', page))
        answered = {link: (await me.get(link))[0] for link in sorted(links)[:6]}

    assert status == 200
    assert titles(page)[0].startswith("A named person has acknowledged it")
    assert "We were told: Concern opened" in titles(page)
    opened = [t for t in titles(page) if t.startswith("Decided who is told: Concern opened")]
    assert len(opened) == 1
    assert "Care Quality Commission (regulator)" in words(page)
    assert "rule " in words(page)
    assert links
    assert set(answered.values()) == {200}
    assert "Somebody looked" not in page
    assert notice.ack_code not in page
    assert "@" not in words(page)


async def test_a_filter_shows_its_kind_alone_and_says_where_there_is_nothing() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        _, events = await me.get(f"{LINE}?show=events")
        _, answers = await me.get(f"{LINE}?show=answers")
        _, looks = await me.get(f"{LINE}?show=looks")
        _, unknown = await me.get(f"{LINE}?show=nonsense&before=nonsense")

    assert len(titles(events)) == len(OPENING)
    assert all(title.startswith("We were told") for title in titles(events))
    assert titles(answers) == []
    assert "There is nothing of this kind to show." in words(answers)
    assert all(title.startswith("Somebody looked") for title in titles(looks))
    assert titles(looks)
    assert "Amara Okafor" in words(looks)
    assert titles(unknown)


async def test_pages_do_not_move_while_new_acts_come_and_nothing_is_left_out() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        me = await sign_in(story, browser)
        found: list[int] = []
        path = LINE
        for _ in range(50):
            _, page = await me.get(path)
            found += places(page)
            older = re.search(r'rel="next" href="([^"]+)"', page)
            if older is None:
                break
            path = older[1].replace("&amp;", "&")
            await story.acknowledge(CQC)
        everything = await story.register.log_of(CONCERN, limit=10_000, but=["concern.seen"])

    assert "Back to the newest" in page
    assert len(found) == len(set(found))
    assert max(found) <= everything[0].seq
    assert set(found) == {leaf.seq for leaf in everything if leaf.seq <= max(found)}


async def test_who_asked_and_who_agreed_stand_in_the_timeline_with_their_reasons() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        await me.post(RELEASE, {"hold": "H-2026-0001", "reason": WHY} | ALL)
        (asked,) = await story.register.releases_asked([CONCERN])
        await chair.post(f"/concerns/{CONCERN}/releases/{asked.id}", {"answer": "agree"})
        _, page = await me.get(f"{LINE}?show=releases")

    assert titles(page) == [
        "A release was agreed to by a second person",
        "A release was asked for",
    ]
    assert f"Amara Okafor, lead enquiry officer: {WHY}" in words(page)
    assert "Agreed by Helen Marsh, chair" in words(page)


async def test_why_something_is_held_is_in_no_timeline_of_who_may_not_know_it() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story, kind="H1")
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        _, mine = await me.get(f"{LINE}?show=decisions")
        _, theirs = await chair.get(f"{LINE}?show=decisions")
        record = await story.record()

    secret = [d.reason.sentence for d in record.decisions if d.party.agency == "gss:E10000030"]
    assert any(words(sentence) in words(mine).replace("&#39;", "'") for sentence in secret)
    assert "the lead enquiry officer may know why" in words(theirs)
    assert "Ask the lead enquiry officer" in words(theirs)
    assert "Held until" not in theirs


async def test_another_authority_finds_no_timeline() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        them = await sign_in(story, browser, OTHER)
        status, page = await them.get(LINE)

    assert status == 404
    assert "Rosewood" not in page


async def test_a_step_of_a_ladder_names_the_notice_that_nobody_answered_and_its_party() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        await emergency(story)
        await story.clock.advance(40 * MINUTE)
        await watched(story)
        me = await sign_in(story, browser)
        _, page = await me.get(LINE)

    steps = re.findall(
        r"Not answered in time, and the next people were asked: ([^<]*)</h2>"
        r' <p class="govuk-body moj-timeline__byline">([^<]*)</p>',
        page,
    )
    assert ("Emergency closure", "Care Quality Commission (regulator)") in steps
    assert "next people were asked</h2>" not in page
