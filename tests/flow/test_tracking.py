"""What became of what MESH took: who is asked, how often, and what follows once it is known."""

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
from hub.adapters.register import open_register
from hub.adapters.scripted import FETCHED, GIVEN_UP, IN_THE_INBOX, ScriptedService
from hub.app import ways
from hub.notice import Delivery
from hub.ports import Register
from hub.ports.tracked import Fate
from hub.receipt import fold
from hub.settings import Settings
from hub.tracking import Counts, Tracking
from hub.vocabulary import AttemptId, Channel, Rung, Setback
from tests.adapters.carriers.ground import StandingClock
from tests.builders import LONG_AGO, directory, opened, receipt_of, telling


@dataclass
class Desk:
    """A register, a service that says as it is told, and who asks it."""

    register: Register
    clock: StandingClock
    service: ScriptedService

    def tracking(self) -> Tracking:
        services, mint = {Channel.MESH: self.service}, SequentialMint(30_000)
        return Tracking(self.register, services, self.clock, mint)

    async def hands_over(self) -> Delivery:
        """MESH takes a message, an hour ago."""
        event = opened()
        page = telling(event)
        delivery = replace(page.deliveries[0], channel=Channel.MESH)
        async with self.register.entry() as entry:
            await entry.take([event])
            await entry.write(replace(page, deliveries=(delivery,)))
        taken = receipt_of(
            delivery,
            rung=Rung.RELAYED,
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
