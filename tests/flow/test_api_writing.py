"""What the API does: as the console does it, once for each key, never upon an older view."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from multidict import CIMultiDict

from hub.obligation import ObligationKind
from hub.receipt import who_answered
from hub.repeat import Verdict
from hub.vocabulary import AckStrength
from tests.flow.rosewood import (
    CHAIR,
    CONCERN,
    LEO,
    TO_THE_END,
    body_of,
    rosewood,
    served,
)
from tests.flow.test_answers import OPENING, SURREY_PLACING, alert_to_surrey
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import OF_SURREY, got

BASE: Final = f"/v1/concerns/{CONCERN}"


async def send(
    browser: ClientSession, path: str, bearer: dict[str, str], body: object, **headers: str
) -> tuple[int, Any, CIMultiDict[str]]:
    sent = bearer | {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.post(path, headers=sent, json=body) as answer:
        return answer.status, await body_of(answer), answer.headers.copy()


async def test_B04_an_agencys_key_acknowledges_as_a_key_and_counts_as_no_second_person() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, OF_SURREY)
        path = f"/v1/notices/{notice.id}/acknowledgement"

        wrong, said, _ = await send(browser, path, bearer, {"reference": "SOMETHING"})
        status, made, _ = await send(browser, path, bearer, {"reference": notice.reference})
        again, _, _ = await send(browser, path, bearer, {"reference": notice.reference})
        await story.answers.acknowledge_by_account(notice.id, OF_SURREY, notice.reference)

        assert (wrong, said["faults"][0]["pointer"]) == (422, "/reference")
        assert (status, again) == (201, 200)
        assert (made["name"], made["strength"]) == ("Owen Price", AckStrength.KEY)
        kept = (await story.notice_to(SURREY_PLACING, "placing-authority-alert")).receipts
        evidence = [r.evidence for r in kept if r.acknowledgement]
        assert (("key", "key:surrey"),) in evidence
        assert len(who_answered(kept)) == 1


async def test_an_agencys_key_declines_with_a_reason() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        bearer = await key_for(story, OF_SURREY)
        body = {"reference": notice.reference, "because": "wrong contact", "reason": "has left"}

        status, made, _ = await send(browser, f"/v1/notices/{notice.id}/declination", bearer, body)

        assert (status, made["declined_because"]) == (201, "wrong contact")


async def test_a_leos_key_records_a_call_and_a_chairs_does_not() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        notice = await alert_to_surrey(story)
        path = f"{BASE}/notices/{notice.id}/calls"
        body = {"name": "Ann Lee", "role": "Duty", "how": "rang", "at": "2027-04-15T09:00:00Z"}

        status, made, _ = await send(browser, path, await key_for(story, LEO), body)
        chair, _, _ = await send(browser, path, await key_for(story, CHAIR), body)
        half, said, _ = await send(
            browser, path, await key_for(story, LEO), body | {"because": "not for us"}
        )

        assert (status, made["strength"]) == (201, AckStrength.RECORDED)
        assert chair == 403
        assert (half, len(said["faults"])) == (422, 1)


async def test_escalation_6_what_is_owed_is_taken_in_hand_and_an_older_view_is_412() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        bearer = await key_for(story, LEO)
        _, _, headers = await got(browser, BASE, bearer)
        obligations = (await story.record()).obligations
        answer = next(o for o in obligations if o.kind is ObligationKind.ANSWER)
        path, body = f"{BASE}/owed/{answer.id}/taken", {"minutes": 15}
        tag = headers["ETag"]

        stale, _, _ = await send(browser, path, bearer, body, If_Match='"older"')
        done, said, _ = await send(browser, path, bearer, body, If_Match=tag)
        moved, _, _ = await send(browser, path, bearer, body, If_Match=tag)

        assert stale == 412
        assert (done, said["taken_by"]) == (200, f"{LEO.name}, by a key of the API")
        assert moved == 412


async def test_M102_closure_is_confirmed_once_for_its_key_and_another_body_is_refused() -> None:
    async with rosewood(*TO_THE_END) as story, served(story) as browser:
        bearer = await key_for(story, LEO)
        path = f"{BASE}/attestation"

        early, said, _ = await send(browser, path, bearer, {}, Idempotency_Key="k")
        await story.acknowledge()
        first, made, _ = await send(browser, path, bearer, {}, Idempotency_Key="k")
        again, same, headers = await send(browser, path, bearer, {}, Idempotency_Key="k")
        waived = {"waivers": [{"agency": "a", "role": "regulator", "reason": "r", "name": "n"}]}
        other, _, _ = await send(browser, path, bearer, waived, Idempotency_Key="k")
        bad, _, _ = await send(browser, path, bearer, {}, Idempotency_Key="two words")

        assert early == 409
        assert said["gaps"]
        assert (first, again) == (201, 201)
        assert same == made
        assert headers["Idempotent-Replayed"] == "true"
        assert (other, bad) == (422, 422)


async def test_B03_a_replay_is_counted_first_and_ordered_only_when_that_is_said() -> None:
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, LEO)
        path, why = f"{BASE}/replays", {"why": "lost by whoever took it"}
        story.clock._now += timedelta(minutes=1)

        counted, dry, _ = await send(browser, path, bearer, why)
        assert await story.register.replays() == ()
        status, order, _ = await send(
            browser, path, bearer, why | {"dry_run": False}, Idempotency_Key="r-1"
        )
        again, same, _ = await send(
            browser, path, bearer, why | {"dry_run": False}, Idempotency_Key="r-1"
        )

        (kept,) = await story.register.replays()
        assert (counted, status, again) == (200, 202, 202)
        assert dry["replay"] is None
        assert dry["again"] == order["again"] > 0
        assert same == order
        assert (kept.id, kept.asked_by) == (order["replay"], "key:leo-1")
        assert kept.selection.concern == CONCERN
        assert set(order["verdicts"]) <= set(Verdict)


@pytest.mark.parametrize("person", [CHAIR, OF_SURREY])
async def test_B03_nobody_but_a_leo_orders_a_replay(person: Any) -> None:  # noqa: ANN401
    async with rosewood(*OPENING) as story, served(story) as browser:
        await story.sent()
        bearer = await key_for(story, person)

        status, _, _ = await send(
            browser, f"{BASE}/replays", bearer, {"why": "asked for by the agency"}
        )

        assert status == 404
