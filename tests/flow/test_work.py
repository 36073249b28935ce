"""My work and the handover: what one look shows at 17:00 on a Friday (console.md)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hub.access import Official, Post
from hub.obligation import ObligationKind
from hub.ports import ConcernRecord
from hub.routes.safety import handover, safety_of
from hub.routes.tasks import Pressing, Work, my_work
from hub.vocabulary import Rung
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    LEO,
    OTHER,
    TO_THE_END,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING

HELD = (*OPENING, "lead-agency-set", "chair-appointed", "hold-placed")
FRIDAY = datetime(2027, 4, 16, 16, 0, tzinfo=UTC)
AGENCY = Official(id="cqc-1", name="Ines Vale", post=Post.AGENCY, agency=CQC.agency)


async def work_of(story: Rosewood, person: Official = LEO) -> Work:
    directory = await story.register.directory()
    return my_work([await story.record()], directory, person, story.clock.now())


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_who_is_still_untold_is_the_first_sentence_of_my_work() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        status, before = await me.get("/my-work")
        await story.sent()
        _, after = await me.get("/my-work")

        untold = await work_of(story)
    assert status == 200
    assert "Yes: " in words(before)
    assert "still untold, in 1 concern" in words(before)
    assert "No, nobody is untold by mistake in 1 concern" in words(after)
    assert untold.untold == ()


async def test_an_answer_is_waited_for_until_its_time_and_then_it_is_overdue() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent()
        waits = await work_of(story)
        await story.clock.advance(timedelta(days=30))
        late = await work_of(story)

    cqc = [t for t in waits.others if "Care Quality Commission" in t.whom]
    assert cqc
    assert all("is not acknowledged" in t.what for t in cqc if "“" in t.what)
    assert any("Care Quality Commission" in t.whom for t in late.overdue)
    assert {t.pressing for t in late.overdue} == {Pressing.OVERDUE}
    assert [t.due for t in late.overdue if t.due] == sorted(t.due for t in late.overdue if t.due)


async def test_every_row_says_what_to_do_now_and_each_link_leads_somewhere() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        await story.sent()
        await story.clock.advance(timedelta(days=30))
        found = await work_of(story)
        me = await sign_in(story, browser)
        rows = (*found.overdue, *found.today, *found.others)
        links = {do.href.partition("#")[0] for row in rows for do in row.do}
        answered = {link: (await me.get(link))[0] for link in links}

    assert rows
    assert all(row.do for row in rows)
    assert set(answered.values()) == {200}


async def test_a_provider_who_is_kept_from_it_on_purpose_is_named_and_is_no_mistake() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        await story.sent()
        me = await sign_in(story, browser)
        _, page = await me.get("/my-work")
        found = await work_of(story)

    assert [each.name for each in found.kept_from if "(provider)" in each.name]
    assert not [each for each in found.untold if "(provider)" in each.name]
    assert "Kept from on purpose" in words(page)
    assert "kept from it on purpose" in found.sentence


async def test_what_somebody_has_in_hand_waits_for_that_person() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        me = await sign_in(story, browser)
        owed = next(
            o
            for o in (await story.record()).obligations
            if o.kind is ObligationKind.ANSWER and o.party == CQC
        )
        await me.post(f"/concerns/{CONCERN}/owed/{owed.id}", {"minutes": "15"})
        found = await work_of(story)

    assert [t.hands for t in found.others if t.hands] == [LEO.name]


async def test_the_chair_sees_the_same_and_is_offered_nothing_a_chair_cannot_do() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        me = await sign_in(story, browser, CHAIR)
        status, page = await me.get("/my-work")

    assert status == 200
    assert "Record a call" not in page
    assert "Take it in hand" not in page


async def test_another_authority_sees_none_of_it_and_an_agency_has_no_such_page() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (*story.people, AGENCY)
        async with served(story) as browser:
            other = await sign_in(story, browser, OTHER)
            _, empty = await other.get("/my-work")
            _, none = await other.get("/my-work/handover")
            agency = await sign_in(story, browser, AGENCY)
            refused = [(await agency.get(path))[0] for path in ("/my-work", "/my-work/handover")]

    assert "There are no concerns yet" in words(empty)
    assert "Nothing is overdue." in words(empty)
    assert "There is no concern to hand over." in words(none)
    assert "Rosewood" not in empty + none
    assert refused == [404, 404]


async def test_each_concern_that_my_work_looks_at_is_on_the_log() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        me = await sign_in(story, browser)
        await me.get("/my-work")
        await me.get("/my-work/handover")
        seen = await story.leaves("concern.seen")

    assert len(seen) == 2
    assert all(CONCERN in each and LEO.id in each and LEO.name not in each for each in seen)


async def test_M122_who_keeps_people_safe_is_named_or_it_is_said_that_nobody_is() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        me = await sign_in(story, browser)
        bare = safety_of(await story.record(), story.clock.now())
        _, nobody = await me.get("/my-work")
        await story.happens(example("protection-interim-recorded"))
        named = safety_of(await story.record(), story.clock.now())
        _, page = await me.get("/my-work")

    assert bare.nobody
    assert "nobody has been named who keeps people safe" in words(nobody)
    assert not named.nobody
    assert named.protections[0].who in words(page)


async def test_an_end_that_is_authorised_waits_to_be_confirmed() -> None:
    async with rosewood(*TO_THE_END) as story:
        found = await work_of(story)

    assert any("the end is authorised" in task.what for task in found.today)


async def test_the_handover_names_the_untold_and_tells_nobody_that_anything_is_held() -> None:
    async with rosewood(*HELD) as story, served(story) as browser:
        me = await sign_in(story, browser)
        _, page = await me.get("/my-work/handover")
        record: ConcernRecord = await story.record()
        found = handover([record], await story.register.directory(), LEO, story.clock.now())

    assert found.untold
    assert "Untold: Care Quality Commission" in words(page)
    assert record.concern.leo.name in page
    for hold in record.holds:
        assert hold.reason not in page
    for word in ("H1", "hold", "must not hear", "on purpose"):
        assert not re.search(rf"\b{word}\b", words(page)), word


async def test_what_is_held_from_the_duty_team_itself_is_on_no_handover() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.happens(
            example(
                "hold-placed",
                kind="H3",
                party=LEO.agency,
                role="emergency duty team",
                classes=["process"],
            )
        )
        me = await sign_in(story, browser)
        _, page = await me.get("/my-work/handover")

    assert "1 concern is not on this page" in words(page)
    assert "Rosewood" not in page


async def test_a_notice_that_left_by_a_weaker_proof_is_not_said_to_be_told() -> None:
    async with rosewood(*OPENING) as story:
        await story.sent(Rung.SUBMITTED)
        found = await work_of(story)

    assert found.untold
    assert found.sentence.startswith("Yes: ")
