"""What the client reads and does of the directory and of sessions. No word of any case."""

from __future__ import annotations

from hub import api
from hub.client.connection import Connection, part


class Administering(Connection):
    """Webhooks, contacts and sessions."""

    async def list_webhooks(self) -> api.WebhookList:
        """Return every webhook of the directory."""
        return await self._read("/v1/webhooks", api.WebhookList)

    async def close_or_open_webhook(
        self, webhook: str, said: api.WebhookState, *, once: str
    ) -> api.WebhookShown:
        """Close a webhook or open it."""
        path = f"/v1/webhooks/{part(webhook)}/state"
        return await self._act(path, said, api.WebhookShown, once=once)

    async def ping_webhook(self, webhook: str, *, once: str) -> api.PingShown:
        """Post a signed event with nothing in it, and say what came of it."""
        path = f"/v1/webhooks/{part(webhook)}/pings"
        return await self._act(path, None, api.PingShown, once=once)

    async def list_directory_contacts(self) -> api.DirectoryContacts:
        """Return every contact of the directory, without its address."""
        return await self._read("/v1/directory/contacts", api.DirectoryContacts)

    async def ask_contact_change(
        self, contact: str, said: api.ChangeAsked, *, once: str
    ) -> api.ChangeShown:
        """Ask for a change of a contact, by a person's session."""
        path = f"/v1/directory/contacts/{part(contact)}/changes"
        return await self._act(path, said, api.ChangeShown, once=once)

    async def list_contact_changes(self) -> api.ChangeList:
        """Return changes of contacts, those that wait first."""
        return await self._read("/v1/contact-changes", api.ChangeList)

    async def decide_contact_change(self, change: str, said: api.ChangeDecided) -> api.ChangeShown:
        """Agree to a change, refuse it or verify it, as a second person."""
        path = f"/v1/contact-changes/{part(change)}/decision"
        return await self._act(path, said, api.ChangeShown)

    async def list_people(self) -> api.SignedInList:
        """Return who is signed in by their organisation's account."""
        return await self._read("/v1/people", api.SignedInList)

    async def end_sessions(self, person: str, said: api.EndSessions) -> api.Ended:
        """End every session of somebody."""
        path = f"/v1/people/{part(person)}/ended-sessions"
        return await self._act(path, said, api.Ended)

    async def list_own_sessions(self) -> api.OwnSessions:
        """Return where the caller is signed in; a key is nowhere."""
        return await self._read("/v1/my-sessions", api.OwnSessions)

    async def end_own_sessions(self, said: api.EndOwn) -> api.Ended:
        """End others of the caller's sessions."""
        path = "/v1/my-sessions/ended"
        return await self._act(path, said, api.Ended)
