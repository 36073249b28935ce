"""A policy has rules for each heading of the policy it carries out (N003)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.events import EVENTS
from hub.prove import prove
from hub.prove.headings import HEADINGS, heading_faults
from tests.core.build_words import pack_now, route
from tests.core.packs import directory, pack, words


def test_N003_the_pack_that_ships_has_rules_for_each_heading() -> None:
    assert [fault.says for fault in heading_faults(pack())] == []


@pytest.mark.parametrize("heading", HEADINGS)
def test_N003_a_pack_without_a_rule_for_a_heading_is_at_fault(heading: str) -> None:
    whole = tuple(route(min(events), "concern-opened", []) for events in HEADINGS.values())
    less = tuple(one for one in whole if one.event not in HEADINGS[heading])

    assert list(heading_faults(replace(pack_now(), routes=whole))) == []
    (fault,) = heading_faults(replace(pack_now(), routes=less))
    assert f"no rule for {heading}: " in fault.says


def test_N003_every_event_of_a_heading_is_one_that_a_pack_can_have_a_rule_for() -> None:
    assert frozenset().union(*HEADINGS.values()) <= EVENTS.keys()


def test_N003_no_pack_is_proved_without_a_rule_for_each_heading() -> None:
    asked = HEADINGS["candour"]
    less = replace(pack(), routes=tuple(r for r in pack().routes if r.event not in asked))

    found = prove(less, words(), directory())

    assert any("no rule for candour: " in fault.says for fault in found)
