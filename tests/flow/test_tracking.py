"""What became of what services took: who is asked, how often, and what follows once it is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from hub.adapters.clock import SystemClock
from hub.adapters.memory import SequentialMint
from hub.adapters.mesh import MeshCarrier
from hub.adapters.no_way import NoWay
from hub.adapters.notify import NotifyCarrier
from hub.adapters.register import open_register
from hub.adapters.scripted import (
    FETCHED,
    GIVEN_UP,
    IN_THE_INBOX,
    NEVER_SENT,
    NO_TELEPHONE,
    NOTHING,
    ON_A_TELEPHONE,
    SWITCHED_OFF,
    ScriptedService,
)
from hub.app import ways
from hub.notice import Delivery
from hub.ports import Register
from hub.ports.tracked import NO_FURTHER, Fate
from hub.receipt import fold
from hub.settings import Settings
from hub.tracking import UNKNOWN, Counts, Tracking
from hub.vocabulary import AttemptId, Channel, ObligationKind, Rung, Setback
from tests.adapters.carriers.ground import StandingClock
from tests.builders import LONG_AGO, directory, opened, receipt_of, telling


@dataclass
class Desk:
    """A register, a service that says as it is told, and who asks it."""

    register: Register
    clock: StandingClock
    service: ScriptedService

    def tracking(self) -> Tracking:
        services = {Channel.MESH: self.service, Channel.SMS: self.service}
        mint = SequentialMint(30_000)
        return Tracking(self.register, services, self.clock, mint)

    async def hands_over(self, by: Channel = Channel.MESH) -> Delivery:
        """A service took a message, an hour ago."""
        event = opened()
        page = telling(event)
        delivery = replace(page.deliveries[0], channel=by)
        async with self.register.entry() as entry:
            await entry.take([event])
            await entry.write(replace(page, deliveries=(delivery,)))
        taken = receipt_of(
            delivery,
            rung=Rung.SUBMITTED if by is Channel.SMS else Rung.RELAYED,
            attempt=AttemptId("a-1"),
            at=self.clock.now() - timedelta(hours=1),
            evidence=(("message", delivery.id),),
        )
        await self.register.receive((taken,), (), ())
        return delivery

    async def reached(self, delivery: Delivery) -> tuple[Rung, tuple[Setback, ...]]:
        record = await self.register.notice(delivery.notice)
        assert record is not None
        found = fold(record.receipts)
        return found.rung, found.setbacks


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    register = await open_register("sqlite+aiosqlite://")
    await register.seed(directory())
    clock = StandingClock(LONG_AGO + timedelta(hours=2))
    yield Desk(register, clock, ScriptedService(clock=clock))
    await register.close()


async def test_S7_a_service_that_is_away_is_asked_once_a_look_and_nothing_is_claimed() -> None:
    async with a_desk() as desk:
        first, second = await desk.hands_over(), await desk.hands_over()
        tracking = desk.tracking()

        assert await tracking.look() == 0

        assert tracking.counts == Counts(asked=1, unanswered=1)
        assert {await desk.reached(one) for one in (first, second)} == {(Rung.RELAYED, ())}

        desk.service.says = FETCHED
        assert await tracking.look() == 2
        assert {await desk.reached(one) for one in (first, second)} == {(Rung.COLLECTED, ())}


async def test_S7_what_was_said_before_is_not_written_again() -> None:
    async with a_desk() as desk:
        delivery = await desk.hands_over()
        tracking = desk.tracking()
        desk.service.says = IN_THE_INBOX
        assert await tracking.look() == 1
        asked = len(desk.service.asked)

        assert await tracking.look() == 0
        assert len(desk.service.asked) == asked, "too soon"
        desk.clock.at += timedelta(hours=1)
        assert await tracking.look() == 0

        assert len(desk.service.asked) == asked + 1
        record = await desk.register.notice(delivery.notice)
        assert record is not None
        assert [r.rung for r in record.receipts] == [Rung.RELAYED, Rung.DELIVERED]
        assert {r.source for r in record.receipts} == {"smtp", "mesh"}


async def test_S7_M014_what_is_lost_is_lost_once_however_many_ask() -> None:
    async with a_desk() as desk:
        delivery = await desk.hands_over()
        one, other = desk.tracking(), desk.tracking()
        desk.service.says = GIVEN_UP

        assert [await one.look(), await other.look()] == [1, 0]

        assert await desk.reached(delivery) == (Rung.QUEUED, (Setback.LATE_FAILURE,))
        (owed,) = await desk.register.unreached(9)
        assert owed.delivery == delivery.id
        assert one.counts.lost == 1


@pytest.mark.parametrize("fate", [IN_THE_INBOX, GIVEN_UP])
async def test_S7_what_another_process_learnt_meanwhile_is_not_written_twice(fate: Fate) -> None:
    async with a_desk() as desk:
        delivery = await desk.hands_over()
        desk.service.says = fate
        answers = Waiting(desk.service)
        slow = Tracking(desk.register, {Channel.MESH: answers}, desk.clock, SequentialMint(40_000))
        looking = asyncio.create_task(slow.look())
        await answers.asked.wait()

        assert await desk.tracking().look() == 1
        answers.may_answer.set()

        assert await looking == 0
        record = await desk.register.notice(delivery.notice)
        assert record is not None
        assert len(record.receipts) == 2


class Waiting:
    """A service that answers when it is let to."""

    def __init__(self, service: ScriptedService) -> None:
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self._service = service

    async def track(self, message: str) -> Fate | None:
        self.asked.set()
        await self.may_answer.wait()
        return await self._service.track(message)


# Texts.


async def test_S7_a_text_that_a_network_has_taken_is_relayed_and_asked_about_no_more() -> None:
    async with a_desk() as desk:
        text = await desk.hands_over(Channel.SMS)
        tracking = desk.tracking()
        desk.service.says = ON_A_TELEPHONE

        assert await tracking.look() == 1
        desk.clock.at += timedelta(days=9)
        assert await tracking.look() == 0

        assert await desk.reached(text) == (Rung.RELAYED, ())
        record = await desk.register.notice(text.notice)
        assert record is not None
        assert record.receipts[-1].source == "sms"
        assert tracking.counts == Counts(asked=1, learnt=1)


@pytest.mark.parametrize(
    ("fate", "dead"), [(NO_TELEPHONE, True), (SWITCHED_OFF, False), (NEVER_SENT, False)]
)
async def test_S7_M014_of_a_lost_text_the_next_contact_is_told_now_and_a_dead_number_replaced(
    fate: Fate, dead: bool
) -> None:
    async with a_desk() as desk:
        text = await desk.hands_over(Channel.SMS)
        desk.service.says = fate

        assert await desk.tracking().look() == 1

        assert await desk.reached(text) == (Rung.QUEUED, (Setback.LATE_FAILURE,))
        another = {ObligationKind.REPLACE_CONTACT} if dead else set()
        assert await owed_for(desk.register, text) == {ObligationKind.REACH} | another


async def test_S7_of_a_text_of_which_nobody_can_tell_in_three_days_the_next_contact_is_told() -> (
    None
):
    async with a_desk() as desk:
        text = await desk.hands_over(Channel.SMS)
        tracking = desk.tracking()
        desk.service.says = NOTHING

        desk.clock.at += timedelta(hours=72)
        assert await tracking.look() == 0
        assert await desk.reached(text) == (Rung.SUBMITTED, ())
        desk.clock.at += timedelta(hours=1)
        assert await tracking.look() == 1

        assert await desk.reached(text) == (Rung.QUEUED, (Setback.EXPIRED,))
        assert await owed_for(desk.register, text) == {ObligationKind.REACH}


async def owed_for(register: Register, text: Delivery) -> set[ObligationKind]:
    record = await register.concern(text.concern)
    assert record is not None
    kinds = {ObligationKind.REACH, ObligationKind.REPLACE_CONTACT}
    return kinds & {one.kind for one in record.obligations}


def test_of_each_service_that_is_asked_it_stands_how_far_its_word_goes_and_for_how_long() -> None:
    assert set(UNKNOWN) == set(NO_FURTHER)


@pytest.mark.parametrize("whole", [True, False])
async def test_where_notify_is_set_up_it_carries_and_is_asked_and_else_a_person_hears(
    tmp_path: Path, whole: bool
) -> None:
    settings = Settings(data_dir=tmp_path)
    if whole:
        key = "hub-0c0ffee0-1111-4222-8333-944455556666-0badcafe-7777-4888-8999-aaaabbbbcccc"
        settings = Settings(
            data_dir=tmp_path,
            notify_key=SecretStr(key),
            notify_template="0decade0-aaaa-4bbb-8ccc-ddddeeeeffff",
        )
    async with AsyncExitStack() as stack:
        made = ways.carriers(settings, SystemClock(), stack)

        assert isinstance(made[Channel.SMS], NotifyCarrier if whole else NoWay)
        assert set(ways.trackers(made)) == ({Channel.SMS} if whole else set())


@pytest.mark.parametrize("whole", [True, False])
async def test_where_mesh_is_set_up_it_carries_and_is_asked_and_else_a_person_hears(
    tmp_path: Path, whole: bool
) -> None:
    settings = Settings(data_dir=tmp_path)
    if whole:
        settings = Settings(
            data_dir=tmp_path,
            mesh_url="https://mesh.example",
            mesh_mailbox="X26HUB01",
            mesh_password=SecretStr("a password"),
            mesh_shared_key=SecretStr("a key"),
        )
    async with AsyncExitStack() as stack:
        made = ways.carriers(settings, SystemClock(), stack)

        assert isinstance(made[Channel.MESH], MeshCarrier if whole else NoWay)
        assert set(ways.trackers(made)) == ({Channel.MESH} if whole else set())


async def test_a_client_certificate_that_cannot_be_read_stops_the_hub(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        mesh_url="https://mesh.example",
        mesh_mailbox="X26HUB01",
        mesh_password=SecretStr("a password"),
        mesh_shared_key=SecretStr("a key"),
        mesh_identity=tmp_path / "nowhere.pem",
    )
    async with AsyncExitStack() as stack:
        with pytest.raises(ways.IdentityUnusable, match=r"nowhere\.pem"):
            ways.carriers(settings, SystemClock(), stack)
