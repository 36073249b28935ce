"""Which other concerns hold a provider, asked once for a batch and kept up while it is written.

Holds stand for one concern; a provider must not learn from a second one what the first keeps from
it (7.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from hub.concern import Elsewhere
from hub.events import Service
from hub.events.envelope import Event
from hub.frozen import replace
from hub.page import Page, Standing
from hub.ports import Entry
from hub.vocabulary import AgencyId, ConcernId


class HeldElsewhere:
    """What other concerns hold, by provider and concern."""

    def __init__(
        self,
        holding: Mapping[AgencyId, tuple[Elsewhere, ...]],
        named: Mapping[ConcernId, frozenset[AgencyId]],
    ) -> None:
        self._named = named
        self._by_provider = {
            provider: {held.concern: held for held in some} for provider, some in holding.items()
        }

    @classmethod
    async def ask(
        cls, entry: Entry, standing: Mapping[ConcernId, Standing], events: Iterable[Event]
    ) -> Self:
        """Ask the register about every provider that these concerns or events name."""
        named = {concern: _providers(known) for concern, known in standing.items()}
        for event in events:
            service = getattr(event.data, "service", None)
            if isinstance(service, Service):
                named[event.concern] |= {service.provider}
        providers = sorted(frozenset().union(*named.values()))
        # Each of these concerns may be among those that hold, and stops counting for itself.
        return cls(await entry.holding(providers, len(named) + 1), named)

    def beside(self, standing: Standing, concern: ConcernId) -> Standing:
        """Return what is known of a concern, with what other concerns hold of its provider."""
        # The last to hold decides: what was agreed after it was agreed after all of them.
        newest: Elsewhere | None = None
        for provider in sorted(self._named[concern]):
            for held in self._by_provider.get(provider, {}).values():
                if held.concern != concern and (newest is None or held.since >= newest.since):
                    newest = held
        others = () if newest is None else (newest,)
        return standing if standing.elsewhere == others else replace(standing, elsewhere=others)

    def note(self, page: Page) -> None:
        """Keep up with a page of this very batch."""
        if page.concern is None:
            return
        held = self._by_provider.setdefault(page.concern.service.provider, {})
        held.pop(page.id, None)
        since = page.concern.provider_held_since
        if since is not None:
            held[page.id] = Elsewhere(concern=page.id, since=since)


def _providers(known: Standing) -> frozenset[AgencyId]:
    return frozenset() if known.concern is None else frozenset({known.concern.service.provider})
