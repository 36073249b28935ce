"""What is reported before a concern is opened, and what is reported again (004 1.2, 000 9)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
