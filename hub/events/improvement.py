"""Stages 2 to 4: plans, improvement and delay (004 sections 7.1, 8 and 9)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
