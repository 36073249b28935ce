"""What the regulator is told and tells (004 section 4.3)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
