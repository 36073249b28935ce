"""Emergency access and its reviews by the API: as at the console, and never by a key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from aiohttp import ClientSession

from hub.access import Official
from hub.ports.emergency_access import LASTS
from hub.ports.keys import Scope
from tests.flow.rosewood import CONCERN, LEO, Rosewood, body_of, rosewood, served
from tests.flow.test_answers import OPENING
from tests.flow.test_api_keys import key_for
from tests.flow.test_emergency_access import OWEN, PRIVACY, WHY, reference

ASK: Final = "/v1/emergency-access"
GIVEN: Final = "/v1/privacy/emergency-access"
LOOKS: Final = "/v1/privacy/looks"


async def bearer_of(browser: ClientSession, person: Official) -> dict[str, str]:
    async with browser.post("/v1/sign-in", json={"person": person.id}) as got:
        return {"Authorization": f"Bearer {(await body_of(got))['token']}"}


async def got(browser: ClientSession, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    async with browser.get(path, headers=headers) as answer:
        return answer.status, await body_of(answer)


async def sent(
    browser: ClientSession, path: str, headers: dict[str, str], body: dict[str, str]
) -> tuple[int, Any]:
    async with browser.post(path, headers=headers, json=body) as answer:
        return answer.status, await body_of(answer)


def people(story: Rosewood) -> None:
    story.people = (OWEN, PRIVACY, LEO)


async def test_a_person_reads_one_concern_for_an_hour_and_nothing_else_opens() -> None:
    async with rosewood(*OPENING) as story:
        people(story)
        async with served(story) as browser:
            me = await bearer_of(browser, OWEN)
            asked = {"reference": await reference(story), "reason": WHY}
            status, access = await sent(browser, ASK, me, asked)
            path = f"{ASK}/{access['id']}"
            seen, shown = await got(browser, path, me)
            notice = next(n["id"] for party in shown["parties"] for n in party["notices"])
            word, words = await got(browser, f"{path}/notices/{notice}", me)
            nothing, _ = await got(browser, f"{path}/notices/nothing", me)
            closed = [
                (await got(browser, f"/v1/concerns/{CONCERN}{end}", me))[0]
                for end in ("", "/board", "/timeline")
            ]
            host = await bearer_of(browser, LEO)
            other, _ = await got(browser, path, host)
            ours, _ = await sent(browser, ASK, host, asked)
            await story.clock.advance(LASTS)
            me = await bearer_of(browser, OWEN)
            over, _ = await got(browser, path, me)
        record = await story.record()
        looks = await story.leaves("concern.seen")

    assert (status, seen, word, nothing, other, ours, over) == (201, 200, 200, 404, 404, 409, 404)
    assert closed == [404] * 3
    assert shown["reference"] == record.concern.reference
    assert shown["say_nothing_to"]
    assert "kind" not in shown
    code = next(n.notice.ack_code for n in record.notices if n.notice.id == notice)
    assert code not in words["words"]
    # A notice that is not there was looked for on the concern's own page.
    assert sum(access["id"] in look for look in looks) == 3


async def test_a_key_has_no_emergency_and_a_person_proves_who_they_are() -> None:
    async with rosewood(*OPENING) as story:
        people(story)
        async with served(story) as browser:
            asked = {"reference": await reference(story), "reason": WHY}
            key = await key_for(story, OWEN, frozenset(Scope))
            by_key, _ = await sent(browser, ASK, key, asked)
            me = await bearer_of(browser, OWEN)
            blank, _ = await sent(browser, ASK, me, {"reference": "PC-2222-2222", "reason": " "})
            await story.clock.advance(timedelta(minutes=6))
            unproved, _ = await sent(browser, ASK, me, asked)
        opened = await story.leaves("emergency.opened")

    assert (by_key, blank, unproved) == (403, 422, 401)
    assert opened == []


async def test_what_is_refused_is_refused_in_one_way_until_it_is_too_often() -> None:
    async with rosewood(*OPENING) as story:
        people(story)
        async with served(story) as browser:
            me = await bearer_of(browser, OWEN)
            answers = [
                await sent(browser, ASK, me, {"reference": f"PC-2222-222{n}", "reason": WHY})
                for n in range(6)
            ]

    assert [status for status, _ in answers] == [404] * 5 + [429]
    assert len({str(said) for _, said in answers[:5]}) == 1


async def test_a_privacy_officer_reviews_once_and_reads_who_looked() -> None:
    async with rosewood(*OPENING) as story:
        people(story)
        async with served(story) as browser:
            stranger = await bearer_of(browser, OWEN)
            asked = {"reference": await reference(story), "reason": WHY}
            _, access = await sent(browser, ASK, stranger, asked)
            await got(browser, f"{ASK}/{access['id']}", stranger)
            key = await key_for(story, PRIVACY, frozenset({Scope.PROTECTS}))
            reads = await key_for(story, PRIVACY, frozenset({Scope.READS}))
            _, before = await got(browser, GIVEN, key)
            path = f"{GIVEN}/{access['id']}/review"
            body = {"judged": "justified", "reason": "Their desk rang"}
            wrong, _ = await sent(browser, path, key, body | {"judged": "maybe"})
            done, review = await sent(browser, path, key, body)
            twice, _ = await sent(browser, path, key, body)
            nothing, _ = await sent(browser, f"{GIVEN}/nothing/review", key, body)
            _, after = await got(browser, GIVEN, key)
            _, looks = await got(browser, LOOKS, key)
            refused = [(await got(browser, each, reads))[0] for each in (GIVEN, LOOKS)]
            closed = [(await got(browser, each, stranger))[0] for each in (GIVEN, LOOKS)]
        record = await story.record()
        exported = await story.leaves("looks.exported")

    assert [one["review"] for one in before["given"]] == [None]
    assert before["given"][0]["reason"] == WHY
    assert (wrong, done, twice, nothing) == (422, 201, 422, 404)
    assert [one["review"] for one in after["given"]] == [review]
    assert OWEN.id in {look["person"] for look in looks["looks"] if look["emergency"]}
    assert record.concern.reference not in str(looks)
    assert record.concern.id not in str(looks)
    assert [one["person"] for one in looks["unusual"]] == [OWEN.id]
    assert (refused, closed) == ([403, 403], [404, 404])
    assert len(exported) == 1
