"""A channel that this hub has not been given: nothing of it leaves, and a person hears why."""

from __future__ import annotations

from hub.directory import Directory
from hub.notice import Deferred, Leased
from hub.ports import Clock


class NoWay:
    """The carrier for a channel that is not set up. `setting` is what would set it up."""

    def __init__(self, channel: str, *, setting: str, clock: Clock) -> None:
        self._says = f"this hub has no way to {channel}: set {setting}"
        self._clock = clock

    async def carry(self, leased: Leased, directory: Directory) -> Deferred:  # noqa: ARG002 - of the port
        """Put it off: the fault is ours, it costs no try, and somebody must put it right now."""
        return Deferred(
            at=self._clock.now(),
            detail=self._says,
            evidence=(("phase", "check"),),
            ours=True,
            configuration=True,
        )

    async def ready(self) -> str | None:
        """Return None: a hub whose agencies have no such mailbox needs no way there."""
        return None

    async def close(self) -> None:
        """Give back nothing: there is no connection."""
