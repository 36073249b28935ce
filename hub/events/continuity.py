"""Continuity of care, and arrangements that end (000 sections 8.1 and 8.4)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
