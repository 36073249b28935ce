"""Candour, notifiable incidents, complaints and reviews (000 sections 8.3, 9 and 10)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
