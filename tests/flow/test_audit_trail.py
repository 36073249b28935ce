"""The audit trail of a concern: every act leaves a leaf, in order, and none can be changed."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from hub.adapters.register.sql import SqlRegister
from hub.ports.broken import RegisterRefused
from tests.adapters.by_hand import look, meddle
from tests.flow.rosewood import CONCERN, TO_THE_END, example, rosewood


async def trail(register: SqlRegister, concern: str = CONCERN) -> list[dict[str, Any]]:
    """Every leaf of a concern, in the order in which the register took it."""
    rows = await look(
        register,
        f"SELECT data FROM audit_leaf WHERE concern_id = '{concern}' ORDER BY seq",  # noqa: S608
    )
    return [json.loads(bytes(row[0])) for row in rows]  # type: ignore[call-overload]


def ids(leaves: list[dict[str, Any]], key: str, kind: str = "") -> Counter[str]:
    """How often each id stands in the log under a key, in leaves of a kind."""
    return Counter(leaf[key] for leaf in leaves if key in leaf and leaf["type"].startswith(kind))


async def test_N029_each_event_decision_delivery_and_answer_of_a_concern_leaves_a_leaf() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        await story.acknowledge()
        record = await story.record()
        assert isinstance(story.register, SqlRegister)

        leaves = await trail(story.register)

        events = ids(leaves, "event", "event.")
        assert events.keys() >= {example(name).id for name in TO_THE_END}
        assert ids(leaves, "decision", "decision") == Counter(d.id for d in record.decisions)
        sent = Counter(d.id for n in record.notices for d in n.deliveries)
        assert ids(leaves, "delivery", "delivery.queued") == sent
        answered = {
            n.notice.id for n in record.notices for r in n.receipts if r.acknowledgement is not None
        }
        assert answered
        assert answered <= ids(leaves, "notice", "notice.acknowledged").keys()


async def test_N029_the_log_of_a_concern_is_in_order_and_has_ids_and_times_and_no_content() -> None:
    async with rosewood(*TO_THE_END) as story:
        await story.sent()
        assert isinstance(story.register, SqlRegister)

        leaves = await trail(story.register)

        assert all(one["concern"] == CONCERN for one in leaves)
        assert all(one["time"] <= other["time"] for one, other in pairwise(leaves))
        opened = example("concern-opened").data.model_dump_json()
        assert "Rosewood" in opened
        whole = json.dumps(leaves)
        assert not [said for said in ("Rosewood", "Okafor", "bruising", "@") if said in whole]
        assert await trail(story.register, "019ac1d2-7400-7000-8000-0000000c0002") == []


@pytest.mark.parametrize(
    "change", ["UPDATE audit_leaf SET kind = 'other'", "DELETE FROM audit_leaf"]
)
async def test_N029_no_leaf_is_changed_or_taken_out(change: str) -> None:
    async with rosewood("concern-opened") as story:
        assert isinstance(story.register, SqlRegister)
        before = await trail(story.register)

        with pytest.raises(RegisterRefused):
            await meddle(story.register, change)

        assert before
        assert await trail(story.register) == before
