"""Releases by the API: two people with sessions of their own, never a key (0030, 0032)."""

from __future__ import annotations

from datetime import timedelta

from tests.flow.rosewood import CHAIR, CONCERN, LEO, SignedIn, rosewood, served, sign_in
from tests.flow.test_amending import HOLD, to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_writing import send
from tests.flow.test_releases import WHY, held_from_surrey

PATH = f"/v1/concerns/{CONCERN}/releases"


def bearer_of(me: SignedIn) -> dict[str, str]:
    return {"Authorization": f"Bearer {me.cookie.partition('=')[2]}"}


async def test_semantics_5_two_people_release_without_what_both_saw_left_out() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = bearer_of(await sign_in(story, browser))
        wanted = {"hold": HOLD, "leave_out": ["risk_level"]}
        shown, would, _ = await send(browser, PATH, me, wanted)
        ask = wanted | {"dry_run": False, "reason": WHY, "sha256": would["sha256"]}
        blind, _, _ = await send(browser, PATH, me, ask | {"sha256": "0" * 64})
        nothing = await story.register.releases_asked([CONCERN])
        made, asked, _ = await send(browser, PATH, me, ask)
        decision = f"{PATH}/{asked['request']}/decision"
        chair = bearer_of(await sign_in(story, browser, CHAIR))
        looked, second, _ = await send(browser, decision, chair, {"answer": "agree"})
        yes = {"answer": "agree", "dry_run": False, "sha256": second["sha256"]}
        mine, _, _ = await send(browser, decision, me, yes)
        unread, _, _ = await send(browser, decision, chair, yes | {"sha256": None})
        still = await to_surrey(story)
        agreed, done, _ = await send(browser, decision, chair, yes)
        twice, _, _ = await send(browser, decision, chair, yes)
        (sent,) = await to_surrey(story)

    assert (shown, blind, nothing, made, looked) == (200, 422, (), 201, 200)
    assert {"risk_level", "themes_plain"} <= {one["name"] for one in would["offered"]}
    assert would["left_out"] == asked["left_out"] == ["risk_level"]
    assert would["sha256"] == second["sha256"]
    assert "Risk:" not in would["would"][0]["text"]
    assert sent.notice.ack_code not in str(would)
    assert (mine, unread, still) == (403, 422, [])
    assert (agreed, done["became"], twice) == (200, "agreed", 422)
    assert "Risk:" not in sent.notice.text


async def test_a_release_is_refused_with_a_reason_and_a_key_is_no_person() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = bearer_of(await sign_in(story, browser))
        key = await key_for(story, LEO)
        by_key, said, _ = await send(browser, PATH, key, {"hold": HOLD})
        none, _, _ = await send(browser, PATH, me, {"hold": "none"})
        wrong, _, _ = await send(browser, PATH, me, {"hold": HOLD, "leave_out": ["Not A Fact"]})
        _, asked, _ = await send(browser, PATH, me, {"hold": HOLD, "dry_run": False, "reason": WHY})
        decision = f"{PATH}/{asked['request']}/decision"
        keyed, _, _ = await send(browser, decision, key, {"answer": "agree", "dry_run": False})
        chair = bearer_of(await sign_in(story, browser, CHAIR))
        no = {"answer": "refuse", "dry_run": False}
        bare, _, _ = await send(browser, decision, chair, no)
        refused, done, _ = await send(browser, decision, chair, no | {"reason": "Not yet"})
        missing, _, _ = await send(browser, f"{PATH}/none/decision", chair, no)
        await story.clock.advance(timedelta(minutes=6))
        unproved, _, _ = await send(browser, PATH, me, {"hold": HOLD})
        (kept,) = await story.register.releases_asked([CONCERN])
        sent = await to_surrey(story)

    assert (by_key, keyed) == (403, 403)
    assert "A key is none" in said["detail"]
    assert (none, wrong, missing) == (404, 422, 404)
    assert (bare, refused, done["became"]) == (422, 200, "refused")
    assert unproved == 401
    assert kept.decided is not None
    assert kept.decided.reason == "Not yet"
    assert sent == []
