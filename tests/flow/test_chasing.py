"""Chase from the board: the ladder's next step, now, once, with who and why (decision 0031)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from hub.concern import Party
from hub.notice import Delivery
from hub.obligation import Obligation, ObligationKind, ObligationState
from hub.vocabulary import Rung
from hub.watch import Watch
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    CQC,
    LEO,
    OTHER,
    Rosewood,
    example,
    rosewood,
    served,
    sign_in,
)
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_writing import send

CLOSED: Final = ("concern-opened", "emergency-closure-cqc")
BOARD: Final = f"/concerns/{CONCERN}"
MINUTE: Final = timedelta(minutes=1)
WHY: Final = "The home's manager says that nobody from CQC has rung"


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def watched(story: Rosewood) -> None:
    """Let whoever watches look once."""
    await Watch(story.register, story.tools_for, story.clock).sweep()


async def emergency(story: Rosewood) -> str:
    """The first step of every ladder has been taken, and the next comes in half an hour."""
    await story.sent(Rung.SUBMITTED)
    await watched(story)
    notice = (await story.notice_to(CQC, "emergency-closure")).notice
    return f"{BOARD}/notices/{notice.id}/chase"


async def told(story: Rosewood, party: Party = CQC) -> tuple[Delivery, ...]:
    return (await story.notice_to(party, "emergency-closure")).deliveries


async def answer_owed(story: Rosewood) -> Obligation:
    notice = (await story.notice_to(CQC, "emergency-closure")).notice
    owed = (await story.record()).obligations
    return next(o for o in owed if o.notice == notice.id and o.kind is ObligationKind.ANSWER)


def step_of(page: str) -> str:
    found = re.search(r'name="step" value="(\d+)"', page)
    assert found is not None, words(page)
    return found[1]


async def test_M105_a_chase_says_what_it_does_and_the_next_contact_is_told_now_and_once() -> None:
    async with rosewood(*CLOSED) as story:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        async with served(story) as browser:
            me = await sign_in(story, browser)
            _, board = await me.get(BOARD)
            _, form = await me.get(path)
            before = await told(story)
            bare, _ = await me.post(path, {"step": step_of(form)})
            done, _ = await me.post(path, {"step": step_of(form), "reason": WHY})
            unsent = await told(story)
            twice, _ = await me.post(path, {"step": step_of(form), "reason": WHY})
            await watched(story)
            after = await told(story)
            thrice, _ = await me.post(path, {"step": step_of(form), "reason": WHY})
            await watched(story)
            _, then = await me.get(BOARD)

        chases = await story.register.chases([CONCERN])
        leaves = await story.leaves("notice.chased")

    assert path in board
    assert "Sends the same notice to the deputy of Care Quality Commission" in words(form)
    assert "by email" in words(form)
    assert (bare, done, twice, thrice) == (422, 303, 303, 303)
    assert unsent == before, "a chase itself sends nothing"
    assert [d.channel for d in after[len(before) :]] == ["email"]
    assert after[-1].target != before[0].target
    assert after[-1].notice == before[0].notice
    assert len(chases) == len(leaves) == 1
    assert (chases[0].by.id, chases[0].reason, chases[0].step) == (LEO.id, WHY, 1)
    assert LEO.id in leaves[0]
    assert LEO.name not in leaves[0]
    assert WHY not in leaves[0]
    assert re.search(r"chased [^.]*? by Amara Okafor", words(then))


async def test_a_chase_in_the_quarter_of_an_hour_after_a_step_says_so_and_does_nothing() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        me = await sign_in(story, browser)
        await story.clock.advance(14 * MINUTE)
        _, early = await me.get(path)
        status, refused = await me.post(path, {"step": "1", "reason": WHY})
        await story.clock.advance(MINUTE)
        _, later = await me.get(path)
        await story.clock.advance(16 * MINUTE)
        await watched(story)
        stale, moved = await me.post(path, {"step": "1", "reason": WHY})

    assert "it can be chased from 10:15" in words(early)
    assert 'name="reason"' not in early
    assert status == 422
    assert "it can be chased from" in words(refused)
    assert "What it does" in words(later)
    assert stale == 422
    assert "it can be chased from" in words(moved)


async def test_whoever_looked_before_a_step_was_taken_is_asked_to_look_again() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(31 * MINUTE)
        await watched(story)
        await story.clock.advance(16 * MINUTE)
        me = await sign_in(story, browser)
        status, page = await me.post(path, {"step": "1", "reason": WHY})
        none, _ = await me.post(path, {"reason": WHY})
        chases = await story.register.chases([CONCERN])

    assert (status, none) == (422, 422)
    assert "has taken a step since you looked" in words(page)
    assert chases == ()


async def test_an_agency_that_acknowledged_is_not_chased() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        notice = (await story.notice_to(CQC, "emergency-closure")).notice
        await story.answers.acknowledge_by_code(
            notice.id, "Ines Vale", "Inspector", notice.ack_code
        )
        me = await sign_in(story, browser)
        _, board = await me.get(BOARD)
        _, page = await me.get(path)
        status, refused = await me.post(path, {"step": "1", "reason": WHY})
        before = await told(story)
        await watched(story)
        after = await told(story)

    assert path not in board
    assert "they have answered" in words(page)
    assert status == 422
    assert "they have answered" in words(refused)
    assert before == after


async def test_who_answers_between_a_chase_and_its_step_is_told_nothing_more() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        me = await sign_in(story, browser)
        done, _ = await me.post(path, {"step": "1", "reason": WHY})
        notice = (await story.notice_to(CQC, "emergency-closure")).notice
        await story.answers.acknowledge_by_code(
            notice.id, "Ines Vale", "Inspector", notice.ack_code
        )
        before = await told(story)
        await watched(story)
        after = await told(story)

    assert done == 303
    assert before == after


async def test_a_party_that_is_held_is_not_chased_and_a_hold_stops_a_chase_on_its_way() -> None:
    hold = example(
        "hold-placed",
        kind="H3",
        party=CQC.agency,
        role="regulator",
        classes=["process"],
        reason="Their safety",
    )
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        me = await sign_in(story, browser)
        done, _ = await me.post(path, {"step": "1", "reason": WHY})
        await story.happens(hold)
        before = await told(story)
        await watched(story)
        after = await told(story)
        owed = await answer_owed(story)
        await story.clock.advance(30 * MINUTE)
        me = await sign_in(story, browser)
        _, page = await me.get(path)
        refused, said = await me.post(path, {"step": "1", "reason": WHY})
        await watched(story)
        still = await told(story)

    assert done == 303
    assert before == after == still
    assert owed.climb is not None
    assert owed.climb.state is ObligationState.HELD
    assert "A hold keeps it from them" in words(page)
    assert 'name="reason"' not in page
    assert refused == 422
    assert "A hold keeps it from them" in words(said)


async def test_B06_who_does_not_steer_finds_no_chase_and_another_authority_finds_nothing() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        chair, other = await sign_in(story, browser, CHAIR), await sign_in(story, browser, OTHER)
        _, board = await chair.get(BOARD)
        seen = [(await who.get(path))[0] for who in (chair, other)]
        sent = [(await who.post(path, {"step": "1", "reason": WHY}))[0] for who in (chair, other)]
        me = await sign_in(story, browser)
        no_token, _ = await me.post(path, {"step": "1", "reason": WHY, "token": "x"})
        missing, _ = await me.get(f"{BOARD}/notices/none/chase")
        chases = await story.register.chases([CONCERN])

    assert "/chase" not in board
    assert seen == [404, 404]
    assert sent == [403, 404]
    assert (no_token, missing) == (403, 404)
    assert chases == ()


async def test_the_timeline_says_who_chased_whom_and_why() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        path = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        me = await sign_in(story, browser)
        await me.post(path, {"step": "1", "reason": WHY})
        _, page = await me.get(f"{BOARD}/timeline?show=sending")

    assert "Chased: the next step was taken before its time" in words(page)
    assert WHY in words(page).replace("&#39;", "'")
    assert "Amara Okafor, lead enquiry officer" in words(page)


async def test_a_program_is_told_what_a_chase_would_do_and_chases_once_for_its_key() -> None:
    async with rosewood(*CLOSED) as story, served(story) as browser:
        page = await emergency(story)
        await story.clock.advance(16 * MINUTE)
        path = f"/v1{page}s"
        bearer = await key_for(story, LEO)
        dry, would, _ = await send(browser, path, bearer, {})
        nothing = await story.register.chases([CONCERN])
        why = {"dry_run": False, "reason": WHY, "step": would["step"]}
        bare, _, _ = await send(browser, path, bearer, why | {"reason": " "})
        done, made, _ = await send(browser, path, bearer, why, Idempotency_Key="c-1")
        same, kept, _ = await send(browser, path, bearer, why, Idempotency_Key="c-1")
        again, known, _ = await send(browser, path, bearer, why)
        chair, _, _ = await send(browser, path, await key_for(story, CHAIR), why)
        other, _, _ = await send(browser, path, await key_for(story, OTHER), why)
        missing, _, _ = await send(browser, f"/v1{BOARD}/notices/none/chases", bearer, why)
        chases = await story.register.chases([CONCERN])

    assert (dry, nothing) == (200, ())
    assert would["does"]
    assert would["chased_at"] is None
    assert "Sends the same notice to the deputy" in would["does"][0]
    assert "@" not in str(would)
    assert (bare, done, same, again) == (422, 201, 201, 200)
    assert made == kept
    by = f"{LEO.name}, by a key of the API"
    assert (made["chased_by"], made["step"], made["does"]) == (by, 1, would["does"])
    assert known["again"] is True
    assert (chair, other, missing) == (404, 404, 404)
    assert [each.by.id for each in chases] == ["key:leo-1"]
