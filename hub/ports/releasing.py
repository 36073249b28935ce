"""Releases that somebody has asked for at the console, and that another person must agree to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from hub.leaf import Leaf
from hub.vocabulary import ConcernId, HoldId, InfoClass

STANDS_FOR: Final = timedelta(hours=24)
"""How long a release may be agreed to. What nobody agreed to by then is a no."""


class Became(StrEnum):
    """What became of a release that was asked for."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asked, or who decided: the id for the log, the name and the post for people."""

    id: str
    name: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What the second person decided, and when (UTC)."""

    by: Asker
    at: datetime
    became: Became
    reason: str = field(default="", repr=False)
    """Why it was refused; empty where it was agreed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRelease:
    """One release that somebody has asked for."""

    id: str
    concern: ConcernId
    hold: HoldId
    classes: frozenset[InfoClass]
    reason: str = field(repr=False)
    by: Asker
    at: datetime
    decided: Decided | None = None
    left_out: frozenset[str] = frozenset()
    """The facts that go no more, by name; empty: nothing is left out of what would go."""
    sha256: str = ""
    """Of what would go without them, as the person who asked has read it; empty: nothing is."""

    @property
    def until(self) -> datetime:
        """Return until when it may be agreed to."""
        return self.at + STANDS_FOR

    def pending(self, now: datetime) -> bool:
        """Whether it still waits for a second person; expired is never a yes."""
        return self.decided is None and now < self.until


class AsksRelease(Protocol):
    """Keeps what was asked, and who decided it. Nothing is released by anything here."""

    async def ask_release(self, asked: AskedRelease, now: datetime, leaf: Leaf) -> bool:
        """Write down what is asked, with its leaf.

        False, and nothing is written, where a release of the same hold is pending at `now`.
        """
        ...

    async def refuse_release(self, asked: AskedRelease, decided: Decided, leaf: Leaf) -> bool:
        """Write down that it was refused, with its leaf; False where it is decided already."""
        ...

    async def releases_asked(
        self, concerns: Sequence[ConcernId], limit: int = 1000
    ) -> tuple[AskedRelease, ...]:
        """Return what was asked of these concerns, decided and expired ones too, newest first."""
        ...
