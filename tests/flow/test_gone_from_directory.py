"""Somebody leaves the directory while notices wait for them: nobody is forgotten, nobody misled.

A contact is put aside, moved to another role or another agency, or closed; a concern goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from hub.concern import Party
from hub.directory import Contact
from hub.notice import Refused
from hub.obligation import Obligation, ObligationKind, ObligationState
from hub.vocabulary import AgencyId, ContactId, EndpointId, Role
from tests import worlds
from tests.flow.scene import Scene, a_scene, running, targets

CQC: Final = AgencyId("regulator:cqc")
CQC_MAIL: Final = ContactId("cqc")
CQC_HOOK: Final = EndpointId("hook-regulator:cqc-0")
ICB: Final = Party(agency=AgencyId("ods:QNX"), role=Role.HOST_ICB)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


async def change(scene: Scene, agency: AgencyId, how: Callable[[Contact], Contact]) -> None:
    """Correct every mailbox of an agency in this way."""
    for contact in (await scene.register.directory()).contacts:
        if contact.agency == agency:
            await scene.register.put_contact(how(contact))


async def tasks(scene: Scene, party: Party) -> list[Obligation]:
    """Return what the host authority is asked about this party."""
    record = await scene.register.concern(scene.concerns[0])
    assert record is not None
    theirs = {n.notice.id for n in record.notices if n.notice.party == party}
    return [
        one
        for one in record.obligations
        if one.kind is ObligationKind.PERSON and one.notice in theirs
    ]


async def test_B03_what_waits_for_a_mailbox_that_is_another_agencys_now_never_goes_there() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        mailbox = (await scene.register.directory()).contact(CQC_MAIL)
        assert mailbox is not None
        await scene.register.put_contact(replace(mailbox, agency=AgencyId(worlds.SURREY)))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(5 * MINUTE)

        assert CQC_MAIL not in targets(scene.carried)
        assert "sussex-icb" in targets(scene.carried)


async def test_B03_what_waits_for_a_mailbox_that_has_another_role_now_never_goes_there() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        await change(scene, CQC, lambda one: replace(one, roles=frozenset({Role.POLICE})))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(5 * MINUTE)

        assert CQC_MAIL not in targets(scene.carried)


async def test_B03_what_waits_for_a_webhook_that_is_another_agencys_now_never_goes_there() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        hook = (await scene.register.directory()).endpoint(CQC_HOOK)
        assert hook is not None
        await scene.register.put_endpoint(replace(hook, agency=AgencyId(worlds.SURREY)))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(5 * MINUTE)

        assert CQC_HOOK not in targets(scene.carried)


async def test_B03_whom_no_mailbox_is_left_of_while_it_waits_is_rung() -> None:
    async with a_scene() as scene:
        await scene.open_concern()
        await change(scene, ICB.agency, lambda one: replace(one, usable=False))

        async with running(scene, scene.deliver(), scene.watch()):
            await scene.pass_time(MINUTE)

        (asked,) = [one for one in await tasks(scene, ICB) if one.key.endswith("/nobody")]
        assert asked.party.role is Role.HOST_AUTHORITY
        assert "ring them" in asked.says
        (tried,) = [one for one in scene.carried if one.delivery.target == "sussex-icb"]
        assert isinstance(tried.outcome, Refused)
        depths = await scene.register.depths()
        assert (depths.unaccounted, depths.unaccounted_obligations) == (0, 0)


async def test_B03_whom_no_mailbox_is_left_of_before_it_answers_is_asked_for_by_its_ladder() -> (
    None
):
    async with a_scene() as scene:
        await scene.open_concern()
        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)
        await change(scene, ICB.agency, lambda one: replace(one, usable=False))

        for _ in range(10):
            await scene.clock.advance(DAY)
            await scene.watch().sweep()

        record = await scene.register.concern(scene.concerns[0])
        assert record is not None
        (owed,) = [
            one
            for one in record.obligations
            if one.kind is ObligationKind.ANSWER and one.party == ICB
        ]
        assert owed.climb is not None
        assert owed.climb.state is not ObligationState.HELD
        assert await tasks(scene, ICB)


async def test_B03_what_people_hold_is_held_from_whom_no_mailbox_is_left_of_all_the_same() -> None:
    async with a_scene() as scene:
        concern = await scene.open_concern()
        await change(scene, ICB.agency, lambda one: replace(one, usable=False))
        async with running(scene, scene.deliver()):
            await scene.pass_time(MINUTE)
        await scene.place_hold(concern, ICB.agency, ICB.role)

        await scene.watch().sweep()

        assert [one.key for one in await tasks(scene, ICB)] == []
        assert [one.party for one in await scene.register.unreached(10)] == [ICB]
