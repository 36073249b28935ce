"""Every event in examples/ is explained whole, after those that came before it (B02)."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest

from hub.adapters.shipped import shipped
from hub.cli.asking import events_in
from hub.events.envelope import Event
from hub.explain import Explanation, explain
from hub.page import Standing
from hub.plan import rehearsal
from tests.core.story import shared_tools

NAMES = sorted({event.name for event in events_in(shipped("examples"))})


@cache
def explained() -> dict[str, list[Explanation]]:
    """Walk through all examples once, each concern's in order, and explain each on its way."""
    tools = shared_tools()
    found: dict[str, list[Explanation]] = defaultdict(list)
    concerns: dict[str, list[Event]] = defaultdict(list)
    for event in events_in(shipped("examples")):
        concerns[event.concern].append(event)
    for events in concerns.values():
        before = Standing()
        for event, (_, after) in zip(events, rehearsal(events, tools), strict=True):
            found[event.name].append(explain(event, before, tools, event.occurred))
            before = after
    return found


@pytest.mark.parametrize("name", NAMES)
def test_B02_every_example_names_every_party_rule_and_paragraph(name: str) -> None:
    for told in explained()[name]:
        whole = told.as_json()
        assert whole["waits"] is None
        parties = whole["parties"]
        assert isinstance(parties, list)
        roles = {party["role"] for party in parties}
        assert {"regulator", "host authority", "host icb", "police", "provider"} <= roles
        for party in parties:
            assert party["rule"]
            assert party["paragraph"]
            assert party["reason"]
            assert party["verdict"] != "withhold" or party["withheld"]
