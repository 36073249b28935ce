"""What the client reads and does in an emergency, for privacy, and for an audit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub import api
from hub.client.connection import Connection, part


class Guarding(Connection):
    """Emergency access, its reviews, who looked, and what an auditor reads."""

    async def ask_emergency_access(self, said: api.AskEmergency) -> api.EmergencyShown:
        """Read one concern of another authority for an hour, by a person's session."""
        path = "/v1/emergency-access"
        return await self._act(path, said, api.EmergencyShown)

    async def read_in_emergency(self, access: str) -> api.EmergencySight:
        """Return what an access shows of its concern."""
        return await self._read(f"/v1/emergency-access/{part(access)}", api.EmergencySight)

    async def read_notice_in_emergency(self, access: str, notice: str) -> api.EmergencyWords:
        """Return one notice of that concern, word for word."""
        return await self._read(
            f"/v1/emergency-access/{part(access)}/notices/{part(notice)}", api.EmergencyWords
        )

    async def list_emergency_access(self) -> api.GivenList:
        """Return every emergency access to the caller's authority's concerns."""
        return await self._read("/v1/privacy/emergency-access", api.GivenList)

    async def review_emergency_access(self, access: str, said: api.Judge) -> api.ReviewShown:
        """Say once whether an access was justified."""
        path = f"/v1/privacy/emergency-access/{part(access)}/review"
        return await self._act(path, said, api.ReviewShown)

    async def list_looks(self) -> api.LookList:
        """Return who looked at the caller's authority's concerns in the last seven days."""
        return await self._read("/v1/privacy/looks", api.LookList)

    async def list_audited(self) -> AsyncIterator[api.AuditedSummary]:
        """Yield the concerns of an auditor's authority under pseudonyms, the newest first."""
        async for page in self._pages("/v1/audit", api.AuditedList):
            for one in page.concerns:
                yield one

    async def read_audited(self, name: str) -> api.AuditedShown:
        """Return everything that was done in one concern, found by its pseudonym."""
        pages = [page async for page in self._pages(f"/v1/audit/{part(name)}", api.AuditedShown)]
        done = tuple(act for page in pages for act in page.done)
        return pages[0].model_copy(update={"done": done})
