"""Requests for what is recorded, retention, and what went to the wrong reader (000 8.2)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
