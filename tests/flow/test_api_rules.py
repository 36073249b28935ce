"""The rules by the API: what the pages answer, to the same people; nothing is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from hub.app.bench import FolderBench
from hub.routes.bench import NotDone
from tests.flow.rosewood import CHAIR, CONCERN, LEO, OTHER, rosewood, served
from tests.flow.test_answers import OPENING
from tests.flow.test_api_keys import key_for
from tests.flow.test_api_reading import ADMIN, got
from tests.flow.test_api_writing import BASE, send
from tests.flow.test_rules import AGENCY, AUDITOR, OPENED, knows_rules

RULES: Final = "/v1/rules"
EXPLAIN: Final = "/v1/rules/explain"


class Taken(FolderBench):
    """A bench at which somebody else sits, or that finds a fault."""

    answer = NotDone(says=("Somebody else is trying something out.",), again=True)

    async def play(self, scenario: str) -> NotDone:
        """Play nothing."""
        return self.answer

    async def compare(self, partnership: str, file: str, text: str) -> NotDone:
        """Compare nothing."""
        return self.answer


async def test_B03_an_auditor_and_an_administrator_ask_the_rules_and_an_agency_finds_none() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        asked: dict[str, Any] = {"example": "themes-agreed"}
        answers = [
            (
                (await got(browser, RULES, key))[0],
                (await send(browser, EXPLAIN, key, asked))[0],
                (await send(browser, f"{RULES}/simulate", key, {"scenario": "none"}))[0],
            )
            for key in [await key_for(story, each) for each in (AUDITOR, ADMIN, AGENCY)]
        ]

    assert answers == [(200, 200, 422), (200, 200, 422), (404, 404, 404)]


async def test_B03_an_event_is_explained_for_every_party_with_names_of_facts_and_no_value() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        key = await key_for(story, AUDITOR)
        event = json.loads(OPENED)
        status, said, _ = await send(browser, EXPLAIN, key, {"event": event})
        _, later, _ = await send(browser, EXPLAIN, key, {"example": "themes-agreed"})
        depths = await story.register.depths()

    assert status == 200
    assert (said["event"], said["id"], said["after"]) == ("concern.opened", event["id"], 0)
    assert said["hash"] == story.tools.pack.hash
    assert {party["verdict"] for party in said["parties"]} == {"notify", "hold", "not due"}
    assert all(party["rule"] and party["paragraph"] for party in said["parties"])
    told = [one for party in said["parties"] for one in party["told"]]
    assert {"concern_ref"} <= {fact for one in told for fact in one["facts"]}
    assert event["data"]["service"]["location_name"] not in json.dumps(said)
    assert later["after"] > 0
    assert (depths.events, depths.quarantined) == (0, 0)


async def test_B03_whatever_is_wrong_with_an_event_is_listed_by_its_pointer() -> None:
    async with rosewood() as story, served(story, **knows_rules(story)) as browser:
        key = await key_for(story, LEO)
        elsewhere = json.loads(OPENED.replace("west-sussex", "nowhere"))
        _, none, _ = await send(browser, EXPLAIN, key, {"event": {"specversion": "1.0"}})
        _, nowhere, _ = await send(browser, EXPLAIN, key, {"event": elsewhere})
        both, _, _ = await send(browser, EXPLAIN, key, {"event": {}, "example": "themes-agreed"})
        half, _, _ = await send(browser, EXPLAIN, key, {"concern": str(CONCERN)})
        nothing, _, _ = await send(browser, EXPLAIN, key, {"example": "../pyproject"})

    assert {one["pointer"].split("/")[1] for one in none["faults"]} == {"event"}
    assert [one["pointer"] for one in nowhere["faults"]] == ["/event/policypack"]
    assert (both, half, nothing) == (422, 422, 404)


async def test_M074_an_event_of_a_concern_is_explained_to_its_own_leo_and_to_nobody_else() -> None:
    names = (*OPENING, "police-advice-recorded")
    async with rosewood(*names) as story, served(story, **knows_rules(story)) as browser:
        keys = [await key_for(story, each) for each in (LEO, CHAIR, OTHER, AUDITOR, ADMIN)]
        listed = [(await got(browser, f"{BASE}/events", key))[0] for key in keys]
        _, events, _ = await got(browser, f"{BASE}/events", keys[0])
        asked = {"concern": str(CONCERN), "event_id": events["events"][-1]["id"]}
        explained = [(await send(browser, EXPLAIN, key, asked))[0] for key in keys]
        _, said, _ = await send(browser, EXPLAIN, keys[0], asked)
        missing, _, _ = await send(browser, EXPLAIN, keys[0], asked | {"event_id": "none"})
        looks = await story.leaves("concern.seen")

    assert listed == explained == [200, 404, 404, 404, 404]
    assert said["concern"] == events["reference"]
    assert said["after"] == len(events["events"]) - 1
    assert missing == 404
    assert all('"page":"explained"' in look and "key:leo-1" in look for look in looks)
    assert len(looks) == 5


async def test_B03_while_somebody_else_tries_something_out_it_is_409_and_a_fault_is_422() -> None:
    async with rosewood() as story:
        bench = Taken(policy=None)
        async with served(story, **knows_rules(story) | {"bench": bench}) as browser:
            key = await key_for(story, LEO)
            draft = {"partnership": "west-sussex", "file": "sharing.toml", "text": "x = 1"}
            bodies = (("simulate", {"scenario": "friday-closure"}), ("draft", draft))
            busy = [(await send(browser, f"{RULES}/{x}", key, body))[0] for x, body in bodies]
            bench.answer = NotDone(says=("line 1: no", "line 2: no"))
            wrong = [await send(browser, f"{RULES}/{x}", key, body) for x, body in bodies]
            long, _, _ = await send(browser, f"{RULES}/draft", key, draft | {"text": "x" * 10**6})
            large, _, _ = await send(browser, f"{RULES}/draft", key, draft | {"text": "x" * 10**5})
            small, _, _ = await send(browser, EXPLAIN, key, {"example": "x" * 10**5})

    assert busy == [409, 409]
    assert [status for status, _, _ in wrong] == [422, 422]
    assert [one["says"] for one in wrong[1][1]["faults"]] == ["line 1: no", "line 2: no"]
    assert {one["pointer"] for one in wrong[1][1]["faults"]} == {"/text"}
    assert (long, large, small) == (413, 422, 413)


async def test_B03_where_no_rules_are_in_force_the_api_says_so() -> None:
    async with rosewood() as story, served(story) as browser:
        key = await key_for(story, replace(LEO, id="leo-7"))
        status, said, _ = await got(browser, RULES, key)
        asked = [
            (await send(browser, f"{RULES}/{what}", key, body))[0]
            for what, body in (
                ("explain", {"example": "themes-agreed"}),
                ("simulate", {"scenario": "friday-closure"}),
                ("draft", {"partnership": "x", "file": "y", "text": "z"}),
            )
        ]
        nowhere = [
            (await got(browser, f"{RULES}/{what}", key))[0]
            for what in ("nowhere/map", "west-sussex/map/nothing")
        ]

    assert (status, said["packs"], said["examples"]) == (200, [], [])
    assert asked == [404, 404, 404]
    assert nowhere == [404, 404]
