"""What the client reads and does where something failed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub import api
from hub.client.connection import Connection, part


class Operating(Connection):
    """What was not taken, and sending it again."""

    async def list_failed(self) -> AsyncIterator[api.FailedShown]:
        """Yield deliveries that failed for good, the newest first."""
        async for page in self._pages("/v1/failed", api.FailedList):
            for one in page.failed:
                yield one

    async def list_quarantine(self) -> api.QuarantineList:
        """Return messages that could not be taken, the newest hundred."""
        return await self._read("/v1/quarantine?limit=100", api.QuarantineList)

    async def read_quarantined(self, message: str) -> api.QuarantineWords:
        """Return one message in quarantine as it came."""
        return await self._read(f"/v1/quarantine/{part(message)}", api.QuarantineWords)

    async def send_failed_again(self, said: api.FailedAgain, *, once: str) -> api.FailedAgainShown:
        """Send again what failed; a dry run unless `said` says so."""
        path = "/v1/failed/again"
        return await self._act(path, said, api.FailedAgainShown, once=once)

    async def list_orders(self) -> api.OrderList:
        """Return the orders to send again that the caller may see."""
        return await self._read("/v1/replays", api.OrderList)

    async def stop_order(self, replay: str) -> api.OrderStopped:
        """Queue nothing more of an order."""
        path = f"/v1/replays/{part(replay)}/stop"
        return await self._act(path, None, api.OrderStopped)
