"""Mistakes, planted in the hub: each must break a promise in some world, and be seen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from hub.adapters.register import tables as t
from hub.adapters.register.sql import SqlRegister
from hub.directory import Endpoint
from hub.intake import Intake, TookIn
from hub.notice import InDoubt, Leased
from hub.page import Page
from hub.ports import Completion, Entry, LastLook, Received, RegisterAway
from hub.vocabulary import Lane
from tests.simulation.book import Entering
from tests.simulation.world import Entered, Line, Makers, Session


class AcknowledgesAtOnce(Session):
    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        batch = await super().receive(limit=limit, linger=linger)
        if batch:
            await super().ack_through(batch[-1].tag)
        return batch


class DropsWhatMayNotBeWritten(Intake):
    async def take_in(self, batch: Sequence[Received]) -> tuple[TookIn, ...]:
        try:
            return await super().take_in(batch)
        except RegisterAway:
            return ()


class Unfenced(Line):
    """Its results are state, whoever has the row now."""

    async def _completes(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        return await super()._completes([self._newest(each) for each in completions])

    def _newest(self, each: Completion) -> Completion:
        row = self.book.queue.get(each.leased.delivery.id)
        token = each.leased.token if row is None else row.token
        return replace(each, leased=replace(each.leased, token=token))


class TakesACutForAnEnd(Line):
    async def _completes(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        return await super()._completes(
            [
                replace(each, again_at=None) if isinstance(each.outcome, InDoubt) else each
                for each in completions
            ]
        )


class TakesPuttingOffForAnEnd(Line):
    async def _completes(self, completions: Sequence[Completion]) -> tuple[bool, ...]:
        return await super()._completes([replace(each, again_at=None) for each in completions])


class LooksAway(Line):
    async def _looks(self, leased: Sequence[Leased]) -> LastLook:
        return replace(await super()._looks(leased), stopped={})


class NeverLooks(Line):
    async def last_look(self, leased: Sequence[Leased]) -> LastLook:
        return LastLook(stopped={}, directory=await self._register.directory())


class ForgetsThatItWasTried(Line):
    async def _leases(self, lane: Lane, **named: Any) -> tuple[Leased, ...]:  # noqa: ANN401 - as the port has it
        leased = await super()._leases(lane, **named)
        return tuple(replace(each, maybe_sent=False) for each in leased)


class ComposesAnew(Line):
    async def _leases(self, lane: Lane, **named: Any) -> tuple[Leased, ...]:  # noqa: ANN401 - as the port has it
        leased = await super()._leases(lane, **named)
        return tuple(self._anew(each) if each.token > 1 else each for each in leased)

    def _anew(self, leased: Leased) -> Leased:
        body = leased.delivery.body + b" "
        return replace(leased, delivery=replace(leased.delivery, body=body))


class Unqueued(Entered):
    async def write(self, page: Page) -> None:
        await self._entry.write(replace(page, deliveries=page.deliveries[1:]))
        self._entering.pages.append(page)


class QueuesAllButOne(Line):
    def _enters(self, entry: Entry, entering: Entering) -> Entered:
        return Unqueued(entry, entering)


async def opens_and_frees_nothing(register: SqlRegister, endpoint: Endpoint) -> None:
    queue = t.delivery_queue
    async with register._database.writing("put") as wire:
        waited = await wire.rows(select(queue.c.seq).where(queue.c.shut))
        await register._agencies.put(wire, endpoint, await register._database.now(wire))
        these = queue.c.seq.in_([row["seq"] for row in waited])
        await wire.run(queue.update().where(these).values(shut=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A mistake, and words of what is said once it is found."""

    makers: Makers
    says: str


MISTAKES: Final[Mapping[str, Mistake]] = {
    "it acknowledges before the commit": Mistake(
        makers=Makers(session=AcknowledgesAtOnce), says="acknowledged and not in the register"
    ),
    "it drops a batch whose commit nobody knows of": Mistake(
        makers=Makers(intake=DropsWhatMayNotBeWritten), says="acknowledged and not in the register"
    ),
    "it leases without an intent": Mistake(
        makers=Makers(unheard="INSERT INTO attempt"), says="leased without an intent"
    ),
    "it completes without the token": Mistake(
        makers=Makers(line=Unfenced), says="a result that was not its worker's"
    ),
    "it forgets a row when a carrier is cut": Mistake(
        makers=Makers(line=TakesACutForAnEnd), says="left the queue, and was not taken"
    ),
    "it forgets a row that is put off": Mistake(
        makers=Makers(line=TakesPuttingOffForAnEnd), says="left the queue, and was not taken"
    ),
    "it looks, and sends all the same": Mistake(makers=Makers(line=LooksAway), says="found free"),
    "it sends without a last look": Mistake(
        makers=Makers(line=NeverLooks), says="without a last look"
    ),
    "it does not say that it may come twice": Mistake(
        makers=Makers(line=ForgetsThatItWasTried), says="nothing says that it may have"
    ),
    "it composes anew for a second try": Mistake(
        makers=Makers(line=ComposesAnew), says="other bytes"
    ),
    "it opens a webhook and frees nothing of what waited": Mistake(
        makers=Makers(put_endpoint=opens_and_frees_nothing), says="no closed webhook is in its way"
    ),
    "it queues all but one": Mistake(
        makers=Makers(line=QueuesAllButOne), says="left the queue, and no page stops it"
    ),
}
