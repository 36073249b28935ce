"""A log entry's bytes: canonical, of ids and times alone (M031, proof.md)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from hub.leaf import leaf
from hub.vocabulary import ConcernId
from tests.core.story import Story

AT = datetime(2026, 12, 1, 9, 30, 0, 5, tzinfo=UTC)


def test_M031_a_leaf_is_canonical_json_with_its_keys_in_order() -> None:
    made = leaf("decision", AT, ConcernId("c-1"), verdict="hold", attempts=2, fenced=False)

    assert made.data == (
        b'{"attempts":2,"concern":"c-1","fenced":false,"time":"2026-12-01T09:30:00.000005Z",'
        b'"type":"decision","verdict":"hold"}'
    )
    assert (made.concern, made.kind, made.at) == ("c-1", "decision", AT)


def test_M031_a_leaf_of_no_concern_says_so_by_leaving_it_out() -> None:
    made = leaf("hub.started", AT)

    assert "concern" not in json.loads(made.data)
    assert made.concern is None


def test_M031_the_same_instant_has_the_same_bytes_in_every_zone() -> None:
    there = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert leaf("decision", there).data == leaf("decision", AT).data


def test_M031_every_act_of_a_page_has_its_leaf_without_a_name_or_a_word_of_content() -> None:
    story = Story()

    page = story.opens()

    kinds = [each.kind for each in page.leaves]
    assert kinds.count("decision") == len(page.decisions)
    assert kinds.count("delivery.queued") == len(page.deliveries)
    assert kinds.count("event.applied") == 1
    for each in page.leaves:
        assert b"Rosewood" not in each.data
        assert b"CANARY" not in each.data
        assert b"@" not in each.data
