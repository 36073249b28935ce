"""What the client reads and does of holds, releases and closure."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub import api
from hub.client.connection import Connection, Seen, part


class Closing(Connection):
    """What is held, who releases it, and whether everybody was told of closure."""

    async def list_held(self) -> AsyncIterator[api.HeldOfConcern]:
        """Yield the caller's concerns in which something is held, the newest first."""
        async for page in self._pages("/v1/held", api.HeldList):
            for one in page.concerns:
                yield one

    async def read_held(self, concern: str) -> api.HeldHere:
        """Return what is held in one concern, and which releases were asked for."""
        return await self._read(f"/v1/concerns/{part(concern)}/held", api.HeldHere)

    async def stop_telling(
        self, concern: str, said: api.Stopping, *, once: str, seen: Seen | None = None
    ) -> api.StopShown:
        """Hold everything from one party at once."""
        path = f"/v1/concerns/{part(concern)}/stops"
        return await self._act(path, said, api.StopShown, once=once, seen=seen)

    async def ask_release(self, concern: str, said: api.Releasing) -> api.ReleaseShown:
        """Ask for a release, by a person's session; a dry run unless `said` says so."""
        path = f"/v1/concerns/{part(concern)}/releases"
        return await self._act(path, said, api.ReleaseShown)

    async def decide_release(
        self, concern: str, request: str, said: api.Deciding
    ) -> api.ReleaseShown:
        """Agree to a release or refuse it, as a second person; a dry run unless `said` says so."""
        path = f"/v1/concerns/{part(concern)}/releases/{part(request)}/decision"
        return await self._act(path, said, api.ReleaseShown)

    async def review_closure(self, concern: str) -> api.ClosureShown:
        """Return what is missing before closure can be confirmed."""
        return await self._read(f"/v1/concerns/{part(concern)}/closure", api.ClosureShown)

    async def confirm_closure(
        self, concern: str, said: api.Confirmation, *, once: str, seen: Seen | None = None
    ) -> api.AttestationShown:
        """Confirm that closure notices were sent. Raises Refused with every gap (409)."""
        path = f"/v1/concerns/{part(concern)}/attestation"
        return await self._act(path, said, api.AttestationShown, once=once, seen=seen)

    async def read_confirmation(self, concern: str) -> api.SignedConfirmation:
        """Return the signed confirmation, for `hub verify`."""
        return await self._read(f"/v1/concerns/{part(concern)}/attestation", api.SignedConfirmation)

    async def read_closure_pack(self, concern: str) -> bytes:
        """Return the confirmation with all it rests on, as a ZIP archive."""
        return (await self._send("GET", f"/v1/concerns/{part(concern)}/closure-pack")).body

    async def read_keys(self) -> api.KeySet:
        """Return the hub's public keys (RFC 7517), by which anybody verifies closure."""
        return await self._read("/v1/keys", api.KeySet)
