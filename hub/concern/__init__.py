"""A provider concern as known at one moment, and `after(concern, event)`."""

from __future__ import annotations

from hub.concern.fold import after
from hub.concern.known import (
    CannotFollow,
    Commissioner,
    Concern,
    Disclosure,
    Elsewhere,
    Matter,
    Party,
    PlacedHold,
    Said,
)
from hub.concern.meetings import LAWFUL_MOVES
from hub.concern.opening import reference_for

__all__ = [
    "LAWFUL_MOVES",
    "CannotFollow",
    "Commissioner",
    "Concern",
    "Disclosure",
    "Elsewhere",
    "Matter",
    "Party",
    "PlacedHold",
    "Said",
    "after",
    "reference_for",
]
