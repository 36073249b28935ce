"""Who takes part, who leads, who is responsible (004 sections 2.1, 3.1 and 4)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
