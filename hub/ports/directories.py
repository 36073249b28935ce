"""The directory as the register keeps it: who there is, and where each is reached today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from hub.cqc.location import Location
from hub.directory import Agency, Contact, Directory, Endpoint


class KeepsDirectory(Protocol):
    """Keeps agencies, locations, contacts and endpoints, each with its versions."""

    async def directory(self) -> Directory:
        """Return the live directory (read at each try)."""
        ...

    async def seed(self, directory: Directory) -> None:
        """Put in what a pack's `directory.toml` seeds, where the id is not there yet."""
        ...

    async def put_agencies(self, agencies: Sequence[Agency]) -> None:
        """Correct or add agencies in one transaction; a new version of each is kept."""
        ...

    async def locations(self) -> tuple[Location, ...]:
        """Return every location that was imported, by its id."""
        ...

    async def put_locations(self, locations: Sequence[Location]) -> None:
        """Correct or add locations in one transaction."""
        ...

    async def put_contact(self, contact: Contact) -> None:
        """Correct or add one contact; a new version is kept. It is owed no more in its place."""
        ...

    async def put_endpoint(self, endpoint: Endpoint) -> None:
        """Correct or add one endpoint; a new version is kept. It is owed no more in its place."""
        ...
