"""What follows from one event for a concern: a function for each event that changes more.

An event that no function here is registered for changes nothing but what the concern remembers of
it (`Concern.said`). Each chapter registers its own.
"""

from __future__ import annotations

from functools import singledispatch

from hub.concern.known import CannotFollow, Concern
from hub.events import EventData


@singledispatch
def follow(data: EventData, concern: Concern) -> Concern | CannotFollow:  # noqa: ARG001  # by default nothing more follows
    """Return the concern after what this event says, or why it cannot follow yet. Pure."""
    return concern
