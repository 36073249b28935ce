"""What the client reads and does of notices to the caller's own agency; and what it publishes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from hub import api
from hub.client.connection import Connection, part

_CLOUD_EVENT: Final = "application/cloudevents+json; charset=utf-8"


class Notices(Connection):
    """Notices to one's own agency, and events of one's own case system."""

    async def list_notices(self) -> AsyncIterator[api.NoticeSummary]:
        """Yield the notices to the caller's own agency, the newest first."""
        async for page in self._pages("/v1/notices", api.NoticeList):
            for one in page.notices:
                yield one

    async def list_own_contacts(self) -> api.OwnContactList:
        """Return where the hub reaches the caller's own organisation."""
        return await self._read("/v1/own-contacts", api.OwnContactList)

    async def read_notice(self, notice: str) -> api.NoticeShown:
        """Return one notice to the caller's own agency, word for word."""
        return await self._read(f"/v1/notices/{part(notice)}", api.NoticeShown)

    async def acknowledge_notice(
        self, notice: str, said: api.Acknowledge, *, once: str
    ) -> api.AnsweredShown:
        """Acknowledge a notice. `once`: the same at each repetition of this very act."""
        path = f"/v1/notices/{part(notice)}/acknowledgement"
        return await self._act(path, said, api.AnsweredShown, once=once)

    async def decline_notice(
        self, notice: str, said: api.Decline, *, once: str
    ) -> api.AnsweredShown:
        """Say that a notice is not for this agency."""
        path = f"/v1/notices/{part(notice)}/declination"
        return await self._act(path, said, api.AnsweredShown, once=once)

    async def publish_event(self, event: bytes) -> str:
        """Publish one CloudEvent with a publisher's key; return its receipt as it came."""
        headers = {"Content-Type": _CLOUD_EVENT}
        return (await self._send("POST", "/v1/events", event, headers)).text
