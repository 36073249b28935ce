"""S10: a fire; the broker brings the event again, and a worker dies in the middle of telling.

That processes are killed at every named point, with a real register, is tests/faults' to show.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any, Final

from hub.adapters.scripted import Carried
from hub.directory import Agency, Contact
from hub.intake.took import Became
from hub.ports import ConcernRecord, RegisterAway
from hub.receipt import fold
from hub.vocabulary import DeliveryId, Lane, NoticeId, Role, Rung, Setback
from tests.core.packs import directory
from tests.core.placing import THIRTY, as_party, line, with_thirty
from tests.flow.scenarios.stage import HOST, WSCC, Play, a_play, is_a, person
from tests.flow.scene import running

LEASE: Final = timedelta(minutes=2)
FIRE_SERVICE: Final = "unit:west-sussex-fire"
AMBULANCE: Final = "unit:sussex-nhs-emergency"
"""Named by the event: whoever is needed in a fire."""


def known() -> list[Agency | Contact]:
    """Return what the directory needs so that each of the thirty has a mailbox."""
    before, after = directory(), with_thirty(directory())
    agencies = [a for a in after.agencies if before.agency(a.id) is None]
    return [*agencies, *(c for c in after.contacts if before.contact(c.id) is None)]


async def full_house(play: Play) -> None:
    """Thirty authorities have people there; everything so far has been sent."""
    await play.opens()
    await play.says(
        "placement.register.declared",
        placements=[line(code) for code in THIRTY],
        self_funders=0,
        complete=True,
    )
    await play.sent()


def fire(play: Play) -> bytes:
    data: dict[str, Any] = {
        "cause": "fire",
        "gathering_at": "the sports centre, RH19 2BB",
        "fire_service": FIRE_SERVICE,
        "nhs_services": [AMBULANCE],
        "coordinator": person("Emergency co-ordinator", "Iris Vale"),
        "press_office": "01632 960111",
    }
    return play.body("emergency.evacuation", data, source=WSCC)


def owed(record: ConcernRecord) -> dict[DeliveryId, NoticeId]:
    """Return every delivery of the evacuation that the register has."""
    urgent = [n for n in record.notices if n.notice.lane is Lane.IMMEDIATE]
    return {d.id: n.notice.id for n in urgent for d in n.deliveries}


def of_the_fire(play: Play, record: ConcernRecord) -> list[Carried]:
    return [one for one in play.scene.carried if one.delivery.id in owed(record)]


async def test_S10_M107_B01_the_event_that_comes_again_tells_nobody_again() -> None:
    async with a_play(known()) as play:
        await full_house(play)
        body = fire(play)

        first = await play.publishes(body)
        once = await play.record()
        again = [await play.publishes(body) for _ in range(3)]

        assert first.became is Became.ACCEPTED
        assert {took.became for took in again} == {Became.DUPLICATE}
        record = await play.record()
        assert owed(record) == owed(once)
        told = {n.notice.party for n in record.notices if n.notice.id in owed(record).values()}
        assert {as_party(code) for code in THIRTY} <= told
        assert {is_a(FIRE_SERVICE, Role.FIRE), is_a(AMBULANCE, Role.NHS_SERVICES)} <= told
        assert {is_a(HOST, Role.EMERGENCY_DUTY_TEAM), is_a(HOST, Role.EMERGENCY_PLANNING)} <= told
        await play.sent()
        assert Counter(one.delivery.id for one in of_the_fire(play, record)) == Counter(
            dict.fromkeys(owed(record), 1)
        )


async def test_S10_B03_a_worker_that_dies_while_telling_loses_nobody_and_flags_each_second() -> (
    None
):
    async with a_play(known()) as play:
        await full_house(play)
        await play.publishes(fire(play))
        record = await play.record()
        scene = play.scene
        # What it sends is not written down any more: it dies before the register hears of it.
        scene.line.away = {"complete"}
        dead = scene.deliver("w-dead", lease_for=LEASE)
        task = asyncio.create_task(dead.run(asyncio.Event()))
        await scene.until(lambda: dead.counts().accepted > len(THIRTY) // 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        lost_word = {one.delivery.id for one in of_the_fire(play, record)}
        assert lost_word
        scene.line.away = set()

        follower = scene.deliver("w-next", lease_for=LEASE)
        async with running(scene, follower):
            await play.pass_time(LEASE + timedelta(minutes=1))

        record = await play.record()
        carried = of_the_fire(play, record)
        # Zero lost: what the register was to send is what was sent.
        assert {one.delivery.id for one in carried} == set(owed(record))
        times = Counter(one.delivery.id for one in carried)
        assert {id_ for id_, count in times.items() if count > 1} == lost_word
        assert max(times.values()) == 2
        for id_ in lost_word:
            copies = [one.delivery for one in carried if one.delivery.id == id_]
            assert len({(c.id, c.sha256, c.body) for c in copies}) == 1
        assert (await scene.register.depths()).unaccounted == 0
        for each in record.notices:
            for one in each.deliveries if each.notice.id in owed(record).values() else ():
                said = [r for r in each.receipts if r.delivery == one.id]
                assert fold(said).rung is Rung.SUBMITTED
                flagged = any("possible duplicate" in dict(r.evidence) for r in said)
                if one.id in lost_word:
                    assert flagged
                    assert Setback.IN_DOUBT in {r.setback for r in said}


async def test_S10_B01_an_answer_of_the_register_that_is_lost_brings_the_event_back_once() -> None:
    async with a_play(known()) as play:
        await full_house(play)
        body = fire(play)
        play.scene.line.away = {"entry"}
        with_nothing = await _fails(play, body)
        play.scene.line.away = set()

        took = await play.publishes(body)

        assert with_nothing
        assert took.became is Became.ACCEPTED
        record = await play.record()
        await play.sent()
        sent = Counter(one.delivery.id for one in of_the_fire(play, record))
        assert sent == Counter(dict.fromkeys(owed(record), 1))


async def _fails(play: Play, body: bytes) -> bool:
    """Whether intake says that it could not write it down: then nothing is acknowledged."""
    try:
        await play.publishes(body)
    except RegisterAway:
        return True
    return False
