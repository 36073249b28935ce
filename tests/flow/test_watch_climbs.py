"""Nobody answers: the next one is asked by the clock, until somebody has it in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Final

from hub.adapters.memory import SequentialMint
from hub.adapters.scripted import LATER
from hub.answers import Answers
from hub.concern import Party
from hub.notice import Refused, RefusedBecause
from hub.obligation import Obligation, ObligationKind, ObligationState
from hub.ports import NoticeRecord
from hub.vocabulary import AgencyId, ConcernId, ContactId, Role
from hub.watch import Watch
from tests import worlds
from tests.flow.scene import Scene, a_scene, running, targets

ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
REGULATOR: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
HOST: Final = AgencyId(worlds.HOST)
NO_MAILBOX: Final = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DIRECTOR: Final = ContactId("sussex-icb-director")


def _watch(scene: Scene) -> Watch:
    return Watch(scene.register, scene.tools_for, scene.clock, every=timedelta(seconds=20))


async def _emergency(scene: Scene) -> ConcernId:
    """A concern is opened, and then an emergency; the director of the ICB is in the directory."""
    deputy = scene.tools.directory.contact(ContactId("sussex-icb-deputy"))
    assert deputy is not None
    director = replace(deputy, id=DIRECTOR, address="director@sussex-icb.example", order=2)
    await scene.register.put_contact(director)
    concern = await scene.open_concern()
    data = {
        "ends_at": (worlds.START + timedelta(hours=6)).isoformat(),
        "cause": "unsafe",
        "coordinator": worlds.person("Coordinator"),
        "press_office": "01632 960111",
    }
    await scene.take(replace(worlds.event("emergency.closure.cqc", data, 1), concern=concern))
    return concern


async def _of(scene: Scene, party: Party) -> NoticeRecord:
    """The emergency notice of one party."""
    found = [n for n in await scene.notices() if n.notice.template == "emergency-closure"]
    return next(n for n in found if n.notice.party == party)


async def _open(scene: Scene, kind: ObligationKind, record: NoticeRecord) -> list[Obligation]:
    concern = await scene.register.concern(record.notice.concern)
    assert concern is not None
    return [o for o in concern.obligations if o.kind is kind and o.notice == record.notice.id]


def _roles(owed: Sequence[Obligation]) -> list[Role]:
    return sorted(one.party.role for one in owed)


async def test_M105_nobody_answers_an_emergency_deputy_director_and_then_the_head_each_hour() -> (
    None
):
    async with a_scene() as scene:
        await _emergency(scene)
        icb = await _of(scene, ICB)

        async with running(scene, scene.deliver(), _watch(scene)):
            await scene.pass_time(29 * MINUTE)
            assert _roles(await _open(scene, ObligationKind.PERSON, icb)) == [
                Role.EMERGENCY_DUTY_TEAM
            ]
            before = targets(scene.mail.carried)
            await scene.pass_time(2 * MINUTE)
            deputies = [*targets(scene.mail.carried)][len(before) :]
            await scene.pass_time(30 * MINUTE)
            assert DIRECTOR in targets(scene.mail.carried)
            raised = []
            for _ in range(3):
                await scene.pass_time(HOUR)
                asked = await _open(scene, ObligationKind.PERSON, icb)
                raised += [o for o in asked if o.party.role is Role.HEAD_OF_SAFEGUARDING]
            (answer,) = await _open(scene, ObligationKind.ANSWER, icb)

        assert "sussex-icb-deputy" in deputies
        assert len({one.id for one in raised}) == 3, "a new task each hour, the last one put away"
        assert [(b.opened_at - a.opened_at) for a, b in pairwise(raised)] == [
            HOUR,
            HOUR,
        ]
        assert all(one.party.agency == HOST for one in raised)
        assert answer.climb is not None
        assert answer.climb.state is ObligationState.RE_RAISED
        told = [d.target for d in (await _of(scene, ICB)).deliveries]
        assert told == ["sussex-icb", "sussex-icb-deputy", DIRECTOR]


async def test_M105_an_answer_stops_the_ladder_of_that_organisation_alone() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        answers = Answers(register=scene.register, clock=scene.clock, mint=SequentialMint(20_000))

        async with running(scene, scene.deliver(), _watch(scene)):
            await scene.pass_time(10 * MINUTE)
            notice = (await _of(scene, ICB)).notice
            await answers.acknowledge_by_code(notice.id, "Ashok Rao", "duty", notice.ack_code)
            await scene.pass_time(2 * HOUR)

        icb, cqc = await _of(scene, ICB), await _of(scene, REGULATOR)
        assert await _open(scene, ObligationKind.ANSWER, icb) == []
        assert await _open(scene, ObligationKind.PERSON, icb) == [], "nobody need phone it now"
        assert [d.target for d in icb.deliveries] == ["sussex-icb"]
        assert [d.target for d in cqc.deliveries if d.instead_of] == ["cqc-deputy"]
        assert _roles(await _open(scene, ObligationKind.PERSON, cqc)) == [
            Role.EMERGENCY_DUTY_TEAM,
            Role.HEAD_OF_SAFEGUARDING,
        ]


async def test_M014_a_refusal_is_the_next_step_at_once_and_nobody_is_told_twice() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        scene.mail.then("sussex-icb", *[NO_MAILBOX] * 2)

        async with running(scene, scene.deliver(), _watch(scene)):
            await scene.pass_time(5 * MINUTE)
            icb = await _of(scene, ICB)
            (answer,) = await _open(scene, ObligationKind.ANSWER, icb)
            await scene.pass_time(31 * MINUTE)

        assert answer.climb is not None
        assert answer.climb.step == 2, "the duty contact and the deputy, before its time"
        assert answer.climb.next_at == answer.climb.anchor + HOUR
        assert [d.target for d in icb.deliveries] == ["sussex-icb", "sussex-icb-deputy"]


async def test_after_six_hours_down_the_overdue_steps_come_at_once_and_each_is_told_once() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        async with running(scene, scene.deliver(), _watch(scene)):
            await scene.pass_time(MINUTE)
        await scene.pass_time(6 * HOUR)

        swept = await scene.watch().sweep()
        again = await scene.watch().sweep()

        icb = await _of(scene, ICB)
        assert [d.target for d in icb.deliveries] == ["sussex-icb", "sussex-icb-deputy", DIRECTOR]
        assert _roles(await _open(scene, ObligationKind.PERSON, icb)) == [
            Role.EMERGENCY_DUTY_TEAM,
            Role.HEAD_OF_SAFEGUARDING,
        ]
        assert swept.climbed > 0
        assert (again.climbed, again.asked) == (0, 0)
        assert swept.unaccounted_obligations == 0


async def test_two_watchers_take_each_step_once() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        await scene.pass_time(31 * MINUTE)

        swept = await asyncio.gather(*(scene.watch().sweep() for _ in range(3)))

        icb = await _of(scene, ICB)
        assert [d.target for d in icb.deliveries] == ["sussex-icb", "sussex-icb-deputy"]
        assert sum(one.climbed for one in swept) == max(one.climbed for one in swept) > 0


async def test_H3_while_a_hold_stands_nobody_is_told_or_rung_and_after_it_they_are() -> None:
    async with a_scene() as scene:
        concern = await _emergency(scene)
        async with running(scene, scene.deliver(), _watch(scene)):
            await scene.pass_time(10 * MINUTE)
            await scene.place_hold(concern, "ods:QNX", "host icb")
            await scene.pass_time(3 * HOUR)
            icb = await _of(scene, ICB)
            (answer,) = await _open(scene, ObligationKind.ANSWER, icb)
            assert [d.target for d in icb.deliveries] == ["sussex-icb"]
            assert answer.climb is not None
            assert answer.climb.state is ObligationState.HELD
            release = {
                "hold_id": "hold-1",
                "released_by": worlds.person("Head of Safeguarding"),
                "authority": worlds.HOST,
                "reason": "it is safe now",
            }
            await scene.take(replace(worlds.event("hold.released", release, 2), concern=concern))
            await scene.pass_time(6 * MINUTE)

        told = [d.target for d in (await _of(scene, ICB)).deliveries]
        assert told == ["sussex-icb", "sussex-icb-deputy", DIRECTOR]


async def test_M021_a_hold_whose_review_is_overdue_reaches_the_officer_and_then_the_head() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        await scene.place_hold(concern, "ods:QNX", "host icb")

        for _ in range(8):
            await scene.pass_time(timedelta(days=1))
            await scene.watch().sweep()

        record = await scene.register.concern(concern)
        assert record is not None
        asked = [
            one
            for one in record.obligations
            if one.kind is ObligationKind.PERSON and "review the H3 hold" in one.says
        ]
        assert _roles(asked) == [Role.HEAD_OF_SAFEGUARDING, Role.HOST_AUTHORITY]
        assert [h.id for h in record.concern.holds] == ["hold-1"], "no clock ever releases it"


async def test_one_that_cannot_be_planned_does_not_keep_the_others_from_climbing() -> None:
    async with a_scene() as scene:
        await _emergency(scene)
        scene.mail.then("sussex-icb", *[LATER] * 3)
        watch = scene.watch()
        broken = type(watch)(scene.register, lambda _p, _d: None, scene.clock, at_once=1)

        await scene.pass_time(2 * MINUTE)
        stood = await broken.sweep()
        assert (stood.climbed, stood.unaccounted_obligations > 0) == (0, True)
        assert (await watch.sweep()).climbed > 0
