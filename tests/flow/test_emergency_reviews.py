"""A review of an emergency access that nobody writes: it is asked for until somebody has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.obligation import Obligation, ObligationKind, ObligationState
from hub.vocabulary import Role
from hub.watch import Watch
from tests.flow.rosewood import LEO, Rosewood, rosewood, served, sign_in
from tests.flow.test_answers import OPENING
from tests.flow.test_emergency_access import PRIVACY
from tests.flow.test_privacy import PAGE, looked, review_of
from tests.flow.test_releases import words

DUE: Final = datetime(2027, 4, 16, 16, 0, tzinfo=UTC)
"""Friday at 17:00 in London: the concern is looked at on the Thursday."""
MONDAY: Final = datetime(2027, 4, 19, 16, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)
REVIEW: Final = ObligationKind.REVIEW_ACCESS


async def owed(story: Rosewood) -> Obligation | None:
    found = [one for one in (await story.record()).obligations if one.kind is REVIEW]
    return found[0] if found else None


async def asked(story: Rosewood) -> list[tuple[Role, str]]:
    """Return which desks are asked for it now, and in which words."""
    return sorted(
        (one.party.role, one.says)
        for one in (await story.record()).obligations
        if one.kind is ObligationKind.PERSON and "emergency access" in one.says
    )


async def swept(story: Rosewood, *at: datetime) -> list[list[Role]]:
    """Look at the clock at each of these instants; return whom it asks each time."""
    watch, seen = Watch(story.register, story.tools_for, story.clock), []
    for instant in at:
        await story.clock.move_to(instant)
        await watch.sweep()
        seen.append([role for role, _ in await asked(story)])
    return seen


async def test_B06_an_overdue_review_is_asked_for_by_the_desk_then_by_the_head_without_end() -> (
    None
):
    async with rosewood(*OPENING) as story:
        await looked(story)

        seen = await swept(
            story,
            DUE - timedelta(minutes=1),
            DUE,
            MONDAY,
            *(MONDAY + number * DAY for number in range(1, 5)),
        )
        first = await asked(story)
        still = await owed(story)

    desk, head = Role.HOST_AUTHORITY, Role.HEAD_OF_SAFEGUARDING
    assert seen == [[], [desk], *[[head, desk]] * 5]
    assert first[1][1].startswith("remind the privacy officer of West Sussex")
    assert still is not None
    assert still.climb is not None
    assert still.climb.state is ObligationState.RE_RAISED
    # Raised on Tuesday, Wednesday, Thursday and Friday; the weekend that follows does not count.
    assert still.climb.next_at == MONDAY + 7 * DAY


async def test_B06_the_review_ends_what_is_asked_and_nothing_comes_after_it() -> None:
    async with rosewood(*OPENING) as story:
        await looked(story)
        await swept(story, DUE, MONDAY)
        async with served(story) as browser:
            leo = await sign_in(story, browser, LEO)
            _, work = await leo.get("/my-work")
            me = await sign_in(story, browser, PRIVACY)
            _, page = await me.get(PAGE)
            fields = {"judged": "justified", "reason": "They rang the duty team"}
            await me.post(review_of(page), fields)
            _, after = await leo.get("/my-work")
        later = await swept(story, MONDAY + DAY, MONDAY + 30 * DAY)
        left = await owed(story)

    assert "have the privacy officer review the emergency access of 15 April 2027" in words(work)
    assert "remind the privacy officer" in words(work)
    assert "1 review is overdue." in words(page)
    assert "remind the privacy officer" not in words(after)
    assert (later, left) == ([[], []], None)


async def test_B06_a_pack_that_says_nothing_of_it_lets_no_review_rest() -> None:
    async with rosewood(*OPENING) as story:
        pack = story.tools.pack
        kept = tuple(one for one in pack.ladders if REVIEW not in one.kinds)
        story.tools = replace(story.tools, pack=replace(pack, ladders=kept))
        await looked(story)

        seen = await swept(story, DUE, MONDAY, MONDAY + DAY)
        still = await owed(story)

    desk, head = Role.HOST_AUTHORITY, Role.HEAD_OF_SAFEGUARDING
    assert seen == [[desk], [head, desk], [head, desk]]
    assert still is not None
    assert still.climb is not None
    assert still.climb.state is ObligationState.RE_RAISED


async def test_B06_no_mail_about_a_review_names_who_looked_or_why() -> None:
    async with rosewood(*OPENING) as story:
        await looked(story)
        await swept(story, DUE, MONDAY, MONDAY + DAY)
        notices = [n.notice for n in (await story.record()).notices]
        lists = [n for n in notices if "emergency access" in n.text]

    assert {n.party.role for n in lists} == {Role.HOST_AUTHORITY, Role.HEAD_OF_SAFEGUARDING}
    assert not [n for n in lists if "Owen" in n.text or "resident rang us" in n.text]
