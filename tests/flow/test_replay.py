"""What was sent is sent again where it may still be told: same bytes, same ids, holds asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.adapters.scripted import LATER
from hub.cli import app
from hub.cli.replaying import NobodyAsks, NothingMeant
from hub.notice import Delivery, Refused, RefusedBecause
from hub.obligation import ObligationKind
from hub.page import StandingHold
from hub.ports.replaying import Replay
from hub.repeat import Selection, Verdict, Why, selection_of
from hub.vocabulary import AgencyId, ConcernId, ContactId, HoldKind, InfoClass, Lane
from hub.watch.replaying import judge_by
from tests import worlds
from tests.builders import fresh
from tests.flow.scene import Scene, a_scene, running, targets

CQC = AgencyId("regulator:cqc")
MINUTE = timedelta(minutes=1)


async def told(scene: Scene, number: int = 1) -> None:
    """Open so many concerns, and let everybody be told."""
    for each in range(number):
        await scene.open_concern(each)
    async with running(scene, scene.deliver()):
        await scene.pass_time(MINUTE)
    assert (await scene.register.depths()).queued == 0


async def ordered(scene: Scene, selection: Selection) -> Replay:
    order = Replay(
        id=fresh("replay"),
        selection=replace(selection, until=scene.clock.now()),
        asked_by="amara.okafor",
        why=Why.LOST,
        at=scene.clock.now(),
    )
    await scene.register.order_replay(order)
    return order


async def counted(scene: Scene, selection: Selection) -> Mapping[Verdict, int]:
    return await scene.register.would_replay(selection, judge_by(scene.tools_for))


async def to_cqc(scene: Scene) -> list[Delivery]:
    deliveries = [d for record in await scene.notices() for d in record.deliveries]
    return [one for one in deliveries if one.party.agency == CQC]


async def test_B03_a_watch_carries_out_what_was_ordered_and_each_goes_once_more() -> None:
    async with a_scene() as scene:
        await told(scene, 3)
        before = list(scene.carried)
        await ordered(scene, Selection(agency=CQC))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(MINUTE)

        meant = await to_cqc(scene)
        again = scene.carried[len(before) :]
        assert sorted(one.delivery.id for one in again) == sorted(one.id for one in meant)
        bytes_of = {one.id: one.body for one in meant}
        assert all(one.delivery.body == bytes_of[one.delivery.id] for one in again)
        (order,) = await scene.register.replays()
        assert order.ended is not None
        assert order.counts == {Verdict.AGAIN: len(meant)}
        assert (await scene.register.depths()).unaccounted == 0


async def test_B03_what_may_not_be_told_now_is_refused_and_counted() -> None:
    async with a_scene() as scene:
        await told(scene)
        concern = scene.concerns[0]
        everything = await counted(scene, Selection(concern=concern))
        await scene.place_hold(concern, "ods:QNX", "host icb")

        held = await counted(scene, Selection(agency=AgencyId("ods:QNX")))
        rest = await counted(scene, Selection(concern=concern))

        assert set(everything) == {Verdict.AGAIN}
        assert held == {Verdict.HELD: 1}
        assert rest[Verdict.AGAIN] == everything[Verdict.AGAIN] - 1


async def test_H3_a_hold_placed_after_the_replay_was_ordered_stops_it_at_sending() -> None:
    async with a_scene() as scene:
        await told(scene)
        before = len(scene.carried)
        await ordered(scene, Selection(agency=AgencyId("ods:QNX")))
        swept = await scene.watch().sweep()
        icb = next(
            d for r in await scene.notices() for d in r.deliveries if d.party.agency == "ods:QNX"
        )
        hold = StandingHold(
            party=icb.party, info=InfoClass.PROCESS, kind=HoldKind.H3, reason="not safe yet"
        )
        await scene.set_holds(scene.concerns[0], hold)

        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)

        assert swept.again == 1
        assert len(scene.carried) == before, "nothing left the hub"


async def test_B05_what_went_to_a_mailbox_that_is_theirs_no_more_is_not_repeated_to_it() -> None:
    async with a_scene() as scene:
        await told(scene)
        contact = scene.tools.directory.contact(ContactId("cqc"))
        assert contact is not None
        await scene.register.put_contact(replace(contact, usable=False))

        counts = await counted(scene, Selection(target="cqc"))

        assert counts == {Verdict.NO_WAY: 1}


async def test_what_this_hub_has_no_pack_for_is_not_repeated() -> None:
    async with a_scene() as scene:
        await told(scene)
        blind = judge_by(lambda _partnership, _directory: None)

        counts = await scene.register.would_replay(Selection(agency=CQC), blind)

        assert set(counts) == {Verdict.UNJUDGED}


async def test_M105_a_replay_of_everything_delays_nothing_that_is_urgent_or_new() -> None:
    async with a_scene() as scene:
        await told(scene, 20)
        before = len(scene.carried)
        await ordered(scene, Selection(since=worlds.START - timedelta(days=1)))
        await scene.watch().sweep()
        await scene.open_concern(99)

        async with running(scene, scene.deliver(at_once={}, per_destination=1)):
            await scene.pass_time(MINUTE)

        went = [one.delivery.lane for one in scene.carried[before:]]
        assert Lane.BULK in went
        assert went.index(Lane.STANDARD) <= went.index(Lane.BULK), "what is new goes first"


async def test_B03_a_replay_that_fails_is_tried_on_and_asks_nobody_for_what_was_taken() -> None:
    async with a_scene() as scene:
        await told(scene)
        scene.mail.then("cqc", LATER, LATER)
        before = targets(scene.mail.carried).count("cqc")
        await ordered(scene, Selection(target="cqc"))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(10 * MINUTE)
            await scene.pass_time(MINUTE)

        assert targets(scene.mail.carried).count("cqc") == before + 3
        assert "cqc-deputy" not in targets(scene.mail.carried)
        record = await scene.register.concern(scene.concerns[0])
        assert record is not None
        assert not [
            one
            for one in record.obligations
            if one.kind is ObligationKind.PERSON and one.key.endswith("/late")
        ]


async def test_B05_a_replay_to_a_mailbox_that_died_since_asks_for_another() -> None:
    async with a_scene() as scene:
        await told(scene)
        dead = Refused(at=worlds.START, detail="550 5.1.1", because=RefusedBecause.ADDRESS)
        scene.mail.then("cqc", dead)
        await ordered(scene, Selection(target="cqc"))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(MINUTE)

        record = await scene.register.concern(scene.concerns[0])
        assert record is not None
        kinds = {one.kind for one in record.obligations if "cqc" in one.says}
        assert ObligationKind.REPLACE_CONTACT in kinds


def test_B03_an_operator_counts_first_says_why_and_sees_how_far_it_is(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"
    env = {"HUB_REGISTER_URL": url, "COLUMNS": "200"}

    async def told_once() -> None:
        async with a_scene(url) as scene:
            await told(scene)

    def hub(*words: str) -> tuple[int, str, BaseException | None]:
        done = CliRunner().invoke(app, ["replay", *words], env=env)
        return done.exit_code, done.output, done.exception

    asyncio.run(told_once())
    cqc = ("--agency", CQC, "--until", "2030-01-01")  # the story's clock is ahead of ours
    asked = (*cqc, "--by", "amara", "--why", Why.LOST.value)
    code, dry, _ = hub(*cqc, "--dry-run")
    *_, nothing_meant = hub("--dry-run")
    *_, nobody = hub(*cqc, "--yes")
    *_, refused = hub(*asked)
    sent, said, _ = hub(*asked, "--yes")
    _, progress, _ = hub("--progress")

    assert (code, sent) == (0, 0), said
    assert "2 meant, 2 to send again." in dry
    assert "Nothing was sent." in dry
    assert isinstance(nothing_meant, NothingMeant)
    assert isinstance(nobody, NobodyAsks)
    assert refused is not None, "nobody said yes"
    assert "2 are queued again" in said
    assert "amara" in progress
    assert "@" not in dry + said + progress, "no address is shown"


@pytest.mark.parametrize("given", [{}, {"concern": ConcernId("c"), "since": worlds.START}])
def test_what_is_meant_is_read_back_as_it_was_said(given: dict[str, object]) -> None:
    one = Selection(**given, until=worlds.START)  # type: ignore[arg-type]

    assert selection_of(one.said()) == one
    assert one.whole_register is not bool(given)
