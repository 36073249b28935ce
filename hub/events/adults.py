"""Adults who use the service, and their carers (004 sections 7.3 to 7.5)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
