"""What a first report must say before a concern is opened, so that the hub knows whom to tell."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from hub.events.initiation import Service
from hub.events.model import PROCESS, Code, Data, EventData, Person


class Ground(Data):
    """M002, M106 (004 1.2, 12.1): the service and who answers for it, as `concern.opened` says.

    An event that may come before the opening carries it. Where the concern is known already, what
    is known stands and this counts for nothing.
    """

    service: Service
    host_authority: Annotated[Code, PROCESS]
    host_icb: Annotated[Code, PROCESS]
    regulator: Annotated[Code, PROCESS]
    police: Annotated[Code, PROCESS]
    leo: Person
    """Who answers for it until a Lead Enquiry Officer is named."""
    duty_phone: Annotated[
        Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()]{7,24}$")], PROCESS
    ]


def ground_of(data: EventData) -> Ground | None:
    """Return what an event says of the service and who answers for it, if it does."""
    ground = getattr(data, "ground", None)
    return ground if isinstance(ground, Ground) else None
