"""The hub's own sign of life in words: counts and times alone, nothing of any concern (C0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import orjson

from hub.compose.mime import Mail, email_bytes
from hub.compose.sender import Sender
from hub.vocabulary import DeliveryId, Lane

TYPE: Final = "concernhub.heartbeat.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How the hub is at one moment."""

    at: datetime
    swept_at: datetime | None
    """When the watch last looked at every ladder (UTC)."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How much is overdue, unaccounted for and waiting; empty where the register is away."""
    wrong: tuple[str, ...] = ()
    """Why the hub is not well, one line each."""

    @property
    def well(self) -> bool:
        """Whether everything that would have to be said was looked at, and is as it should be."""
        return not self.wrong


def vitals_mail(vitals: Vitals, delivery: DeliveryId, to: str, sender: Sender) -> bytes:
    """Return the sign of life as a mail to whoever runs the hub."""
    state = "well" if vitals.well else "NOT WELL"
    lines = [
        f"Concern Hub is {state.lower() if vitals.well else state}, at {_moment(vitals.at)}.",
        *(f"Wrong: {why}." for why in vitals.wrong),
        f"The watch last looked: {_moment(vitals.swept_at)}.",
        *(f"{name.replace('_', ' ')}: {count}" for name, count in vitals.counts.items()),
        "This mail is a heartbeat. It comes at a set interval; ring the duty desk if it stops.",
    ]
    mail = Mail(
        delivery=delivery,
        to=to,
        reference=f"Concern Hub heartbeat: {state}",
        text="\n".join(lines),
        html="\n".join(f"<p>{line}</p>" for line in lines),
        lane=Lane.STANDARD if vitals.well else Lane.IMMEDIATE,
        sent=vitals.at,
    )
    return email_bytes(mail, sender)


def vitals_event(vitals: Vitals, delivery: DeliveryId, sender: Sender) -> bytes:
    """Return the sign of life as a CloudEvent, for a switch that rings when it stays away."""
    event = {
        "specversion": "1.0",
        "id": delivery,
        "source": sender.source,
        "type": TYPE,
        "time": vitals.at,
        "datacontenttype": "application/json",
        "data": {
            "well": vitals.well,
            "wrong": list(vitals.wrong),
            "swept_at": vitals.swept_at,
            "counts": dict(vitals.counts),
        },
    }
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _moment(at: datetime | None) -> str:
    return "never" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
