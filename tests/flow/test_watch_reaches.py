"""A contact that cannot be reached: the next one is told at once, and in the end a person must."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from hub.adapters.scripted import LATER
from hub.concern import Party
from hub.directory import Directory
from hub.notice import Accepted, Refused, RefusedBecause
from hub.obligation import Obligation, ObligationKind
from hub.page import StandingHold
from hub.plan import Tools
from hub.receipt import fold
from hub.vocabulary import AgencyId, Channel, ContactId, HoldKind, InfoClass, Role, Rung
from hub.watch import Watch
from tests import worlds
from tests.flow.scene import Scene, a_scene, running, targets

NO_MAILBOX = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)
POLICY = Refused(at=worlds.START, detail="550 5.7.1", because=RefusedBecause.POLICY)
ICB = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
HOST = Party(agency=AgencyId(worlds.HOST), role=Role.HOST_AUTHORITY)
AT_ONCE = timedelta(seconds=2)


async def _owed(scene: Scene, kind: ObligationKind) -> list[Obligation]:
    record = await scene.register.concern(scene.concerns[0])
    assert record is not None
    return [o for o in record.obligations if o.kind is kind and o.delivery is not None]


async def test_M014_a_refused_mailbox_makes_the_next_contact_told_at_once() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("sussex-icb", NO_MAILBOX)
        worker = scene.deliver()

        async with running(scene, worker, scene.watch()):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
            passed = await scene.until(lambda: "sussex-icb-deputy" in targets(scene.mail.carried))
            await scene.until(lambda: worker.counts().unsaved == 0)

        assert passed <= AT_ONCE
        (record,) = [r for r in await scene.notices() if r.notice.party == ICB]
        first, second = record.deliveries
        assert (second.target, second.instead_of) == ("sussex-icb-deputy", first.id)
        assert second.notice == first.notice
        assert fold(record.receipts).rung is Rung.SUBMITTED
        assert await _owed(scene, ObligationKind.REACH) == []
        assert (await scene.register.depths()).unaccounted == 0


async def test_M014_where_nobody_is_left_a_person_of_the_host_authority_must_ring() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("sussex-icb", NO_MAILBOX)
        scene.mail.then("sussex-icb-deputy", NO_MAILBOX)
        worker, watch = scene.deliver(), scene.watch()

        async with running(scene, worker, watch):
            await scene.until(lambda: worker.counts().refused == 2)
            await scene.pass_time(AT_ONCE)

        (person,) = await _owed(scene, ObligationKind.PERSON)
        assert person.party == HOST
        assert "nobody is left" in person.says
        assert await _owed(scene, ObligationKind.REACH) == []


async def test_M105_an_urgent_notice_that_fails_three_times_is_told_to_the_next_as_well() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        data = {
            "ends_at": (worlds.START + timedelta(hours=6)).isoformat(),
            "cause": "unsafe",
            "coordinator": worlds.person("Coordinator"),
            "press_office": "01632 960111",
        }
        async with running(scene, scene.deliver()):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
        await scene.take(replace(worlds.event("emergency.closure.cqc", data, 1), concern=concern))
        scene.mail.then("sussex-icb", *[LATER] * 50)

        async with running(scene, scene.deliver(), scene.watch()):
            passed = await scene.until(lambda: "sussex-icb-deputy" in targets(scene.mail.carried))
            await scene.pass_time(timedelta(minutes=15))
            late = await _owed(scene, ObligationKind.PERSON)

        assert passed <= timedelta(seconds=16), "after 0, 2 and 12 seconds, and their jitter"
        assert targets(scene.mail.carried).count("sussex-icb-deputy") == 1, "told once, not again"
        assert [one.party for one in late] == [HOST]
        assert targets(scene.mail.carried).count("sussex-icb") >= 7, "the first is still tried"


async def test_B03_a_policy_refusal_is_for_a_person_and_tells_nobody_else() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("sussex-icb", POLICY)

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
            await scene.pass_time(timedelta(minutes=1))

        assert [one.party for one in await _owed(scene, ObligationKind.PERSON)] == [HOST]
        assert "sussex-icb-deputy" not in targets(scene.mail.carried)


async def test_B03_two_watchers_tell_the_next_contact_once() -> None:
    async with a_scene() as scene:
        for number in range(4):
            await scene.open_concern(number)
        scene.mail.then("sussex-icb", *[NO_MAILBOX] * 4)
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(lambda: worker.counts().refused == 4)
            await scene.until(lambda: worker.counts().unsaved == 0)

        swept = await asyncio.gather(*(scene.watch().sweep() for _ in range(3)))

        assert sum(one.told for one in swept) == 4
        made = [d for r in await scene.notices() for d in r.deliveries if d.instead_of is not None]
        assert len(made) == len({one.instead_of for one in made}) == 4


async def test_H3_a_held_party_is_not_told_by_its_deputy_either_and_after_release_it_is() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        scene.mail.then("sussex-icb", NO_MAILBOX)
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(lambda: worker.counts().refused == 1)
            await scene.until(lambda: worker.counts().unsaved == 0)
        await scene.place_hold(concern, "ods:QNX", "host icb")

        held = await scene.watch().sweep()
        assert (held.held, held.told) == (1, 0)
        assert len(await _owed(scene, ObligationKind.REACH)) == 1
        release = {
            "hold_id": "hold-1",
            "released_by": worlds.person("Head of Safeguarding"),
            "authority": worlds.HOST,
            "reason": "it is safe now",
        }
        await scene.take(replace(worlds.event("hold.released", release, 2), concern=concern))
        after = await scene.watch().sweep()

        assert (after.held, after.told) == (0, 1)


async def test_B03_those_who_are_held_do_not_keep_the_others_from_their_turn() -> None:
    async with a_scene() as scene:
        first, _ = await scene.open_concern(1), await scene.open_concern(2)
        scene.mail.then("sussex-icb", NO_MAILBOX, NO_MAILBOX)
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(lambda: worker.counts().refused == 2)
            await scene.until(lambda: worker.counts().unsaved == 0)
        await scene.place_hold(first, "ods:QNX", "host icb")
        watch = Watch(scene.register, scene.tools_for, scene.clock, at_once=1)

        looked = [await watch.sweep(), await watch.sweep()]

        assert [(one.held, one.told) for one in looked] == [(1, 0), (1, 1)]


async def test_B03_one_that_breaks_the_words_does_not_stop_the_watch() -> None:
    def broken(partnership: str, directory: Directory) -> Tools | None:
        msg = f"{partnership} of {len(directory.agencies)} agencies"
        raise ZeroDivisionError(msg)

    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("sussex-icb", NO_MAILBOX)
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(lambda: worker.counts().refused == 1)
            await scene.until(lambda: worker.counts().unsaved == 0)

        swept = await Watch(scene.register, broken, scene.clock).sweep()

        assert (swept.failed, swept.told) == (1, 0)
        assert len(await _owed(scene, ObligationKind.REACH)) == 1


async def test_B03_what_was_taken_meanwhile_needs_no_other_contact() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        # Refused once in the slow way: it is tried again, and taken before anybody looks.
        slow = replace(LATER, not_before=worlds.START + timedelta(hours=3))
        scene.mail.then("sussex-icb", slow)
        worker = scene.deliver()
        async with running(scene, worker):
            await scene.until(
                lambda: targets(scene.mail.carried).count("sussex-icb") == 2, timedelta(hours=6)
            )
            await scene.until(lambda: worker.counts().unsaved == 0)
        assert isinstance(scene.mail.carried[-1].outcome, Accepted)

        swept = await scene.watch().sweep()

        assert (swept.told, swept.nobody_left) == (0, 0)
        assert await _owed(scene, ObligationKind.REACH) == []
        assert "sussex-icb-deputy" not in targets(scene.mail.carried)


async def test_B05_a_mailbox_that_no_header_can_carry_is_passed_over() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        deputy = scene.tools.directory.contact(ContactId("sussex-icb-deputy"))
        assert deputy is not None
        await scene.register.put_contact(replace(deputy, address="not an address"))
        scene.mail.then("sussex-icb", NO_MAILBOX)

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
            await scene.pass_time(AT_ONCE)

        (person,) = await _owed(scene, ObligationKind.PERSON)
        assert "nobody is left" in person.says


async def test_B03_a_watcher_outlives_a_register_that_goes_away() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        scene.mail.then("sussex-icb", NO_MAILBOX)
        scene.line.away = {"unreached", "depths"}

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.until(lambda: "sussex-icb" in targets(scene.mail.carried))
            await scene.pass_time(timedelta(seconds=5))
            assert "sussex-icb-deputy" not in targets(scene.mail.carried)
            scene.line.away = set()
            await scene.until(lambda: "sussex-icb-deputy" in targets(scene.mail.carried))


async def test_M014_what_is_overdue_is_counted_and_stays_open() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        await scene.pass_time(timedelta(days=3))

        first, second = await scene.watch().sweep(), await scene.watch().sweep()

        assert first.overdue == second.overdue > 0
        assert first.unaccounted == 0


async def test_H1_a_stop_at_sending_opens_no_way_round_the_hold() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        hold = StandingHold(
            party=ICB, info=InfoClass.PROCESS, kind=HoldKind.H1, reason="police advice"
        )
        await scene.set_holds(concern, hold)
        worker = scene.deliver(at_once={Channel.EMAIL: 8, Channel.WEBHOOK: 8})

        async with running(scene, worker, scene.watch()):
            await scene.until(lambda: worker.counts().stopped == 1)
            await scene.pass_time(timedelta(minutes=1))

        assert not {"sussex-icb", "sussex-icb-deputy"} & set(targets(scene.carried))
