"""The ways out, the way in, and the time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from hub.attestation import Seal
from hub.directory import Directory
from hub.facts import Told
from hub.notice import Leased, Outcome
from hub.ports.records import (
    Received,
)


class Carrier(Protocol):
    """Carries one delivery once and says what became of it. Never raises for what the wire does."""

    async def carry(self, leased: Leased, directory: Directory) -> Outcome:
        """Try once, with the bytes as stored and the address as the directory has it now."""
        ...

    async def ready(self) -> str | None:
        """Return None where the way out is open, else one line that says what is wrong."""
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class Broker(Protocol):
    """One consuming session on the intake queue. A new session is a new epoch."""

    async def receive(self, *, limit: int, linger: timedelta) -> tuple[Received, ...]:
        """Return up to `limit` messages, or what came within `linger` of the first.

        Waits for the first without end; empty only once drained. A message delivered three times
        in vain comes alone, and so may the first of a session: acknowledge before asking for more.
        Raises BrokerLost when the session is gone.
        """
        ...

    async def ack_through(self, tag: int) -> None:
        """Acknowledge every message up to this tag (`multiple=True`). Raises BrokerLost."""
        ...

    async def drain(self) -> None:
        """Take no more from the broker; what has come may still be received and acknowledged."""
        ...

    async def close(self) -> None:
        """Close the channel; what was not acknowledged goes back to the broker."""
        ...


class FactsOut(Protocol):
    """The way out of facts to their publishers."""

    async def publish(self, fact: Told) -> bool:
        """Publish one fact and return when it is safe: True, some queue has it; False, none takes.

        Safe to call for many at once; each answer is of its own fact. Raises BrokerLost where the
        broker is gone, and then it may have been taken.
        """
        ...

    async def close(self) -> None:
        """Give back every connection."""
        ...


class Signer(Protocol):
    """Signs in the hub's own name."""

    key: str
    """The id of its key."""
    public: str
    """Its public key, Ed25519, in base64url."""

    def sign(self, what: bytes) -> Seal:
        """Return the seal of these bytes."""
        ...


class Clock(Protocol):
    """The time, and waiting for it; a virtual one passes the same tests."""

    def now(self) -> datetime:
        """Return the time, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
