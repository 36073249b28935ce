"""Held notices at the console: exactly what would go, two people, one stop (semantics 5)."""

from __future__ import annotations

import re
from datetime import timedelta

from hub.access import Official, Post
from hub.concern import Party
from hub.ports import ConcernRecord
from hub.vocabulary import HoldKind, InfoClass, Lane, Role
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    HOST,
    LEO,
    OTHER,
    SURREY,
    Rosewood,
    SignedIn,
    example,
    rosewood,
    served,
    sign_in,
)

SURREYS = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
HELD = f"/concerns/{CONCERN}/held"
RELEASE = f"/concerns/{CONCERN}/release"
STOP = f"/concerns/{CONCERN}/stop"
ALL = dict.fromkeys((info.name.lower() for info in InfoClass), "yes")
WHY = "The adult has been moved, ring note 14"
GROUND = "Somebody at the council is thought to be at risk"


async def held_from_surrey(story: Rosewood, kind: str = "H3") -> None:
    await story.story("concern-opened")
    await story.happens(
        example(
            "hold-placed",
            kind=kind,
            party=SURREY,
            role="placing authority",
            classes=[str(info) for info in InfoClass],
            reason=GROUND,
        )
    )
    await story.story("placement-register-declared")


def told(record: ConcernRecord, party: Party = SURREYS) -> list[tuple[str, str]]:
    return [(n.notice.template, n.notice.text) for n in record.notices if n.notice.party == party]


async def asked(me: SignedIn, **fields: str) -> str:
    """Ask for a release, and return where it is decided."""
    fields = {"hold": "H-2026-0001", "reason": WHY} | (fields or ALL)
    status, page = await me.post(RELEASE, fields)
    assert status == 303, page
    _, shown = await me.get(HELD)
    found = re.search(rf"/concerns/{CONCERN}/releases/[^\"]+", shown)
    assert found is not None
    return found[0]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_what_would_go_is_shown_word_for_word_and_nothing_goes_by_looking() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        status, page = await me.get(f"{RELEASE}?hold=H-2026-0001")
        _, again = await me.get(f"{RELEASE}?hold=H-2026-0001&process=yes")
        before = told(await story.record())
        path = await asked(me)
        chair = await sign_in(story, browser, CHAIR)
        await chair.post(path, {"answer": "agree"})
        after = await story.record()

    assert status == 200
    assert before == []
    assert "Surrey County Council" in words(page)
    assert "Will not see" in words(page)
    sent = [n.notice for n in after.notices if n.notice.party == SURREYS]
    assert sent
    for notice in sent:
        assert notice.ack_code not in page
        first = next(line for line in notice.text.splitlines() if line.strip())
        assert words(first)[:40] in words(page).replace("&#39;", "'")
    assert "Exactly what would go" in words(again)


async def test_a_release_takes_two_people_and_nobody_agrees_with_themself() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        path = await asked(me)
        waiting = told(await story.record())
        mine, _ = await me.post(path, {"answer": "agree"})
        still = told(await story.record())
        chair = await sign_in(story, browser, CHAIR)
        _, work = await chair.get("/my-work")
        agreed, _ = await chair.post(path, {"answer": "agree"})
        record = await story.record()
        _, shown = await me.get(HELD)
        twice, _ = await chair.post(path, {"answer": "agree"})
        once = told(await story.record())
        leaves = await story.leaves("release.agreed")

    assert waiting == still == []
    assert (mine, agreed, twice) == (403, 303, 422)
    assert "Releases that wait for a second person (1)" in words(work)
    assert told(record) == once
    assert told(record)
    assert not [hold for hold in record.concern.holds if hold.id == "H-2026-0001"]
    assert "Agreed by Helen Marsh" in words(shown)
    assert len(leaves) == 1
    assert LEO.id in leaves[0]
    assert CHAIR.id in leaves[0]
    assert LEO.name not in leaves[0]


async def test_a_release_from_the_console_decides_what_the_case_systems_release_decides() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        path = await asked(me)
        chair = await sign_in(story, browser, CHAIR)
        await chair.post(path, {"answer": "agree"})
        ours = await story.record()
    async with rosewood() as story:
        await held_from_surrey(story)
        await story.happens(example("hold-released", authority=HOST))
        theirs = await story.record()

    def decided(record: ConcernRecord) -> list[tuple[object, ...]]:
        return [
            (type(d), d.party, d.occasion.kind, d.occasion.event_name, d.reason, d.pack)
            for d in record.decisions
        ]

    assert decided(ours) == decided(theirs)
    assert [name for name, _ in told(ours)] == [name for name, _ in told(theirs)]


async def test_a_part_of_a_hold_is_released_and_the_rest_stands() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        path = await asked(me, process="yes")
        chair = await sign_in(story, browser, CHAIR)
        status, _ = await chair.post(path, {"answer": "agree"})
        record = await story.record()

    assert status == 303
    (hold,) = record.concern.holds
    assert hold.classes == frozenset(InfoClass) - {InfoClass.PROCESS}
    still = {each.info for each in record.holds if each.party == SURREYS}
    assert InfoClass.THEMES in still
    assert InfoClass.PROCESS not in still


async def test_time_that_runs_out_is_a_no_and_it_must_be_asked_again() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        path = await asked(me)
        second, page = await me.post(RELEASE, {"hold": "H-2026-0001", "reason": WHY} | ALL)
        await story.clock.advance(timedelta(hours=24))
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        status, _ = await chair.post(path, {"answer": "agree"})
        _, shown = await me.get(HELD)
        _, work = await me.get("/my-work")
        again, _ = await me.post(RELEASE, {"hold": "H-2026-0001", "reason": WHY} | ALL)
        record = await story.record()

    assert second == 422
    assert "waits already for a second person" in words(page)
    assert status == 422
    assert told(record) == []
    assert "its time ran out, and nothing was released" in words(shown).lower()
    assert "Releases that wait" not in words(work)
    assert again == 303


async def test_who_does_not_agree_says_why_and_nothing_is_released() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me = await sign_in(story, browser)
        path = await asked(me)
        chair = await sign_in(story, browser, CHAIR)
        bare, page = await chair.post(path, {"answer": "refuse"})
        unsaid, _ = await chair.post(path, {})
        refused, _ = await chair.post(path, {"answer": "refuse", "reason": "She is still there"})
        late, _ = await chair.post(path, {"answer": "agree"})
        _, shown = await me.get(HELD)
        record = await story.record()

    assert (bare, unsaid, refused, late) == (422, 422, 303, 422)
    assert "Say why" in words(page)
    assert "Refused by Helen Marsh, chair: She is still there" in words(shown)
    assert told(record) == []
    assert len(record.concern.holds) == 1


async def test_what_another_authority_owns_cannot_be_asked_for_here() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story, kind="H1")
        me = await sign_in(story, browser)
        shown, page = await me.get(HELD)
        looked, _ = await me.get(f"{RELEASE}?hold=H-2026-0001")
        status, refused = await me.post(RELEASE, {"hold": "H-2026-0001", "reason": WHY} | ALL)
        record = await story.record()

    assert (shown, looked, status) == (200, 404, 403)
    assert "Another authority releases this" in words(page)
    assert "This hold is released by: police" in words(refused)
    assert told(record) == []
    assert [hold.classes for hold in record.concern.holds] == [frozenset(InfoClass)]


async def test_the_ground_of_a_hold_is_shown_to_nobody_who_may_not_know_it() -> None:
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        me, chair = await sign_in(story, browser), await sign_in(story, browser, CHAIR)
        pages = {who: await who.get(HELD) for who in (me, chair)}
        everywhere = [(await who.get("/held"))[1] for who in (me, chair)]

    assert GROUND in pages[me][1]
    assert GROUND not in pages[chair][1] + everywhere[1]
    assert "Ask the lead enquiry officer" in words(pages[chair][1])
    assert all("Surrey County Council" in words(page) for page in everywhere)


async def test_strangers_find_no_hold_no_release_and_no_stop() -> None:
    agency = Official(id="cqc-1", name="Ines Vale", post=Post.AGENCY, agency=CQC.agency)
    async with rosewood() as story:
        story.people = (*story.people, agency)
        await held_from_surrey(story)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            path = await asked(me)
            found = set()
            for who in (OTHER, agency):
                them = await sign_in(story, browser, who)
                for each in (HELD, f"{RELEASE}?hold=H-2026-0001", path, STOP):
                    found.add((await them.get(each))[0])
                for each in (RELEASE, path, STOP):
                    found.add((await them.post(each, {"answer": "agree"} | ALL))[0])
            elsewhere, _ = await me.post(
                path, {"answer": "refuse"}, {"Origin": "https://x.example"}
            )
            _, list_of_other = await (await sign_in(story, browser, OTHER)).get("/held")
        record = await story.record()

    assert found == {404}
    assert elsewhere == 403
    assert "Nothing is held from anybody." in words(list_of_other)
    assert told(record) == []


async def test_a_stop_holds_at_once_and_what_waited_is_never_sent() -> None:
    async with rosewood("concern-opened", "placement-register-declared") as story:
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, form = await me.get(STOP)
            bare, page = await me.post(STOP, {"party": f"{SURREY}|placing authority"})
            fields = {"party": f"{SURREY}|placing authority", "kind": "H3", "reason": WHY}
            status, _ = await me.post(STOP, fields)
            record = await story.record()
            leased = [
                each.delivery.party
                for lane in Lane
                for each in await story.register.lease(
                    lane, limit=100, lease_for=timedelta(minutes=1), worker="w"
                )
            ]
            _, shown = await me.get(HELD)
        leaves = await story.leaves("hold.put")

    assert "The police" in words(form)
    assert (bare, status) == (422, 303)
    assert "Choose why they must not be told" in words(page)
    (hold,) = record.concern.holds
    assert (hold.kind, hold.party, hold.classes) == (HoldKind.H3, SURREYS, frozenset(InfoClass))
    assert hold.placed_by.name == LEO.name
    assert leased
    assert SURREYS not in leased
    assert WHY in shown
    assert len(leaves) == 1
    assert LEO.name not in leaves[0]


async def test_a_stop_for_whom_this_concern_does_not_have_is_asked_again() -> None:
    async with rosewood("concern-opened") as story, served(story) as browser:
        me = await sign_in(story, browser)
        answers = [
            (await me.post(STOP, {"party": party, "kind": "H3", "reason": WHY}))[0]
            for party in ("", "nobody", f"{SURREY}|wizard", f"{SURREY}|placing authority")
        ]
        wrong, _ = await me.post(
            STOP, {"party": f"{CQC.agency}|regulator", "kind": "H4", "reason": WHY}
        )
        record = await story.record()

    assert answers == [422] * 4
    assert wrong == 422
    assert record.concern.holds == ()


async def test_B06_who_agrees_to_a_release_proves_who_they_are_and_a_stop_waits_for_nobody() -> (
    None
):
    async with rosewood() as story, served(story) as browser:
        await held_from_surrey(story)
        path = await asked(await sign_in(story, browser))
        chair = await sign_in(story, browser, CHAIR)
        await story.clock.advance(timedelta(minutes=6))
        led, _ = await chair.post(path, {"answer": "agree"})
        unproved = told(await story.record())
        form, _ = await chair.get(f"{RELEASE}?hold=H-2026-0001")
        stop, _ = await chair.get(f"/concerns/{CONCERN}/stop")
        refused, _ = await chair.post(path, {"answer": "refuse", "reason": "She is still there"})

    assert led == form == 303
    assert unproved == []
    assert stop == 200
    assert refused == 303
