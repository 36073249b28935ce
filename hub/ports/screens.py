"""All that the screens ask of the register besides one concern whole."""

from __future__ import annotations

from typing import Protocol

from hub.ports.logged import KeepsLog
from hub.ports.releasing import AsksRelease


class ForScreens(AsksRelease, KeepsLog, Protocol):
    """Keeps what is asked for at the console, and returns what the log has of a concern."""
