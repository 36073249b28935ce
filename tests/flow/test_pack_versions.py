"""S20: a policy is replaced in the middle of a concern. Old decisions keep the old pack.

What is in flight stays as it was, byte for byte; what comes next is decided by the new pack, and
every notice says which (M001, rules.md semantics 16).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from hub.adapters.scripted import LATER
from hub.decision import Notify
from hub.notice import Delivery
from hub.ports import ConcernRecord
from hub.receipt import fold, height
from hub.vocabulary import Channel, Rung
from tests.adapters.by_hand import look
from tests.flow.intake_scene import body_of
from tests.flow.reload_scene import Renewal, renewal
from tests.flow.scene import running

NEW_VERSION = "2027.7"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Renewal]:
    async with renewal(tmp_path) as opened:
        yield opened


async def everything(hub: Renewal) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a concern has, as the database keeps it."""
    tables = ("concern", "decision", "notice", "delivery", "delivery_queue", "hold", "obligation",
              "receipt", "body", "event")  # fmt: skip
    return {each: await look(hub.register, f"SELECT * FROM {each}") for each in tables}  # noqa: S608


def deliveries(record: ConcernRecord) -> list[Delivery]:
    return [delivery for each in record.notices for delivery in each.deliveries]


async def test_S20_a_new_pack_changes_nothing_that_is_in_flight(hub: Renewal) -> None:
    await hub.takes(body_of("concern-opened"))
    await hub.takes(body_of("placement-register-declared"))
    before = await everything(hub)
    assert all(before[table] for table in ("decision", "delivery_queue", "hold", "obligation"))
    hub.new_version(NEW_VERSION)

    assert await hub.reload.renew()

    assert await everything(hub) == before


async def test_S20_old_decisions_keep_their_pack_and_the_next_occasion_has_the_new_one(
    hub: Renewal,
) -> None:
    old = hub.hash
    await hub.takes(body_of("concern-opened"))
    first = {d.id: d for d in (await hub.record()).decisions}
    hub.new_version(NEW_VERSION)
    await hub.reload.renew()

    await hub.takes(body_of("placement-register-declared"))

    decided = {d.id: d for d in (await hub.record()).decisions}
    assert {id_: decided[id_] for id_ in first} == first
    assert {d.pack for d in first.values()} == {old}
    assert {d.pack for id_, d in decided.items() if id_ not in first} == {hub.hash} != {old}
    # Nobody is told twice because the pack is new: only what the event is about is decided again.
    told = [d for id_, d in decided.items() if id_ not in first and isinstance(d, Notify)]
    assert {d.occasion.event_name for d in told} == {"placement.register.declared"}


async def test_S20_what_is_tried_again_after_a_reload_has_the_same_bytes(hub: Renewal) -> None:
    await hub.takes(body_of("concern-opened"))
    waiting = deliveries(await hub.record())
    for one in waiting:
        carrier = hub.mail if one.channel is Channel.EMAIL else hub.hooks
        carrier.then(one.target, LATER)
    scene = hub.scene()
    async with running(scene, scene.deliver()):
        await scene.until(lambda: len(scene.carried) == len(waiting))
        hub.new_version(NEW_VERSION)

        assert await hub.reload.renew()
        await scene.until(lambda: len(scene.carried) == 2 * len(waiting))

    tries: dict[str, list[bytes]] = {}
    for tried in scene.carried:
        tries.setdefault(tried.delivery.id, []).append(tried.delivery.body)
    assert {one.id: [one.body, one.body] for one in waiting} == tries
    record = await hub.record()
    assert all(height(fold(n.receipts).rung) >= height(Rung.SUBMITTED) for n in record.notices)


async def test_S20_every_notice_says_by_which_pack_it_was_decided(hub: Renewal) -> None:
    old = hub.hash
    await hub.takes(body_of("concern-opened"))
    hub.new_version(NEW_VERSION)
    await hub.reload.renew()
    await hub.takes(body_of("placement-register-declared"))

    record = await hub.record()
    hashes = {d.id: d.pack for d in record.decisions}
    seen = set()
    for each in record.notices:
        hashed = hashes[each.notice.decision]
        version = NEW_VERSION if hashed == hub.hash else "2026.1"
        line = f"Policy: west-sussex, version {version}, {hashed[:12]}."
        assert line in each.notice.text
        assert line in each.notice.html
        for delivery in each.deliveries:
            seen.add((delivery.channel, hashed))
            named = {"partnership": "west-sussex", "version": version, "hash": hashed[:12]}
            if delivery.channel is Channel.EMAIL:
                mail = message_from_bytes(delivery.body, policy=policy.default)
                assert mail["X-Policy-Pack"] == " ".join(named.values())
            else:
                assert json.loads(delivery.body)["data"]["policy"] == named
    assert {(Channel.EMAIL, old), (Channel.EMAIL, hub.hash)} <= seen
