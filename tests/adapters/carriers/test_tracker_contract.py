"""One contract, each service that is asked about its messages: what tracking relies on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

import pytest

from hub.adapters.catcher import Reply, WebhookCatcher
from hub.adapters.mesh import MeshCarrier
from hub.adapters.notify import NotifyCarrier
from hub.adapters.scripted import FETCHED, GIVEN_UP, NOTHING, ScriptedService
from hub.ports.tracked import NO_FURTHER, Tracker
from hub.receipt import height
from hub.vocabulary import Channel, Rung
from tests.adapters.carriers.ground import NOW, StandingClock, leased
from tests.adapters.carriers.mesh import TRACKING, mesh
from tests.adapters.carriers.notify import NUMBER, TEXT, Notify, Said, notify, telephone

MESSAGE: Final = "740e5834-3a29-46b4-9a6f-000000000000"


class Rig(Protocol):
    """A service with a world around it that can be told what to say of one message."""

    channel: Channel
    highest: Rung
    """What the best that it can say supports."""

    @property
    def tracker(self) -> Tracker: ...
    async def will(self, answer: str) -> None: ...
    async def close(self) -> None: ...


@dataclass
class ScriptedRig:
    tracker: ScriptedService
    channel: Channel = Channel.MESH
    highest: Rung = Rung.COLLECTED

    async def will(self, answer: str) -> None:
        if answer == "gone":
            self.tracker.away = "the script says so"
        says = {"arrived": FETCHED, "lost": GIVEN_UP, "refused": None, "gone": None}
        self.tracker.says = says.get(answer, NOTHING)

    async def close(self) -> None:
        await self.tracker.close()


@dataclass
class MeshRig:
    tracker: MeshCarrier
    catcher: WebhookCatcher
    channel: Channel = Channel.MESH
    highest: Rung = Rung.COLLECTED

    async def will(self, answer: str) -> None:
        if answer == "gone":
            await self.catcher.stop()
        told = {
            "arrived": Reply(status=200, body=b'{"status": "acknowledged"}'),
            "lost": Reply(status=200, body=b'{"status": "undelivered"}'),
            "a new word": Reply(status=200, body=b'{"status": "levitating"}'),
            "rubbish": Reply(status=200, body=b"\xff{"),
            "unknown": Reply(status=404),
        }
        self.catcher.always(TRACKING, told.get(answer, Reply(status=403)))

    async def close(self) -> None:
        await self.tracker.close()


@dataclass
class TextRig:
    tracker: NotifyCarrier
    service: Notify
    channel: Channel = Channel.SMS
    highest: Rung = Rung.RELAYED

    async def will(self, answer: str) -> None:
        if answer == "gone":
            await self.service.stop()
        await self.tracker.carry(leased(TEXT, channel=Channel.SMS), telephone())
        statuses = {"arrived": "delivered", "lost": "permanent-failure", "a new word": "levitating"}
        self.service.status = statuses.get(answer, "sending")
        told = {
            "rubbish": Said(status=200, body=b"\xff{"),
            "unknown": Said(status=404),
            "refused": Said(status=403),
        }
        self.service.says_of_texts = told.get(answer)

    async def close(self) -> None:
        await self.tracker.close()


@pytest.fixture(params=["scripted", "mesh", "sms"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    clock = StandingClock()
    outbox, texts = WebhookCatcher(), Notify(clock)
    await outbox.start()
    await texts.start()
    made: Rig
    if request.param == "scripted":
        made = ScriptedRig(ScriptedService(clock=clock))
    elif request.param == "mesh":
        made = MeshRig(mesh(outbox.url(""), clock=clock), outbox)
    else:
        made = TextRig(notify(texts.url, clock=clock), texts)
    yield made
    await made.close()
    await texts.stop()
    await outbox.stop()


async def test_S7_what_has_arrived_is_claimed_as_far_as_the_services_word_goes_and_no_further(
    rig: Rig,
) -> None:
    await rig.will("arrived")

    fate = await rig.tracker.track(MESSAGE)

    assert fate is not None
    assert (fate.rung, fate.lost, fate.at) == (rig.highest, False, NOW)
    assert rig.highest is NO_FURTHER[rig.channel]
    assert height(rig.highest) < height(Rung.ACKNOWLEDGED), "no person has said anything"


async def test_S7_what_is_lost_is_lost_and_nothing_is_claimed_of_it(rig: Rig) -> None:
    await rig.will("lost")

    fate = await rig.tracker.track(MESSAGE)

    assert fate is not None
    assert (fate.rung, fate.lost) == (None, True)


@pytest.mark.parametrize("answer", ["a new word", "rubbish", "unknown"])
async def test_S7_what_nobody_understands_claims_nothing_and_loses_nothing(
    rig: Rig, answer: str
) -> None:
    await rig.will(answer)

    fate = await rig.tracker.track(MESSAGE)

    assert fate is not None
    assert (fate.rung, fate.lost) == (None, False)


@pytest.mark.parametrize("answer", ["refused", "gone"])
async def test_a_service_that_cannot_be_asked_says_nothing_and_never_raises(
    rig: Rig, answer: str
) -> None:
    await rig.will(answer)

    assert await rig.tracker.track(MESSAGE) is None


async def test_closed_it_asks_no_more(rig: Rig) -> None:
    await rig.will("arrived")

    await rig.close()

    assert await rig.tracker.track(MESSAGE) is None


@pytest.mark.parametrize("answer", ["arrived", "lost", "a new word", "rubbish", "unknown"])
async def test_its_line_for_people_is_one_line_and_holds_no_address(rig: Rig, answer: str) -> None:
    await rig.will(answer)

    fate = await rig.tracker.track(MESSAGE)

    assert fate is not None
    assert fate.detail
    assert "\n" not in fate.detail
    for address in (NUMBER, "127.0.0.1", "X26"):
        assert address not in repr(fate)
