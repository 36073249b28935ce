"""A location as CQC registers it: one place where one provider gives care."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NewType

from hub.vocabulary import AgencyId

LocationId = NewType("LocationId", str)
"""CQC's own id of a location: `1-1000000002`, or an NHS site's code such as `RXX01`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One location, as published. None: no file that was imported has said."""

    id: LocationId
    name: str
    provider: AgencyId
    provider_name: str
    postcode: str | None = None
    services: tuple[str, ...] = ()
    """The service types, in the file's own words and order."""
    region: str | None = None
    authority: str | None = None
    """The local authority as published; `host` is the council that was meant."""
    host: AgencyId | None = None
    """The council with adult social services responsibilities: who would host a concern here."""
    ods_code: str | None = None
    registered: date | None = None
    dormant: bool | None = None
    ended: date | None = None
    """When the registration ended. Never taken back by a file that lists the location again."""
    linked: tuple[LocationId, ...] = ()
    """Registrations of the same place by other providers (dual registration)."""
    primary: LocationId | None = None
    """Of a dual registration, the location that CQC counts."""
