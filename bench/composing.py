"""What the hub's rivals share with it: the reading of an event, the words, the bytes, the carriers.

Who is told is asked once of the hub's own rules, and is fixed from then on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bench.work import PACK
from hub.adapters.clock import RandomMint, SystemClock
from hub.adapters.shipped import shipped
from hub.adapters.smtp import SmtpCarrier
from hub.adapters.webhook import WebhookCarrier
from hub.app.books import Books, open_books
from hub.compose import Sender, compose
from hub.concern import Concern, after
from hub.decision import Notify
from hub.directory import Directory
from hub.events.decode import decode
from hub.events.envelope import Event
from hub.notice import Delivery, Leased, Outcome
from hub.page import Standing
from hub.plan import Tools, plan
from hub.ports import Carrier
from hub.vocabulary import AttemptId, Channel, DecisionId, Mint


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Makes the deliveries of an event."""

    tools: Tools
    told: tuple[Notify, ...]

    @classmethod
    def open(cls, where: Directory) -> Composer:
        """Read the pack and the words, and ask who is told what of such an event."""
        tools = tools_at(where)
        event = read((shipped("examples") / "concern-opened.json").read_bytes())
        page = plan(Standing(), (event,), tools, datetime.now(UTC))
        told = tuple(d for d in page.decisions if isinstance(d, Notify))
        return cls(tools=tools, told=told)

    def deliveries(self, event: Event, now: datetime) -> list[Delivery]:
        """Return what is to be sent of an event, with its bytes."""
        concern, tools = cast("Concern", after(None, event)), self.tools
        made: list[Delivery] = []
        for told in self.told:
            occasion = replace(told.occasion, concern=event.concern, event=event.id, at=now)
            decision = replace(told, id=DecisionId(tools.mint.id()), occasion=occasion)
            _, deliveries = compose(
                decision,
                concern,
                event,
                tools.words,
                tools.directory,
                tools.pack,
                tools.sender,
                tools.mint,
                now,
            )
            made += deliveries
        return made


def tools_at(where: Directory) -> Tools:
    """Return what planning works with: the pack and the words that ship, and this directory."""
    sender = Sender(
        from_name="Safeguarding provider concerns",
        from_address="concerns@hub.example",
        message_id_domain="hub.example",
        public_url="http://127.0.0.1:8080",
        source="https://hub.example",
    )
    books: Books = open_books(None, None, sender, RandomMint())
    tools = books.tools_for(PACK, where)
    if tools is None:
        raise RuntimeError(PACK)
    return tools


def read(body: bytes) -> Event:
    """Return a message as an event, by the hub's own reading."""
    event = decode(body, "application/cloudevents+json", {})
    if not isinstance(event, Event):
        raise TypeError(event)
    return event


def carriers(smtp: str) -> Mapping[Channel, Carrier]:
    """Return the hub's own carriers, as it makes them."""
    clock = SystemClock()
    return {
        Channel.EMAIL: SmtpCarrier(smtp, domain="hub.example", key=b"bench" * 8, clock=clock),
        Channel.WEBHOOK: WebhookCarrier(clock=clock),
    }


def in_hand(delivery: Delivery, mint: Mint) -> Leased:
    """Return a delivery as a carrier takes it; nobody has leased it."""
    return Leased(
        delivery=delivery,
        attempt=AttemptId(mint.id()),
        token=1,
        attempts=0,
        first_tried_at=None,
        expires_at=delivery.due_at + timedelta(minutes=15),
    )


def receipt(delivery: Delivery, outcome: Outcome) -> dict[str, Any]:
    """Return what is kept of one try."""
    return {
        "delivery": delivery.id,
        "outcome": type(outcome).__name__,
        "detail": outcome.detail,
        "evidence": json.dumps(outcome.evidence),
        "at": outcome.at,
    }
