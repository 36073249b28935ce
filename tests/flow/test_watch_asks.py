"""What ladders ask of the host's desks is mailed to them: one list, not thirty calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default as modern
from typing import Final

import pytest

from hub.adapters.scripted import Carried
from hub.concern import Party
from hub.decision import NotDue, Notify, OccasionKind, Withhold
from hub.obligation import ObligationKind
from hub.pack.cell import CLOSED_WORLD
from hub.pack.rules import LADDER_ASKED
from hub.ports import RegisterAway
from hub.vocabulary import AgencyId, ConcernId, InfoClass, Role
from tests import worlds
from tests.flow.scene import Scene, a_scene, running

HOST: Final = AgencyId(worlds.HOST)
DUTY_TEAM: Final = Party(agency=HOST, role=Role.EMERGENCY_DUTY_TEAM)
OFFICER: Final = Party(agency=HOST, role=Role.HOST_AUTHORITY)
HEAD: Final = Party(agency=HOST, role=Role.HEAD_OF_SAFEGUARDING)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)


async def _emergency(scene: Scene) -> ConcernId:
    """An emergency that nobody answers; all of it has been carried."""
    concern = await scene.open_concern()
    data = {
        "ends_at": (worlds.START + 6 * HOUR).isoformat(),
        "cause": "unsafe",
        "coordinator": worlds.person("Coordinator"),
        "press_office": "01632 960111",
    }
    await scene.take(replace(worlds.event("emergency.closure.cqc", data, 1), concern=concern))
    await _sent(scene)
    return concern


async def _sent(scene: Scene) -> list[Carried]:
    """Let everything that is due go out; return what is new."""
    before = len(scene.mail.carried)
    async with running(scene, scene.deliver(f"w-{before}")):
        await scene.pass_time(timedelta(seconds=1))
    return scene.mail.carried[before:]


def _text(carried: Carried) -> str:
    mail = message_from_bytes(carried.delivery.body, policy=modern)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def _lists(scene: Scene, carried: Sequence[Carried]) -> dict[Party, list[str]]:
    """The lists among these mails, by the desk that got them."""
    of = {n.notice.id: n.notice.template for n in await scene.notices()}
    found: dict[Party, list[str]] = {}
    for each in carried:
        if of[each.delivery.notice] == "desk-list":
            found.setdefault(each.delivery.party, []).append(_text(each))
    return found


async def test_E1_the_duty_desk_gets_one_list_of_whom_to_ring_and_not_a_call_for_each() -> None:
    async with a_scene() as scene:
        concern = await _emergency(scene)

        swept = await scene.watch().sweep()
        lists = await _lists(scene, await _sent(scene))

        record = await scene.register.concern(concern)
        assert record is not None
        tasks = [o for o in record.obligations if o.party == DUTY_TEAM and o.openly is not None]
        assert swept.listed == 1
        assert len(tasks) > 3
        (text,) = lists.pop(DUTY_TEAM)
        assert lists == {}, "nobody else was asked yet"
        for task in tasks:
            assert task.openly
            assert task.openly in text
        assert "phone the out-of-hours team of NHS Sussex" in text
        assert f"/concerns/{concern}" in text


async def test_a_list_is_sent_once_however_often_the_clock_is_looked_at_and_by_whomever() -> None:
    async with a_scene() as scene:
        await _emergency(scene)

        swept = await asyncio.gather(*(scene.watch().sweep() for _ in range(3)))
        again = await scene.watch().sweep()

        assert sum(one.listed for one in swept) == 1
        assert again.listed == 0
        assert {d: len(t) for d, t in (await _lists(scene, await _sent(scene))).items()} == {
            DUTY_TEAM: 1
        }


async def test_a_list_that_could_not_be_written_is_sent_by_the_next_look() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        scene.line.away.add("asking")
        with pytest.raises(RegisterAway):
            await scene.watch().sweep()
        scene.line.away.clear()
        assert await _lists(scene, await _sent(scene)) == {}

        swept = await scene.watch().sweep()

        assert swept.listed == 1
        assert DUTY_TEAM in await _lists(scene, await _sent(scene))


async def test_after_six_hours_down_each_desk_gets_one_list_of_everything() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        await scene.pass_time(6 * HOUR)

        await scene.watch().sweep()
        lists = await _lists(scene, await _sent(scene))

        assert {desk: len(texts) for desk, texts in lists.items()} == {
            DUTY_TEAM: 1,
            HEAD: 1,
            OFFICER: 1,
        }
        (head,) = lists[HEAD]
        assert "NHS Sussex Integrated Care Board (host icb) has not answered" in head


async def test_a_list_asks_for_no_answer_so_no_ladder_climbs_for_it() -> None:
    async with a_scene() as scene:
        concern = await _emergency(scene)
        for _ in range(5):
            await scene.watch().sweep()
            await _sent(scene)
            await scene.pass_time(HOUR)

        record = await scene.register.concern(concern)
        assert record is not None
        lists = {n.notice.id for n in record.notices if n.notice.template == "desk-list"}
        owed = [o for o in record.obligations if o.notice in lists]
        assert len(lists) > 3, "the head hears each hour"
        assert owed == []


async def test_every_party_has_its_decision_when_a_ladder_asks_a_desk() -> None:
    async with a_scene() as scene:
        concern = await _emergency(scene)

        await scene.watch().sweep()

        record = await scene.register.concern(concern)
        assert record is not None
        mine = [d for d in record.decisions if d.occasion.kind is OccasionKind.LADDER]
        assert {d.party for d in mine} == set(record.concern.parties())
        assert [d.party for d in mine if isinstance(d, Notify)] == [DUTY_TEAM]
        assert all(isinstance(d, NotDue) for d in mine if d.party != DUTY_TEAM)
        assert all(d.occasion.asked == () for d in mine), "the words stand in the notice alone"


async def test_semantics_6_what_is_held_and_why_is_counted_in_a_list_and_never_said() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        await scene.place_hold(concern, "ods:QNX", "host icb")
        await _sent(scene)
        for _ in range(8):
            await scene.pass_time(timedelta(days=1))
            await scene.watch().sweep()
        record = await scene.register.concern(concern)
        assert record is not None
        hidden = [o for o in record.obligations if o.openly == ""]
        assert any("review the H3 hold" in o.says for o in hidden), "it stands on the board"

        lists = await _lists(scene, await _sent(scene))

        texts = [text for mine in lists.values() for text in mine]
        assert any("Not in this mail, and on the board:" in text for text in texts)
        for text in texts:
            assert "hold" not in text.replace("household", "")
            assert "consult the police" not in text


async def test_H3_the_list_of_a_desk_that_is_held_waits_and_its_tasks_stand_on_the_board() -> None:
    async with a_scene() as scene:
        concern = await _emergency(scene)
        await scene.place_hold(concern, worlds.HOST, "emergency duty team")

        swept = await scene.watch().sweep()

        record = await scene.register.concern(concern)
        assert record is not None
        assert swept.asked > 0
        assert await _lists(scene, await _sent(scene)) == {}
        (held,) = (
            d
            for d in record.decisions
            if d.occasion.kind is OccasionKind.LADDER and d.party == DUTY_TEAM
        )
        assert not isinstance(held, Notify)
        assert [o for o in record.obligations if o.party == DUTY_TEAM and o.openly is not None]


async def test_a_pack_that_does_not_route_lists_leaves_the_tasks_on_the_board() -> None:
    async with a_scene() as scene:
        pack = scene.tools.pack
        silent = replace(
            pack,
            routes=tuple(r for r in pack.routes if r.event != LADDER_ASKED),
            nothings=tuple(n for n in pack.nothings if LADDER_ASKED not in n.events),
        )
        scene.tools = replace(scene.tools, pack=silent)
        concern = await _emergency(scene)

        await scene.watch().sweep()
        again = await scene.watch().sweep()

        record = await scene.register.concern(concern)
        assert record is not None
        mine = [d for d in record.decisions if d.occasion.kind is OccasionKind.LADDER]
        assert {(type(d), d.reason.rule) for d in mine} == {(Withhold, CLOSED_WORLD)}
        assert again.listed == 0
        assert any(o.kind is ObligationKind.PERSON for o in record.obligations)
        assert await _lists(scene, await _sent(scene)) == {}


async def test_a_list_carries_nothing_but_the_process() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        await scene.pass_time(6 * HOUR)
        await scene.watch().sweep()

        lists = [n.notice for n in await scene.notices() if n.notice.template == "desk-list"]

        assert {one.classes for one in lists} == {frozenset({InfoClass.PROCESS})}
