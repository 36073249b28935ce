"""Who has placed adults with the provider (004 sections 4.1 and 4.2)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints

from hub.events.model import PLACED_ADULT, PROCESS, Code, Count, Data, EventData, Line

RecordNumber = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{1,31}$")]
"""An adult's opaque number in one commissioner's own records. Never a name or an NHS number."""


class Placement(Data):
    """M025 (004 4.1b): the adults one commissioner has placed, by its own record numbers."""

    commissioner: Annotated[Code | None, PROCESS]
    """None: somebody funds this place and we do not know who (H10)."""
    kind: Annotated[Literal["council", "icb"], PROCESS] = "council"
    adults: Annotated[tuple[RecordNumber, ...], PLACED_ADULT, Field(max_length=500)] = ()
    source: Annotated[Line, PROCESS]
    verified_on: Annotated[date, PROCESS]


class PlacementRegisterDeclared(EventData):
    """M004, M025, M026 (004 1.2, 4.1b): every commissioner of every adult supported.

    An unknown commissioner blocks "all notified" until it is found.
    """

    wire: ClassVar[str] = "placement.register.declared"

    placements: tuple[Placement, ...] = Field(max_length=200)
    self_funders: Annotated[Count, PROCESS] = 0
    complete: Annotated[bool, PROCESS]


class PlacementRegisterAmended(EventData):
    """M025, M041 (004 4.1b, 4.2i): commissioners found later, or whose adults have moved out.

    Moving out does not take an authority off the closure list.
    """

    wire: ClassVar[str] = "placement.register.amended"

    added: tuple[Placement, ...] = Field(default=(), max_length=200)
    moved_out: Annotated[tuple[Code, ...], PROCESS, Field(max_length=200)] = ()
    unknown_resolved: Annotated[Count, PROCESS] = 0
    reason: Annotated[Line, PROCESS]


TYPES: Final[tuple[type[EventData], ...]] = (
    PlacementRegisterDeclared,
    PlacementRegisterAmended,
)
"""Every event of this chapter."""
