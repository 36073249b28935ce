"""What was not delivered, on screen: grouped, counted, sent again by the one engine, stopped."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hub.access import Official, Post
from hub.notice import Refused, RefusedBecause
from hub.ports import Completion
from hub.ports.replaying import Replay
from hub.receipt import Receipt
from hub.repeat import Verdict, Why
from hub.vocabulary import Lane, Setback
from hub.watch.about import ToolsFor
from hub.watch.replaying import judge_by
from tests.builders import poison_of
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    HOST,
    LEO,
    OTHER,
    START,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING

ADMIN = Official(id="admin-1", name="Noor Aziz", post=Post.ADMINISTRATOR, agency=HOST)
AGENCY = Official(id="agency-1", name="Jo Hill", post=Post.AGENCY, agency=HOST)
WHO = (LEO, CHAIR, OTHER, ADMIN, AGENCY)


async def bounce(story: Rosewood) -> int:
    """Let every mailbox and webhook refuse what is due; return how many did."""
    number = 0
    for lane in Lane:
        while leased := await story.register.lease(
            lane, limit=100, lease_for=START - START.replace(hour=8), worker="w"
        ):
            now = story.clock.now()
            done = [
                Completion(
                    leased=one,
                    outcome=Refused(at=now, detail="550 no", because=RefusedBecause.ADDRESS),
                    again_at=None,
                    costs_attempt=True,
                    receipts=(
                        Receipt(
                            notice=one.delivery.notice,
                            delivery=one.delivery.id,
                            attempt=one.attempt,
                            at=now,
                            source="smtp",
                            setback=Setback.REFUSED,
                            detail="550 no",
                        ),
                    ),
                )
                for one in leased
            ]
            assert all(await story.register.complete(done))
            number += len(done)
    return number


def tools_for(story: Rosewood) -> ToolsFor:
    return lambda _partnership, directory: replace(story.tools, directory=directory)


def links(page: str) -> list[str]:
    found = re.findall(r'href="(/failed/again\?[^"]+)"', page)
    return [one.replace("&amp;", "&") for one in found]


async def carry_out(story: Rosewood) -> Replay:
    (order,) = await story.register.replays()
    done = await story.register.go_on_replaying(order.id, judge_by(tools_for(story)), 100)
    assert done is not None
    return done


async def test_B05_nothing_failed_has_a_page_of_its_own() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        async with served(story) as browser:
            me = await sign_in(story, browser)

            status, page = await me.get("/failed")

            assert status == 200
            assert "has been taken, or is on its way" in page
            assert "Nobody has asked for anything to be sent again" in page
            assert "is in quarantine" in page


@pytest.mark.parametrize("who", [CHAIR, AGENCY])
async def test_B06_who_does_not_operate_finds_nothing_there(who: Official) -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            me = await sign_in(story, browser, who)

            paths = ("/failed", "/failed/again", "/failed/quarantine/x")
            assert [(await me.get(path))[0] for path in paths] == [404] * 3
            assert (await me.post("/failed/again", {}))[0] == 404
            assert (await me.post("/failed/orders/x/stop", {}))[0] == 404


async def test_B05_a_leo_sees_what_was_not_delivered_by_cause_and_destination_with_a_leaf() -> None:
    async with rosewood(*OPENING) as story:
        number = await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            me = await sign_in(story, browser)

            _, page = await me.get("/failed")

            assert number > 2
            assert f"{number} notices have not been taken" in page
            assert "the mailbox does not take it, or sent it back" in page
            assert f'href="/concerns/{CONCERN}"' in page
            seen = await story.leaves("concern.seen")
            assert [leaf for leaf in seen if '"page":"failed"' in leaf and CONCERN in leaf]


async def test_B06_another_authoritys_leo_sees_none_of_it_and_can_send_none_of_it_again() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            theirs = links((await (await sign_in(story, browser)).get("/failed"))[1])
            other = await sign_in(story, browser, OTHER)

            _, page = await other.get("/failed")
            status, _ = await other.get(theirs[0])
            fields = {"delivery": theirs[0].partition("=")[2], "why": "LOST"}
            posted, _ = await other.post("/failed/again", fields)

            assert CONCERN not in page
            assert (status, posted) == (404, 404)
            assert await story.register.replays() == ()


async def test_B06_an_administrator_sees_destinations_and_no_word_of_any_case() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        await bounce(story)
        record = await story.record()
        async with served(story, tools_for=tools_for(story)) as browser:
            me = await sign_in(story, browser, ADMIN)
            _, page = await me.get("/failed")
            _, form = await me.get(links(page)[0])

            words = (
                *(CONCERN, record.concern.reference, record.concern.service.location_name),
                *("Concern opened", "placing authority"),
            )
            assert "the mailbox does not take it" in page
            assert "SHA-256" in page
            for word in words:
                assert word not in page + form, word
            assert await story.leaves("concern.seen") == []


async def test_B03_one_is_counted_first_then_sent_again_with_who_and_why() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            me = await sign_in(story, browser)
            _, page = await me.get("/failed")
            link = next(one for one in links(page) if "delivery=" in one)

            _, form = await me.get(link)
            before = await story.register.replays()
            delivery = link.partition("=")[2]
            bare, refused = await me.post("/failed/again", {"delivery": delivery})
            asked = {"delivery": delivery, "why": "CORRECTED"}
            done, _ = await me.post("/failed/again", asked)
            _, after = await me.get("/failed?said=ordered")

            assert "Sent again" in form
            assert before == ()
            assert (bare, done) == (422, 303)
            assert "Say why it is sent again" in refused
            (order,) = await story.register.replays()
            assert (order.asked_by, order.why) == (LEO.id, Why.CORRECTED)
            assert order.selection.deliveries == (delivery,)
            assert "It is ordered" in after
            assert "0 of 1 looked at" in after
            (leaf,) = await story.leaves("replay.ordered")
            assert '"by":"leo-1"' in leaf


async def test_B03_a_group_is_sent_again_whole_and_its_progress_is_shown() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        await story.story("closure-planned-provider")
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            me = await sign_in(story, browser)
            _, page = await me.get("/failed")
            link = next(one for one in links(page) if "target=" in one)
            fields = dict(part.split("=") for part in link.partition("?")[2].split("&"))

            status, _ = await me.post("/failed/again", fields | {"why": "OTHER", "note": "mended"})
            done = await carry_out(story)
            _, after = await me.get("/failed")

            assert status == 303
            assert len(done.selection.deliveries) > 1
            assert sum(done.counts.values()) == len(done.selection.deliveries)
            assert "sent again" in after
            assert "Done" in after
            assert "mended" in after
            assert not await story.leaves("mended")


async def test_H3_what_is_held_now_is_refused_and_an_administrator_is_not_told_that() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            leo, admin = await sign_in(story, browser), await sign_in(story, browser, ADMIN)
            _, page = await leo.get("/failed")
            party = (await story.record()).notices[0].notice.party
            hold = {"kind": "H3", "party": party.agency, "role": party.role.value}
            await story.happens(example("hold-placed", **hold, classes=["process", "themes"]))
            said = [(await leo.get(link))[1] for link in links(page)]
            told = [(await admin.get(link))[1] for link in links(page)]

            assert any(Verdict.HELD.value.capitalize() in one for one in said)
            assert not any("Held" in one for one in told)
            assert any("Not allowed by the rules as they stand" in one for one in told)
            assert any("None of it may be sent again now" in one for one in said)


async def test_B03_an_order_is_stopped_by_who_may_see_it_and_not_twice() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            leo, other = await sign_in(story, browser), await sign_in(story, browser, OTHER)
            _, page = await leo.get("/failed")
            delivery = next(one for one in links(page) if "delivery=" in one).partition("=")[2]
            await leo.post("/failed/again", {"delivery": delivery, "why": "LOST"})
            (order,) = await story.register.replays()
            path = f"/failed/orders/{order.id}/stop"

            theirs, _ = await other.post(path, {})
            forged, _ = await leo.post(path, {"token": "x"})
            stopped, _ = await leo.post(path, {})
            _, after = await leo.get("/failed?said=stopped")
            again, _ = await leo.post(path, {})

            assert (theirs, forged, stopped, again) == (404, 403, 303, 303)
            assert "The order is stopped" in after
            assert "by leo-1" in after
            (leaf,) = await story.leaves("replay.stopped")
            assert '"by":"leo-1"' in leaf
            assert (await carry_out(story)).counts == {}


async def test_B06_bytes_in_quarantine_are_read_by_a_leo_of_its_authority_alone() -> None:
    async with rosewood(*OPENING) as story:
        story.people = WHO
        publisher = next(p for p in story.tools.directory.publishers if p.agency == HOST)
        poison = poison_of(
            publisher.id, body=b'{"name": "<script>Doris Webb</script>"}', received=START
        )
        async with story.register.entry() as entry:
            message = await entry.quarantine(poison)
        async with served(story, tools_for=tools_for(story)) as browser:
            leo, admin = await sign_in(story, browser), await sign_in(story, browser, ADMIN)
            other = await sign_in(story, browser, OTHER)
            path = f"/failed/quarantine/{message}"

            _, listed = await leo.get("/failed")
            _, said = await admin.get("/failed")
            status, raw = await leo.get(path)
            refused = [(await who.get(path))[0] for who in (admin, other)]

            assert path in listed
            assert path not in said
            for page in (listed, said):
                assert "/type: is missing" in page
                assert f"{len(poison.body)} bytes" in page
                assert "Doris Webb" not in page
            assert status == 200
            assert "&lt;script&gt;Doris Webb" in raw
            assert refused == [404, 404]
            (leaf,) = await story.leaves("quarantine.seen")
            assert '"person":"leo-1"' in leaf
