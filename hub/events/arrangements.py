"""Arrangements with external providers: diligence, agreements, standards (000 4 to 6)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
