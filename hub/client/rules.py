"""What the client asks of the rules: nothing is kept and nothing is sent."""

from __future__ import annotations

from hub import api
from hub.client.connection import SLOW, Connection, part


class Rules(Connection):
    """The rules in force, and what is tried out with them."""

    async def read_rules(self) -> api.RulesShown:
        """Return which rules are in force, and what can be asked of them."""
        return await self._read("/v1/rules", api.RulesShown)

    async def read_map(self, partnership: str) -> api.MapShown:
        """Return who is told what: parties by stages."""
        return await self._read(f"/v1/rules/{part(partnership)}/map", api.MapShown, patience=SLOW)

    async def read_chapter(self, partnership: str, chapter: str) -> api.ChapterShown:
        """Return who is told what on each kind of event of a chapter, as `read_rules` names it."""
        which = chapter.replace(" ", "-")
        return await self._read(
            f"/v1/rules/{part(partnership)}/map/{part(which)}", api.ChapterShown, patience=SLOW
        )

    async def list_events(self, concern: str) -> api.EventList:
        """Return the events of a concern, which can be explained."""
        return await self._read(f"/v1/concerns/{part(concern)}/events", api.EventList)

    async def explain_event(self, said: api.Explaining) -> api.ExplanationShown:
        """Say who is told on an event, who is not, and why."""
        path = "/v1/rules/explain"
        return await self._act(path, said, api.ExplanationShown)

    async def simulate(self, said: api.Simulating) -> api.SimulationShown:
        """Play a scenario that ships."""
        path = "/v1/rules/simulate"
        return await self._act(path, said, api.SimulationShown, patience=SLOW)

    async def compare_draft(self, said: api.Drafting) -> api.DraftShown:
        """Say what a draft of one file of a pack would change."""
        path = "/v1/rules/draft"
        return await self._act(path, said, api.DraftShown, patience=SLOW)
