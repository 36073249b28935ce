"""A provider concern as known at one moment, and `after(concern, event)`."""

from __future__ import annotations

from hub.concern.fold import LAWFUL_MOVES, after, reference_for
from hub.concern.known import (
    CannotFollow,
    Commissioner,
    Concern,
    Disclosure,
    Matter,
    Party,
    PlacedHold,
    Said,
)

__all__ = [
    "LAWFUL_MOVES",
    "CannotFollow",
    "Commissioner",
    "Concern",
    "Disclosure",
    "Matter",
    "Party",
    "PlacedHold",
    "Said",
    "after",
    "reference_for",
]
