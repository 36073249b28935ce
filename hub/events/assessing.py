"""Stage 1: thresholds, factors, risk and the decision to initiate (004 1.3, 2.5 and 6.1)."""

from __future__ import annotations

from typing import Final

from hub.events.model import EventData

TYPES: Final[tuple[type[EventData], ...]] = ()
"""Every event of this chapter."""
