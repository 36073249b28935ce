"""Facts: what the hub tells the publishers of a concern about what became of it.

A fact is a CloudEvent `concernhub.fact.<name>.v1`, written with what it is about and told to each
subscriber that may read it. Pure.
"""

from __future__ import annotations

from hub.facts.entitled import ENTITLED, Subscriber, Topic, entitled
from hub.facts.said import SAYS, FactName
from hub.facts.telling import (
    Fact,
    Told,
    changed_rung,
    confirmed,
    hold_facts,
    new_setbacks,
    obliged,
    queued,
    tell,
)

__all__ = [
    "ENTITLED",
    "SAYS",
    "Fact",
    "FactName",
    "Subscriber",
    "Told",
    "Topic",
    "changed_rung",
    "confirmed",
    "entitled",
    "hold_facts",
    "new_setbacks",
    "obliged",
    "queued",
    "tell",
]
