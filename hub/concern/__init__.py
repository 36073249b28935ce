"""A provider concern as known at one moment, and `after(concern, event)`."""

from __future__ import annotations

from hub.concern.fold import after, reference_for
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
