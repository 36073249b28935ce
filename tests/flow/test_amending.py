"""A held notice goes with facts left out: read by two, word for word, or not at all (0032)."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from hub.ports import NoticeRecord
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    Rosewood,
    SignedIn,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_releases import ALL, HELD, RELEASE, SURREYS, WHY, held_from_surrey, words
from tests.flow.test_step_up import picked_again, where

HOLD = "H-2026-0001"
FORM = f"{RELEASE}?hold={HOLD}"


def seen_on(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None, words(page)
    return found[1]


async def to_surrey(story: Rosewood) -> list[NoticeRecord]:
    return [n for n in (await story.record()).notices if n.notice.party == SURREYS]


async def amended(me: SignedIn, **left: str) -> tuple[str, str]:
    """Ask to leave the risk level out; return where it is decided, and what was shown."""
    left = left or {"leave.risk_level": "yes"}
    ticked = "&".join(f"{name}=yes" for name in left)
    _, page = await me.get(f"{FORM}&{ticked}")
    fields = {"hold": HOLD, "reason": WHY, "seen": seen_on(page)} | ALL | left
    status, said = await me.post(RELEASE, fields)
    assert status == 303, words(said)
    _, shown = await me.get(HELD)
    found = re.search(rf"/concerns/{CONCERN}/releases/[^\"]+", shown)
    assert found is not None
    return found[0], page


async def test_semantics_5_what_was_left_out_is_in_no_byte_and_two_people_read_the_same() -> None:
    async with rosewood() as story:
        await held_from_surrey(story)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, whole = await me.get(FORM)
            path, shown = await amended(me)
            await story.clock.advance(timedelta(minutes=4))
            chair = await sign_in(story, browser, CHAIR)
            _, second = await chair.get(path)
            agreed, _ = await chair.post(path, {"answer": "agree", "seen": seen_on(second)})
            _, held = await me.get(HELD)
            _, timeline = await me.get(f"/concerns/{CONCERN}/timeline?show=releases")
        (sent,) = await to_surrey(story)
        asked_leaf, agreed_leaf = [
            (await story.leaves(f"release.{kind}"))[0] for kind in ("asked", "agreed")
        ]
        (kept,) = await story.register.releases_asked([CONCERN])

    assert "Risk level" in words(whole)
    assert "Risk:" in words(whole)
    assert seen_on(shown) == seen_on(second)
    assert "Risk:" not in words(shown).partition("Exactly what would go")[2]
    assert agreed == 303
    assert "risk_level" not in dict(sent.notice.facts)
    assert "themes_plain" in dict(sent.notice.facts)
    for text in (sent.notice.text, sent.notice.html, *(d.body.decode() for d in sent.deliveries)):
        assert "Risk:" not in text
    first = next(line for line in sent.notice.text.splitlines() if "Themes" in line)
    assert words(first) in words(second).replace("&#39;", "'")
    assert kept.left_out == {"risk_level"}
    assert kept.sha256 == seen_on(second)
    for leaf in (asked_leaf, agreed_leaf):
        assert '"left_out":"risk_level"' in leaf
        assert sha256(WHY.encode()).hexdigest() in leaf
        assert WHY not in leaf
    assert "without risk level" in words(held)
    assert "Left out" in words(timeline)
    assert "risk level" in words(timeline)
    assert WHY in words(timeline)


async def test_what_changed_since_it_was_asked_for_is_agreed_to_by_nobody() -> None:
    async with rosewood() as story:
        await held_from_surrey(story)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            path, _ = await amended(me)
            chair = await sign_in(story, browser, CHAIR)
            _, before = await chair.get(path)
            blind, _ = await chair.post(path, {"answer": "agree"})
            other, _ = await chair.post(path, {"answer": "agree", "seen": "0" * 64})
            await story.happens(example("themes-agreed"))
            _, page = await chair.get(path)
            stale, refused = await chair.post(path, {"answer": "agree", "seen": seen_on(before)})
            fresh, _ = await chair.post(path, {"answer": "agree", "seen": seen_on(page)})
            sent = await to_surrey(story)
            taken_back, _ = await chair.post(path, {"answer": "refuse", "reason": "It has moved"})
            record = await story.record()

    assert (blind, other, stale, fresh, taken_back) == (422, 422, 422, 422, 303)
    assert seen_on(before) != seen_on(page)
    assert "nobody can agree to it" in words(page)
    assert "not word for word what was asked for" in words(refused)
    assert sent == []
    assert [hold.id for hold in record.concern.holds] == [HOLD]


async def test_an_amendment_never_adds_nor_leaves_out_what_every_notice_says() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        _, form = await me.get(FORM)
        answers = {}
        for name in ("ack_code", "concern_ref", "handling", "location_name", "stage", "nothing"):
            fields = {"hold": HOLD, "reason": WHY, "seen": "0" * 64, f"leave.{name}": "yes"} | ALL
            answers[name] = await me.post(RELEASE, fields)
        both = {"leave.themes_plain": "yes", "leave.risk_level": "yes"}
        emptied, said = await me.post(
            RELEASE, {"hold": HOLD, "reason": WHY, "seen": "0" * 64} | ALL | both
        )
        asked = await story.register.releases_asked([CONCERN])
        sent = await to_surrey(story)

    offered = set(re.findall(r'name="leave\.([a-z_]+)"', form))
    assert {"risk_level", "themes_plain"} <= offered
    assert offered.isdisjoint({"ack_code", "reply_due", "handling", "stage", "own_record_numbers"})
    assert {status for status, _ in answers.values()} == {422}
    assert "This stands on every notice: ack_code" in words(answers["ack_code"][1])
    assert "This is in no notice that would go: nothing" in words(answers["nothing"][1])
    assert emptied == 422
    assert "Keep it held, and release the rest" in words(said)
    assert asked == ()
    assert sent == []


async def test_who_asks_without_having_read_it_as_amended_asks_for_nothing() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        _, whole = await me.get(FORM)
        fields = {"hold": HOLD, "reason": WHY, "leave.risk_level": "yes"} | ALL
        unread, page = await me.post(RELEASE, fields)
        other, _ = await me.post(RELEASE, fields | {"seen": seen_on(whole)})
        asked = await story.register.releases_asked([CONCERN])

    assert (unread, other) == (422, 422)
    assert "not what you were shown" in words(page)
    assert asked == ()


async def test_B06_who_must_prove_who_they_are_comes_back_to_the_same_hold_and_ticks() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        await story.clock.advance(timedelta(minutes=6))
        fields = {"hold": HOLD, "reason": WHY, "process": "yes"}
        led = await where(me, RELEASE, fields)
        to = parse_qs(urlsplit(led).query)["to"][0]
        me, back = await picked_again(story, browser, me, to=to)
        status, page = await me.get(back)
        seen = seen_on(page)
        asked = await story.register.releases_asked([CONCERN])
        path, _ = await amended(me)
        chair = await sign_in(story, browser, CHAIR)
        await story.clock.advance(timedelta(minutes=6))
        second = await where(chair, path, {"answer": "agree", "seen": seen})
        _, undecided = await chair.get(parse_qs(urlsplit(second).query)["to"][0])
        sent = await to_surrey(story)

    assert led.startswith("/sign-in/again?")
    assert "moved" not in led, "no words of a case are in an address"
    assert back == to
    assert status == 200
    assert f'name="hold" value="{HOLD}"' in page
    assert "Nothing has been asked yet" in words(page)
    assert re.findall(r'name="([a-z_.]+)" value="yes" checked', page) == ["process"]
    assert asked == ()
    assert "Nothing has been decided yet" in words(undecided)
    assert sent == []
