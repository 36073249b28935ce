"""The privacy officer's screen: reviews, unusual looks, who looked, and a file of it."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.access import Official, Post
from tests.flow.rosewood import (
    CONCERN,
    HOST,
    LEO,
    SURREY,
    TO_THE_END,
    Rosewood,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_answers import OPENING
from tests.flow.test_emergency_access import ASK, OWEN, PRIVACY, WHY, opened, reference
from tests.flow.test_releases import words

PAGE: Final = "/privacy"
CSV: Final = "/privacy/looks.csv"
PRIVACY_THERE: Final = Official(
    id="priv-9", name="Kit Moss", post=Post.PRIVACY_OFFICER, agency=OWEN.agency
)
BOTH: Final = Official(id=OWEN.id, name=OWEN.name, post=Post.PRIVACY_OFFICER, agency=HOST)


async def looked(story: Rosewood) -> None:
    """Let a stranger read the concern by emergency access, and the LEO by right."""
    story.people = (OWEN, LEO, PRIVACY, PRIVACY_THERE)
    async with served(story) as browser:
        me = await sign_in(story, browser, OWEN)
        await me.get(await opened(me, await reference(story)))
        leo = await sign_in(story, browser, LEO)
        await leo.get(f"/concerns/{CONCERN}")


def review_of(page: str) -> str:
    found = re.search(r"/privacy/emergency-access/[^\"]+", page)
    assert found is not None
    return found[0]


async def test_an_access_waits_for_its_review_and_is_overdue_after_the_next_working_day() -> None:
    async with rosewood(*OPENING) as story:
        # A Thursday, so Friday at 17:00 in London is the end of the next working day.
        await looked(story)
        async with served(story) as browser:
            me = await sign_in(story, browser, PRIVACY)
            _, waits = await me.get(PAGE)
            await story.clock.move_to(datetime(2027, 4, 16, 15, 59, tzinfo=UTC))
            me = await sign_in(story, browser, PRIVACY)
            _, still = await me.get(PAGE)
            await story.clock.move_to(datetime(2027, 4, 16, 16, 0, tzinfo=UTC))
            me = await sign_in(story, browser, PRIVACY)
            _, late = await me.get(PAGE)

    assert "Emergency access to review (1)" in words(waits)
    assert "Fri 16 Apr 2027, 17:00" in words(waits)
    assert "Overdue" not in words(still)
    assert "Overdue" in words(late)


async def test_over_a_weekend_and_a_bank_holiday_the_review_is_due_on_the_next_day_worked() -> None:
    async with rosewood(*OPENING) as story:
        # Friday 30 April 2027; Monday 3 May is a bank holiday.
        await story.clock.move_to(datetime(2027, 4, 30, 20, 0, tzinfo=UTC))
        await looked(story)
        (given,) = await story.register.emergency_access_to(HOST)

    assert given.review_due == datetime(2027, 5, 4, 16, 0, tzinfo=UTC)


async def test_a_review_is_written_once_with_its_reason_and_the_leo_sees_it() -> None:
    async with rosewood(*OPENING) as story:
        await looked(story)
        async with served(story) as browser:
            me = await sign_in(story, browser, PRIVACY)
            _, page = await me.get(PAGE)
            path = review_of(page)
            _, asked = await me.get(path)
            bare, _ = await me.post(path, {})
            unsaid, _ = await me.post(path, {"judged": "justified", "reason": " "})
            done, _ = await me.post(path, {"judged": "justified", "reason": "Their desk rang"})
            twice, again = await me.post(path, {"judged": "not justified", "reason": "Changed"})
            _, after = await me.get(PAGE)
            _, work = await (await sign_in(story, browser, LEO)).get("/my-work")
        leaves = await story.leaves("emergency.reviewed")

    assert WHY in words(asked)
    assert ": the concern" in words(asked.partition("Pages that they opened")[2])
    assert (bare, unsaid, done, twice) == (422, 422, 303, 422)
    assert "It is reviewed already" in words(again)
    assert "Nothing waits for your review." in words(after)
    assert "justified: Their desk rang" in words(work)
    assert len(leaves) == 1
    assert PRIVACY.id in leaves[0]
    assert "desk" not in leaves[0]


async def test_one_that_is_not_justified_ends_at_once() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, PRIVACY)
        async with served(story) as browser:
            stranger = await sign_in(story, browser, OWEN)
            sight = await opened(stranger, await reference(story))
            me = await sign_in(story, browser, PRIVACY)
            path = review_of((await me.get(PAGE))[1])
            before, _ = await stranger.get(sight)
            await me.post(path, {"judged": "not justified", "reason": "No emergency"})
            after, _ = await stranger.get(sight)

    assert (before, after) == (200, 404)


async def test_nobody_reviews_their_own_and_another_authoritys_is_not_there() -> None:
    async with rosewood(*OPENING) as story:
        await looked(story)
        async with served(story) as browser:
            path = review_of((await (await sign_in(story, browser, PRIVACY)).get(PAGE))[1])
            other = await sign_in(story, browser, PRIVACY_THERE)
            judged = {"judged": "justified", "reason": "I say so"}
            there = [(await other.get(path))[0], (await other.post(path, judged))[0]]
            leo = await sign_in(story, browser, LEO)
            closed = [(await leo.get(each))[0] for each in (PAGE, path, CSV)]
        story.people = (BOTH,)
        async with served(story) as browser:
            own = await sign_in(story, browser, BOTH)
            _, shown = await own.get(path)
            status, said = await own.post(path, judged)
        (given,) = await story.register.emergency_access_to(HOST)

    assert there == [404, 404]
    assert closed == [404, 404, 404]
    assert "Somebody else must review it" in words(shown)
    assert status == 422
    assert "Somebody else must review it: it was yours" in words(said)
    assert given.review is None


async def test_who_looked_is_told_by_name_and_the_concern_by_its_pseudonym_alone() -> None:
    async with rosewood(*TO_THE_END) as story:
        await looked(story)
        concern = (await story.record()).concern
        async with served(story) as browser:
            me = await sign_in(story, browser, PRIVACY)
            _, page = await me.get(PAGE)
            pseudonym = re.search(r"Concern</span> ([0-9A-Z]{4}-[0-9A-Z]{4})<", page)
            assert pseudonym is not None
            mine = {
                query: (await me.get(f"{PAGE}?{query}"))[1].count('role="rowheader"')
                for query in (
                    "person=owen",
                    "person=leo-1",
                    "person=nobody",
                    f"concern={pseudonym[1]}",
                    "concern=2222-2222",
                    "from=2027-04-16&to=2027-04-17",
                )
            }
            wrong = [
                (await me.get(f"{PAGE}?{q}"))[0] for q in ("from=x", "to=2020-01-01", "page=9")
            ]
            other = await sign_in(story, browser, PRIVACY_THERE)
            _, elsewhere = await other.get(PAGE)

    for secret in (concern.reference, concern.id, concern.service.location_name, concern.leo.name):
        assert secret not in page
    assert "Owen Price" in page
    # One row of the table of reviews stands above the looks.
    assert {query: rows - 1 for query, rows in mine.items()} == {
        "person=owen": 1,
        "person=leo-1": 1,
        "person=nobody": 0,
        f"concern={pseudonym[1]}": 2,
        "concern=2222-2222": 0,
        "from=2027-04-16&to=2027-04-17": 0,
    }
    assert wrong == [422, 422, 404]
    assert "read 1 page of another authority’s concern" in words(page)
    assert "Nobody looked" in words(elsewhere)
    assert "Nothing unusual." in words(elsewhere)
    assert "Nothing waits for your review." in words(elsewhere)


async def test_refusals_are_shown_to_the_privacy_officer_of_whoever_asked() -> None:
    async with rosewood(*OPENING) as story:
        story.people = (OWEN, PRIVACY, PRIVACY_THERE)
        async with served(story) as browser:
            stranger = await sign_in(story, browser, OWEN)
            for _ in range(3):
                await stranger.post(ASK, {"reference": "PC-2222-2222", "reason": WHY})
            _, theirs = await (await sign_in(story, browser, PRIVACY_THERE)).get(PAGE)
            _, ours = await (await sign_in(story, browser, PRIVACY)).get(PAGE)

    assert "asked for PC-2222-2222" in words(theirs)
    assert "was refused emergency access 3 times within a day" in words(theirs)
    assert "Nobody was refused." in words(ours)
    assert "PC-2222-2222" not in ours


async def test_the_file_goes_to_who_proved_who_they_are_and_is_itself_on_the_log() -> None:
    async with rosewood(*OPENING) as story:
        await looked(story)
        async with served(story) as browser:
            me = await sign_in(story, browser, PRIVACY)
            await story.clock.advance(timedelta(minutes=6))
            led, _ = await me.get(CSV)
            none = await story.leaves("looks.exported")
            me = await sign_in(story, browser, PRIVACY)
            async with browser.get(CSV, headers={"Cookie": me.cookie}) as got:
                kind, shown = got.content_type, got.headers["Content-Disposition"]
                rows = list(csv.reader(io.StringIO(await got.text(), newline="")))
            bad, _ = await me.get(f"{CSV}?from=x")
            _, page = await me.get(PAGE)
        leaves = await story.leaves("looks.exported")

    assert (led, none, bad) == (303, [], 400)
    assert (kind, shown) == ("text/csv", 'attachment; filename="looks.csv"')
    assert rows[0][0] == "when (UTC)"
    assert [row[2] for row in rows[1:]] == [LEO.id, OWEN.id]
    assert [row[6] for row in rows[1:]] == ["no", "yes"]
    assert len(leaves) == 1
    assert PRIVACY.id in leaves[0]
    assert "looks.exported" in words(page)


async def test_an_authority_without_concerns_has_an_empty_screen() -> None:
    alone = Official(id="priv-3", name="Ola Berg", post=Post.PRIVACY_OFFICER, agency=SURREY)
    async with rosewood() as story:
        story.people = (alone,)
        async with served(story) as browser:
            status, page = await (await sign_in(story, browser, alone)).get(PAGE)

    assert status == 200
    for said in ("Nothing waits for your review.", "Nothing unusual.", "Nobody was refused."):
        assert said in words(page)
