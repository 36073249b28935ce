"""Emergency closure (004 section 12)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from hub.events.model import PROCESS, REGULATORY, EventData, Line, Moment, Person


class EmergencyClosureCqc(EventData):
    """M105 (004 12.1): CQC closes the service at once.

    The cause may be told only once the order has been served and a named person has released it.
    """

    wire: ClassVar[str] = "emergency.closure.cqc"

    ends_at: Annotated[Moment, PROCESS]
    served_at: Annotated[Moment | None, PROCESS] = None
    released_by: Annotated[Line | None, PROCESS] = None
    cause: Annotated[Line, REGULATORY]
    coordinator: Person
    press_office: Annotated[Line, PROCESS]


TYPES: Final[tuple[type[EventData], ...]] = (EmergencyClosureCqc,)
"""Every event of this chapter."""
