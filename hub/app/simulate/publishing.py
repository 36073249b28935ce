"""Events on their way into a simulated hub: those of files as they are, those of steps written."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from hub.app.simulate.parts import Parts
from hub.app.simulate.scenario import ScenarioRefused, Step
from hub.app.simulate.tables import EventTable
from hub.app.simulate.timeline import Row, What
from hub.ports import Received
from hub.vocabulary import ConcernId

STRUCTURED: Final = "application/cloudevents+json"
_KEPT: Final = ("source", "concernid", "policypack", "hostgss")
"""What an event that is written in a step has from the one before, where it does not say so."""
_CONCERN: Final = "019ac1d2-7400-7000-8000-0000000c0001"


@dataclass(slots=True, kw_only=True)
class Publishing:
    """Hands events to intake, as from the publisher that their source names."""

    parts: Parts
    concerns: dict[ConcernId, None] = field(default_factory=dict)
    """Every concern that an event named, in the order of their first events."""
    _before: dict[str, str] = field(default_factory=dict)
    _written: int = 0

    async def publish(self, step: Step) -> Row:
        """Publish the event of this step; return what became of it. Raises ScenarioRefused."""
        body = step.body
        if body is None:
            if step.table.event is None:
                raise ScenarioRefused([f"{step.where}: there is no event"])
            body = json.dumps(await self._whole(step.table.event, step), default=_plain).encode()
        document = _read(body)
        self._before |= {name: document[name] for name in _KEPT if name in document}
        (took,) = await self.parts.intake.take_in([await self._received(body, document)])
        if took.concern is not None:
            self.concerns[took.concern] = None
        why = took.why or "; ".join(str(fault) for fault in took.faults)
        name = document.get("type", "an event that cannot be read")
        return Row(
            at=self.parts.clock.now(),
            what=What.EVENT,
            concern=took.concern,
            says=f"{_short(name)}: {took.became}" + (f"; {why}" if why else ""),
            detail={
                "event": _short(name),
                "id": took.event,
                "source": took.source,
                "became": took.became,
                "why": why,
            },
        )

    async def _whole(self, table: EventTable, step: Step) -> dict[str, Any]:
        """Return the envelope of an event that the step writes out."""
        self._written += 1
        before = self._before
        concern = table.concern or before.get("concernid", _CONCERN)
        packs = self.parts.books.partnerships()
        partnership = table.partnership or before.get("policypack", packs[0])
        host = table.host or before.get("hostgss")
        source = await self._source(table, step)
        if host is None:
            raise ScenarioRefused([f"{step.where}: no event before says the `host`: say it here"])
        return {
            "specversion": "1.0",
            "id": table.id or f"step-{self._written}",
            "source": source,
            "type": f"concernhub.{table.type}.v1",
            "subject": f"concern/{concern}",
            "concernid": concern,
            "time": table.time or self.parts.clock.now(),
            "datacontenttype": "application/json",
            "policypack": partnership,
            "hostgss": host,
            "data": table.data,
        }

    async def _source(self, table: EventTable, step: Step) -> str:
        if table.by is None and "source" in self._before:
            return self._before["source"]
        publishers = (await self.parts.register.directory()).publishers
        known = {publisher.id: publisher.source for publisher in publishers}
        for id_, source in known.items():
            if id_ == table.by:
                return source
        raise ScenarioRefused(
            [f"{step.where}: `by` is one of the directory's publishers: {', '.join(known)}"]
        )

    async def _received(self, body: bytes, document: dict[str, Any]) -> Received:
        publishers = (await self.parts.register.directory()).publishers
        sender = next((p for p in publishers if p.source == document.get("source")), None)
        return Received(
            tag=1,
            body=body,
            content_type=STRUCTURED,
            headers={},
            user_id=None if sender is None else sender.id,
            routing_key="" if sender is None else f"{sender.prefix}.event",
            delivery_count=0,
            received=self.parts.clock.now(),
        )


def _short(name: str) -> str:
    return name.removeprefix("concernhub.").removesuffix(".v1")


def _read(body: bytes) -> dict[str, Any]:
    """Return what the body says, as far as it can be read; intake judges it."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(value: object) -> str:
    """Write TOML's instants and days as JSON has them."""
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(value)
