"""What a program was answered under an `Idempotency-Key`: the same again, for a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

KEPT: Final = timedelta(hours=24)
"""How long an answer is kept; after that the same key begins anew."""

ABANDONED: Final = timedelta(minutes=1)
"""After so long without an answer, whoever had begun is taken for gone, and it may be tried again.
What is done twice is written once all the same: every act here knows its own repetition."""


class Turned(StrEnum):
    """Why a request is not carried out."""

    OTHER = "the same key came with another request before"
    BUSY = "the first request of this key is being carried out at this moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """One request of one caller: its key, and the hash of all that it asks."""

    caller: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBefore:
    """What was answered the first time."""

    status: int
    body: bytes = field(repr=False)


class AnswersOnce(Protocol):
    """Remembers answers, for every process that serves the web."""

    async def begin_once(self, once: Once) -> SaidBefore | Turned | None:
        """Begin a request. None: it is new, and this caller carries it out."""
        ...

    async def end_once(self, once: Once, said: SaidBefore | None) -> None:
        """Keep what was answered; None: nothing was done, and it may be tried again."""
        ...
