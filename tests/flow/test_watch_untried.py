"""What waits untried is never unseen: a closed webhook, a queue that has come to stand."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

from hub.cli import app
from hub.cli.closing import NoSuchWebhook
from hub.directory import Endpoint
from hub.notice import Delivery
from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import EndpointId, Role
from tests.flow.scene import Scene, a_scene, running, targets

CQC_HOOK = EndpointId("hook-regulator:cqc-0")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def close(scene: Scene, *, parked: bool = True) -> Endpoint:
    endpoint = (await scene.register.directory()).endpoint(CQC_HOOK)
    assert endpoint is not None
    await scene.register.put_endpoint(replace(endpoint, parked=parked))
    return endpoint


async def mail_is_gone(scene: Scene) -> None:
    """Leave the regulator its webhook alone."""
    for contact in scene.tools.directory.contacts:
        if contact.agency == "regulator:cqc":
            await scene.register.put_contact(replace(contact, usable=False))


async def owed(scene: Scene, kind: ObligationKind) -> list[Obligation]:
    record = await scene.register.concern(scene.concerns[0])
    assert record is not None
    return [one for one in record.obligations if one.kind is kind and "cqc" in one.says]


async def by_hook(scene: Scene) -> Delivery:
    deliveries = [d for record in await scene.notices() for d in record.deliveries]
    return next(d for d in deliveries if d.target == CQC_HOOK)


async def test_M019_a_closed_webhook_is_owed_another_and_its_party_is_told_by_mail_alone() -> None:
    async with a_scene() as scene:
        await close(scene)
        await scene.open_concern()

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(MINUTE)

        assert len(await owed(scene, ObligationKind.REPLACE_CONTACT)) == 1
        assert targets(scene.carried).count("cqc") == 1, "once, by its duty mailbox"
        assert targets(scene.hooks.carried).count(CQC_HOOK) == 0


async def test_B03_whom_only_a_closed_webhook_reaches_is_rung_within_a_minute() -> None:
    async with a_scene() as scene:
        await mail_is_gone(scene)
        await close(scene)
        await scene.open_concern()

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(MINUTE)
            (person,) = await owed(scene, ObligationKind.PERSON)
            await scene.pass_time(10 * MINUTE)
            assert await owed(scene, ObligationKind.PERSON) == [person], "once"

        assert person.party.role is Role.HOST_AUTHORITY
        assert "nobody is left" in person.says
        assert targets(scene.hooks.carried).count(CQC_HOOK) == 0


async def test_B03_a_sweep_keeps_what_waits_for_a_closed_webhook_out_of_the_way() -> None:
    async with a_scene() as scene:
        await close(scene)
        await scene.open_concern()
        await scene.watch().sweep()
        assert await scene.register.keep_apart() == 0, "the sweep has done it"

        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)

        assert await scene.register.next_due() is None, "nothing that is due is left"
        assert (await scene.register.depths()).behind_closed == 1


async def test_B03_when_it_is_open_again_what_waited_goes_and_nothing_is_owed_of_it() -> None:
    async with a_scene() as scene:
        await mail_is_gone(scene)
        await close(scene)
        await scene.open_concern()
        await scene.watch().sweep()
        await scene.clock.advance(2 * DAY)
        await scene.watch().sweep()
        waits, people = await by_hook(scene), await owed(scene, ObligationKind.PERSON)

        await close(scene, parked=False)
        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)

        assert {one.key.rpartition("/")[2] for one in people} == {"late", "nobody"}
        (carried,) = [one for one in scene.hooks.carried if one.delivery.target == CQC_HOOK]
        assert carried.delivery == waits, "the same bytes under the same id"
        assert await owed(scene, ObligationKind.REPLACE_CONTACT) == []
        assert await owed(scene, ObligationKind.PERSON) == []


async def late(scene: Scene) -> list[Obligation]:
    record = await scene.register.concern(scene.concerns[0])
    assert record is not None
    return [one for one in record.obligations if one.key.endswith("/late")]


async def test_B03_a_queue_that_has_come_to_stand_is_in_a_persons_hands_in_time() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        waiting = [d for record in await scene.notices() for d in record.deliveries]
        await scene.clock.advance(DAY - MINUTE)  # and nothing delivers
        await scene.watch().sweep()
        before = await late(scene)

        await scene.clock.advance(2 * MINUTE)
        await scene.watch().sweep()
        owed_now = await late(scene)
        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)

        assert before == []
        assert {one.delivery for one in owed_now} >= {one.id for one in waiting}
        assert {one.party.role for one in owed_now} == {Role.HOST_AUTHORITY}
        assert await late(scene) == [], "all of it has been taken since"


def test_M019_an_operator_closes_a_webhook_and_opens_it_again(tmp_path: Path) -> None:
    env = {"HUB_REGISTER_URL": f"sqlite+aiosqlite:///{tmp_path / 'register.db'}"}

    async def seeded() -> None:
        async with a_scene(env["HUB_REGISTER_URL"]):
            pass

    asyncio.run(seeded())
    said = [
        CliRunner().invoke(app, ["directory", word, CQC_HOOK], env=env)
        for word in ("close", "close", "open")
    ]
    unknown = CliRunner().invoke(app, ["directory", "open", "no-such-hook"], env=env)

    assert [one.output.split(":")[0] for one in said] == [
        "It is closed now",
        "It was so before",
        "It is open now",
    ]
    assert isinstance(unknown.exception, NoSuchWebhook)
