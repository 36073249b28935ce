"""What the client reads and does of concerns: a lead enquiry officer's and a Chair's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from hub import api
from hub.client.connection import Connection, Seen, part


class Concerns(Connection):
    """Concerns of the caller's own authority."""

    async def read_work(self) -> api.WorkShown:
        """Return what waits for whom, with every task: page after page, as the first one says."""
        pages = [page async for page in self._pages("/v1/work", api.WorkShown)]
        tasks = tuple(task for page in pages for task in page.tasks)
        return pages[0].model_copy(update={"tasks": tasks})

    async def read_handover(self) -> api.HandoverShown:
        """Return what the emergency duty team is handed."""
        return await self._read("/v1/work/handover", api.HandoverShown)

    async def list_concerns(self) -> AsyncIterator[api.ConcernSummary]:
        """Yield the concerns of the caller's authority, the newest first, page after page."""
        async for page in self._pages("/v1/concerns", api.ConcernList):
            for one in page.concerns:
                yield one

    async def read_concern(self, concern: str) -> api.ConcernShown:
        """Return one concern."""
        return await self._read(f"/v1/concerns/{part(concern)}", api.ConcernShown)

    async def read_board(self, concern: str) -> api.BoardShown:
        """Return who has been told of one concern, and how far the evidence reaches."""
        return await self._read(f"/v1/concerns/{part(concern)}/board", api.BoardShown)

    async def read_timeline(self, concern: str) -> AsyncIterator[api.LogEntry]:
        """Yield what the log has of one concern, the newest first."""
        async for page in self._pages(f"/v1/concerns/{part(concern)}/timeline", api.Timeline):
            for one in page.entries:
                yield one

    async def read_sent_notice(self, concern: str, notice: str) -> api.SentNotice:
        """Return one notice of a concern word for word, with its answers and its deliveries."""
        return await self._read(
            f"/v1/concerns/{part(concern)}/notices/{part(notice)}", api.SentNotice
        )

    async def read_evidence(self, concern: str, delivery: str) -> api.EvidenceShown:
        """Return everything that was ever learnt of one delivery."""
        return await self._read(
            f"/v1/concerns/{part(concern)}/evidence/{part(delivery)}", api.EvidenceShown
        )

    async def record_call(
        self, concern: str, notice: str, said: api.Call, *, once: str
    ) -> api.AnsweredShown:
        """Record a call in which somebody answered a notice."""
        path = f"/v1/concerns/{part(concern)}/notices/{part(notice)}/calls"
        return await self._act(path, said, api.AnsweredShown, once=once)

    async def take_in_hand(
        self,
        concern: str,
        obligation: str,
        said: api.TakeInHand,
        *,
        once: str,
        seen: Seen | None = None,
    ) -> api.InHandShown:
        """Take what is owed in hand until a time."""
        path = f"/v1/concerns/{part(concern)}/owed/{part(obligation)}/taken"
        return await self._act(path, said, api.InHandShown, once=once, seen=seen)

    async def chase_answer(
        self, concern: str, notice: str, said: api.Chasing, *, once: str, seen: Seen | None = None
    ) -> api.ChaseShown:
        """Have the next step of a notice's ladder taken now; a dry run unless `said` says so."""
        path = f"/v1/concerns/{part(concern)}/notices/{part(notice)}/chases"
        return await self._act(path, said, api.ChaseShown, once=once, seen=seen)

    async def replay(
        self, concern: str, said: api.Replaying, *, once: str, seen: Seen | None = None
    ) -> api.ReplayShown:
        """Send again what was sent of a concern; a dry run unless `said` says so."""
        path = f"/v1/concerns/{part(concern)}/replays"
        return await self._act(path, said, api.ReplayShown, once=once, seen=seen)

    async def list_replies(self, concern: str) -> api.MailList:
        """Return the replies by mail that wait for a person."""
        return await self._read(f"/v1/concerns/{part(concern)}/replies", api.MailList)

    async def read_reply(
        self, concern: str, mail: str, said: api.MailRead, *, once: str
    ) -> api.MailReadShown:
        """Say what a reply by mail means."""
        path = f"/v1/concerns/{part(concern)}/replies/{part(mail)}"
        return await self._act(path, said, api.MailReadShown, once=once)

    async def list_unclaimed_mail(self) -> api.UnclaimedList:
        """Return mail that names no notice, as far as the caller may read it."""
        return await self._read("/v1/replies", api.UnclaimedList)

    async def list_contacts(self) -> api.ContactList:
        """Return how the contacts of one's own concerns' agencies fare."""
        return await self._read("/v1/contacts", api.ContactList)

    async def read_figures(self) -> api.FiguresShown:
        """Return the key figures of the last days."""
        return await self._read("/v1/figures", api.FiguresShown)
