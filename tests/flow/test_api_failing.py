"""Sending again what failed by the API: counted first, by who may, and stopped."""

from __future__ import annotations

import json
from typing import Final

from hub.api.failing import CauseNamed
from hub.ports.failing import Cause
from hub.repeat import Why
from tests.flow.rosewood import CHAIR, CONCERN, LEO, OTHER, rosewood, served
from tests.flow.test_answers import OPENING
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import ADMIN, got
from tests.flow.test_api_writing import send
from tests.flow.test_failed import bounce, carry_out, tools_for

AGAIN: Final = "/v1/failed/again"
ORDERED: Final = {"why": Why.CORRECTED, "dry_run": False}


def test_the_api_names_every_cause() -> None:
    assert CauseNamed.__args__ == tuple(Cause.__members__)  # type: ignore[attr-defined]


async def test_B03_one_delivery_is_counted_then_ordered_then_stopped_by_who_may_see_it() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            leo, other = await key_for(story, LEO), await key_for(story, OTHER)
            found = await story.register.failing(LEO.agency, 10)
            one = {"delivery": str(found.rows[0].delivery), "why": Why.CORRECTED}
            counted, would, _ = await send(browser, AGAIN, leo, one)
            nothing = await story.register.replays()
            theirs, _, _ = await send(browser, AGAIN, other, one | ORDERED)
            status, made, _ = await send(browser, AGAIN, leo, one | ORDERED, Idempotency_Key="a")
            _, same, _ = await send(browser, AGAIN, leo, one | ORDERED, Idempotency_Key="a")
            _, orders, _ = await got(browser, "/v1/replays", leo)
            _, hidden, _ = await got(browser, "/v1/replays", other)
            stop = f"/v1/replays/{made['order']}/stop"
            not_theirs, _, _ = await send(browser, stop, other, {})
            stopped, said, _ = await send(browser, stop, leo, {})
            _, over, _ = await send(browser, stop, leo, {})
            done = await carry_out(story)

    assert (counted, would["meant"], would["again"], would["order"]) == (200, 1, 1, None)
    assert nothing == ()
    assert (theirs, not_theirs, hidden) == (404, 404, {"orders": []})
    assert (status, same) == (202, made)
    assert [each["id"] for each in orders["orders"]] == [made["order"]]
    assert (stopped, said["stopped"], over["stopped"]) == (200, True, False)
    assert done.counts == {}


async def test_B06_a_group_is_meant_by_cause_and_target_and_an_administrator_reads_no_case() -> (
    None
):
    async with rosewood(*OPENING) as story:
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            admin = await key_for(story, ADMIN)
            first = (await story.register.failing(None, 10)).rows[0]
            group = {"cause": first.cause.name, "target": str(first.target)}
            status, made, _ = await send(browser, AGAIN, admin, group | ORDERED)
            chair, _, _ = await send(browser, AGAIN, await key_for(story, CHAIR), group | ORDERED)
            looks = await story.leaves("concern.seen")

    assert (status, chair) == (202, 404)
    assert made["meant"] >= 1
    assert CONCERN not in json.dumps(made)
    assert looks == []


async def test_what_names_no_delivery_and_no_group_or_says_no_why_is_refused_by_its_field() -> None:
    async with rosewood(*OPENING) as story:
        await bounce(story)
        async with served(story, tools_for=tools_for(story)) as browser:
            leo = await key_for(story, LEO)
            one = {"delivery": str((await story.register.failing(LEO.agency, 1)).rows[0].delivery)}
            half, _, _ = await send(browser, AGAIN, leo, {"cause": "MAILBOX"} | ORDERED)
            both, _, _ = await send(browser, AGAIN, leo, one | {"cause": "MAILBOX"} | ORDERED)
            _, bare, _ = await send(browser, AGAIN, leo, one)
            _, other, _ = await send(browser, AGAIN, leo, one | ORDERED | {"why": Why.OTHER})
            missing, _, _ = await send(browser, AGAIN, leo, {"delivery": "none"} | ORDERED)
            orders = await story.register.replays()

    assert (half, both, missing) == (422, 422, 404)
    assert [each["pointer"] for each in bare["faults"]] == ["/why"]
    assert [each["pointer"] for each in other["faults"]] == ["/note"]
    assert orders == ()
