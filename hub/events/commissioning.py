"""What placing authorities and commissioners do and report (004 section 4.2)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
