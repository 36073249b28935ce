"""The work: one event that is told to five parties, three by email and two by signed webhook."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import aio_pika
import orjson
from pamqp.commands import Basic

from hub.adapters.clock import RandomMint
from hub.adapters.shipped import read_folder, shipped
from hub.adapters.topology import EVENTS_EXCHANGE
from hub.concern import reference_for
from hub.directory import Directory, Endpoint, EndpointKey
from hub.pack.load import load_directory
from hub.vocabulary import AgencyId, ConcernId, EndpointId, Role

PACK: Final = "west-sussex"
PUBLISHER: Final = "wscc"
TOLD: Final = 5
"""Deliveries an event: hosts and contracts by email, the regulator and the police by webhook."""

_HOOKED: Final = {
    AgencyId("regulator:cqc"): Role.REGULATOR,
    AgencyId("gss:E23000033"): Role.POLICE,
}
_IN_FLIGHT: Final = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """One event as it was published."""

    reference: str
    """What every notice about it carries, by which the sinks tell it."""
    at: float
    """Just before it was handed to the broker, by the machine's monotonic clock."""
    told: int = TOLD
    """How many deliveries it asks for."""


def directory(hooks: str) -> Directory:
    """Return the shipped directory, in which two agencies take webhooks at `hooks`, and no mail."""
    seeds = load_directory(read_folder(shipped("policy") / PACK)["directory.toml"])
    host, _, port = hooks.partition(":")
    endpoints = tuple(
        Endpoint(
            id=EndpointId(f"bench-{role.value}"),
            agency=agency,
            roles=frozenset({role}),
            url=f"http://{hooks}/{role.value}",
            hosts=(host,),
            ports=(int(port),),
            private_networks=("127.0.0.0/8",),
            keys=(EndpointKey(id="bench", secret=secrets.token_bytes(32)),),
        )
        for agency, role in _HOOKED.items()
    )
    contacts = tuple(c for c in seeds.contacts if c.agency not in _HOOKED)
    return replace(seeds, contacts=contacts, endpoints=endpoints)


class NotTaken(RuntimeError):
    """The broker did not confirm an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of event, as the benchmark makes many of it."""

    name: str
    example: str
    at: str
    """The fact that says when it happened."""
    told: int
    """Deliveries an event."""


OPENED: Final = Kind(
    name="concern.opened", example="concern-opened.json", at="opened_at", told=TOLD
)
TAKEN: Final = Kind(
    name="protection.immediate.taken",
    example="protection-immediate-taken.json",
    at="taken_at",
    told=2,
)
"""What is urgent: told at once to hosts and contracts, by email, in the immediate lane."""


class Events:
    """Makes events of one kind: the shipped example, each time about a new concern."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._mint = RandomMint()
        self._example = orjson.loads((shipped("examples") / kind.example).read_bytes())

    def next(self) -> tuple[bytes, str]:
        """Return one event's bytes, and the reference of its concern."""
        concern = self._mint.id()
        now = datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        event = self._example | {
            "id": self._mint.id(),
            "time": now,
            "concernid": concern,
            "subject": f"concern/{concern}",
            "data": self._example["data"] | {self.kind.at: now},
        }
        return orjson.dumps(event), reference_for(ConcernId(concern))


class Opened(Events):
    """Makes events that open a concern."""

    def __init__(self) -> None:
        super().__init__(OPENED)


class Voice:
    """The case system: one connection, its own user, every message confirmed and kept on disk."""

    def __init__(self, connection: aio_pika.abc.AbstractConnection) -> None:
        self._connection = connection
        self._opened = Opened()

    @classmethod
    async def open(cls, url: str) -> Voice:
        """Connect as the publisher."""
        return cls(await aio_pika.connect(url))

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()

    async def all_at_once(self, count: int) -> list[Sent]:
        """Publish so many as quickly as the broker confirms them."""
        exchange = await self._exchange()
        sent: list[Sent] = []
        for start in range(0, count, _IN_FLIGHT):
            few = min(_IN_FLIGHT, count - start)
            each = (self._one(exchange, self._opened) for _ in range(few))
            sent += await asyncio.gather(*each)
        return sent

    async def paced(self, rate: float, seconds: float, kind: Kind = OPENED) -> list[Sent]:
        """Publish at a steady rate (events/s), each at its moment whatever became of the last."""
        events = Events(kind)
        exchange = await self._exchange()
        began = time.monotonic()
        tasks = []
        for number in range(max(1, int(rate * seconds))):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            tasks.append(asyncio.create_task(self._one(exchange, events)))
        return list(await asyncio.gather(*tasks))

    async def _exchange(self) -> aio_pika.abc.AbstractExchange:
        channel = await self._connection.channel()
        return await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)

    async def _one(self, exchange: aio_pika.abc.AbstractExchange, events: Events) -> Sent:
        body, reference = events.next()
        message = aio_pika.Message(
            body,
            content_type="application/cloudevents+json",
            user_id=PUBLISHER,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        at = time.monotonic()
        answer = await exchange.publish(message, f"{PUBLISHER}.{events.kind.name}")
        if not isinstance(answer, Basic.Ack):
            raise NotTaken(answer)
        return Sent(reference, at, events.kind.told)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of all values lies; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
