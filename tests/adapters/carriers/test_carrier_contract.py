"""One contract, each carrier: what the shell relies on, whoever carries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from hub.adapters.catcher import MailCatcher, Reply, WebhookCatcher
from hub.adapters.clock import SystemClock
from hub.adapters.mesh import MeshCarrier
from hub.adapters.notify import NotifyCarrier
from hub.adapters.scripted import DELIVERED, LATER, ScriptedCarrier
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.directory import Directory
from hub.notice import Accepted, Deferred, Leased, Refused, RefusedBecause
from hub.ports import Carrier
from hub.vocabulary import Channel, Rung
from tests.adapters.carriers.ground import (
    EVENT,
    MAIL,
    NOW,
    VERP_KEY,
    again,
    endpoint,
    leased,
    mailboxes,
)
from tests.adapters.carriers.mesh import OUTBOX, TAKEN, mesh
from tests.adapters.carriers.notify import (
    NUMBER,
    OTHER_NUMBER,
    TEXT,
    Notify,
    error,
    notify,
    telephone,
    words_in,
)


class Rig(Protocol):
    """A carrier with a world around it that can be told what to answer."""

    highest: Rung

    @property
    def carrier(self) -> Carrier: ...
    def delivery(self) -> Leased: ...
    def directory(self, where: str = "duty") -> Directory: ...
    def nowhere(self) -> Directory: ...
    def will(self, answer: str) -> None: ...
    def seen(self) -> list[tuple[str, bytes]]: ...
    async def world_ends(self) -> None: ...


@dataclass
class ScriptedRig:
    carrier: ScriptedCarrier
    highest: Rung = Rung.SUBMITTED

    def delivery(self) -> Leased:
        return leased(MAIL)

    def directory(self, where: str = "duty") -> Directory:
        return mailboxes(f"{where}@agency.test")

    def nowhere(self) -> Directory:
        return Directory()

    def will(self, answer: str) -> None:
        refused = Refused(at=NOW, detail="refused", because=RefusedBecause.ADDRESS)
        self.carrier.then("surrey-adults", refused if answer == "refuse" else LATER)

    def seen(self) -> list[tuple[str, bytes]]:
        taken = [c for c in self.carrier.carried if isinstance(c.outcome, Accepted)]
        return [(c.where.partition("@")[0], c.delivery.body) for c in taken]

    async def world_ends(self) -> None:
        self.carrier.away = "the script says that nothing goes out"


@dataclass
class MailRig:
    carrier: SmtpCarrier
    catcher: MailCatcher
    highest: Rung = Rung.SUBMITTED

    def delivery(self) -> Leased:
        return leased(MAIL)

    def directory(self, where: str = "duty") -> Directory:
        return mailboxes(f"{where}@agency.test")

    def nowhere(self) -> Directory:
        return Directory()

    def will(self, answer: str) -> None:
        told = {"refuse": self.catcher.refuse, "defer": self.catcher.defer}[answer]
        told("duty@agency.test")

    def seen(self) -> list[tuple[str, bytes]]:
        return [(m.recipients[0].partition("@")[0], m.content) for m in self.catcher.mails]

    async def world_ends(self) -> None:
        await self.catcher.stop()


@dataclass
class SecureMailRig(MailRig):
    """Criminal Justice Secure Mail: its gateway, and a mailbox that is reached by it alone."""

    highest: Rung = Rung.RELAYED

    def delivery(self) -> Leased:
        return leased(MAIL, channel=Channel.CJSM)

    def directory(self, where: str = "duty") -> Directory:
        return mailboxes(f"{where}@agency.test.cjsm.net")

    def will(self, answer: str) -> None:
        told = {"refuse": self.catcher.refuse, "defer": self.catcher.defer}[answer]
        told("duty@agency.test.cjsm.net")


@dataclass
class HookRig:
    carrier: WebhookCarrier
    catcher: WebhookCatcher
    highest: Rung = Rung.DELIVERED
    _told: dict[str, Reply] = field(
        default_factory=lambda: {"refuse": Reply(status=410), "defer": Reply(status=500)}
    )

    def delivery(self) -> Leased:
        return leased(EVENT, channel=Channel.WEBHOOK)

    def directory(self, where: str = "duty") -> Directory:
        return endpoint(self.catcher.url(f"/{where}"))

    def nowhere(self) -> Directory:
        return Directory()

    def will(self, answer: str) -> None:
        self.catcher.always("/duty", self._told[answer])

    def seen(self) -> list[tuple[str, bytes]]:
        return [(c.path[1:], c.body) for c in self.catcher.calls if c.status < 300]

    async def world_ends(self) -> None:
        await self.catcher.stop()


@dataclass
class MeshRig:
    carrier: MeshCarrier
    catcher: WebhookCatcher
    highest: Rung = Rung.RELAYED

    def delivery(self) -> Leased:
        return leased(EVENT, channel=Channel.MESH)

    def directory(self, where: str = "duty") -> Directory:
        return mailboxes(f"mesh:{where}")

    def nowhere(self) -> Directory:
        return Directory()

    def will(self, answer: str) -> None:
        unknown = b'{"detail": [{"event": "SEND", "code": "12", "msg": "Unregistered to address"}]}'
        told = {"refuse": Reply(status=417, body=unknown), "defer": Reply(status=503)}
        self.catcher.always(OUTBOX, told[answer])

    def seen(self) -> list[tuple[str, bytes]]:
        taken = [c for c in self.catcher.calls if c.status < 300]
        return [(c.headers["mex-to"].lower(), c.body) for c in taken]

    async def world_ends(self) -> None:
        await self.catcher.stop()


@dataclass
class TextRig:
    """Text messages: a scripted GOV.UK Notify, and telephones under the names of the contract."""

    carrier: NotifyCarrier
    service: Notify
    highest: Rung = Rung.SUBMITTED
    numbers: dict[str, str] = field(
        default_factory=lambda: {"duty": NUMBER, "corrected": OTHER_NUMBER}
    )

    def delivery(self) -> Leased:
        return leased(TEXT, channel=Channel.SMS)

    def directory(self, where: str = "duty") -> Directory:
        return telephone(self.numbers[where])

    def nowhere(self) -> Directory:
        return Directory()

    def will(self, answer: str) -> None:
        told = {"refuse": error(400, "ValidationError"), "defer": error(500, "Exception")}
        self.service.says.append(told[answer])

    def seen(self) -> list[tuple[str, bytes]]:
        names = {number: name for name, number in self.numbers.items()}
        taken = zip(self.service.texts, self.service.bodies, strict=True)
        return [(names[text["phone_number"]], words_in(body)) for text, body in taken]

    async def world_ends(self) -> None:
        await self.service.stop()


@pytest.fixture(params=["scripted", "smtp", "cjsm", "mesh", "sms", "webhook"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    made: Rig
    stop: Callable[[], Awaitable[None]] | None = None
    if request.param == "scripted":
        made = ScriptedRig(ScriptedCarrier(clock=SystemClock()))
    elif request.param in {"smtp", "cjsm"}:
        mail = MailCatcher()
        await mail.start()
        secure = request.param == "cjsm"
        carrier = SmtpCarrier(
            mail.url,
            domain="hub.test",
            key=VERP_KEY,
            clock=SystemClock(),
            channel=Channel.CJSM if secure else Channel.EMAIL,
        )
        made = (SecureMailRig if secure else MailRig)(carrier, mail)
        stop = mail.stop
    elif request.param == "mesh":
        outbox = WebhookCatcher()
        await outbox.start()
        outbox.always(OUTBOX, Reply(status=202, body=TAKEN))
        made = MeshRig(mesh(outbox.url("")), outbox)
        stop = outbox.stop
    elif request.param == "sms":
        texts = Notify(SystemClock())
        await texts.start()
        made = TextRig(notify(texts.url, clock=SystemClock()), texts)
        stop = texts.stop
    else:
        web = WebhookCatcher()
        await web.start()
        made = HookRig(WebhookCarrier(clock=SystemClock()), web)
        stop = web.stop
    yield made
    await made.carrier.close()
    if stop is not None:
        await stop()


async def test_what_is_taken_is_accepted_and_no_higher_than_the_answer_supports(rig: Rig) -> None:
    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert isinstance(outcome, Accepted)
    assert outcome.rung is rig.highest


async def test_B04_the_bytes_that_arrive_are_the_bytes_that_are_stored_on_every_try(
    rig: Rig,
) -> None:
    work = rig.delivery()

    await rig.carrier.carry(work, rig.directory())
    await rig.carrier.carry(again(work.delivery), rig.directory())

    assert [body for _, body in rig.seen()] == [work.delivery.body] * 2


async def test_a_corrected_address_serves_a_delivery_that_was_already_waiting(rig: Rig) -> None:
    work = rig.delivery()

    await rig.carrier.carry(work, rig.directory("duty"))
    await rig.carrier.carry(again(work.delivery), rig.directory("corrected"))

    assert [where for where, _ in rig.seen()] == ["duty", "corrected"]


async def test_not_now_is_deferred(rig: Rig) -> None:
    rig.will("defer")

    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert isinstance(outcome, Deferred)
    assert not outcome.ours
    assert rig.seen() == []


async def test_not_ever_is_refused(rig: Rig) -> None:
    rig.will("refuse")

    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert isinstance(outcome, Refused)
    assert rig.seen() == []


async def test_a_target_that_the_directory_no_longer_has_is_refused_unsent(rig: Rig) -> None:
    outcome = await rig.carrier.carry(rig.delivery(), rig.nowhere())

    assert isinstance(outcome, Refused)
    assert outcome.because in {RefusedBecause.ADDRESS, RefusedBecause.GONE}
    assert rig.seen() == []


async def test_a_world_that_is_away_defers_and_never_raises(rig: Rig) -> None:
    await rig.world_ends()

    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert isinstance(outcome, Deferred)


@pytest.mark.parametrize("answer", ["take", "defer", "refuse", "away"])
async def test_the_line_for_people_is_one_line_and_holds_no_address(rig: Rig, answer: str) -> None:
    if answer == "away":
        await rig.world_ends()
    elif answer != "take":
        rig.will(answer)

    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert outcome.detail
    assert "\n" not in outcome.detail
    assert "duty" not in outcome.detail
    assert "127.0.0.1" not in outcome.detail
    assert NUMBER not in outcome.detail
    assert "duty" not in repr(outcome)


async def test_it_is_ready_while_the_way_is_open_and_not_when_closed(rig: Rig) -> None:
    assert await rig.carrier.ready() is None

    await rig.carrier.close()
    await rig.carrier.close()

    closed = await rig.carrier.carry(rig.delivery(), rig.directory())
    assert isinstance(closed, Deferred)
    assert closed.ours


async def test_many_at_once_all_arrive_once_each(rig: Rig) -> None:
    work = [rig.delivery() for _ in range(40)]

    outcomes = await asyncio.gather(*(rig.carrier.carry(w, rig.directory()) for w in work))

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert len(rig.seen()) == 40


async def test_a_cancelled_try_leaves_the_carrier_fit_for_the_next(rig: Rig) -> None:
    for turns in range(25):
        task = asyncio.ensure_future(rig.carrier.carry(rig.delivery(), rig.directory()))
        turn = asyncio.Event()
        for _ in range(turns):
            asyncio.get_running_loop().call_soon(turn.set)
            await turn.wait()
            turn.clear()
        task.cancel()
        await asyncio.wait([task])

    outcome = await rig.carrier.carry(rig.delivery(), rig.directory())

    assert isinstance(outcome, Accepted)


def test_the_scripted_carrier_can_say_more_than_the_others() -> None:
    assert DELIVERED.rung is Rung.DELIVERED
