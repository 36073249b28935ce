"""What the page of the rules asks of whoever can read packs: examples, scenarios, drafts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDone:
    """Why nothing came of it, in words for people, one a line."""

    says: tuple[str, ...]
    again: bool = False
    """Whether the very same may be asked again in a minute."""


class Bench(Protocol):
    """Tries the rules out, beside the hub: nothing is written down and nothing is sent."""

    def examples(self) -> tuple[str, ...]:
        """Return the names of the events that ship as examples."""
        ...

    def example(self, name: str) -> bytes | None:
        """Return one of them as it would be published, or None."""
        ...

    def scenarios(self) -> tuple[str, ...]:
        """Return the names of the scenarios that ship."""
        ...

    def files(self, partnership: str) -> tuple[str, ...]:
        """Return the names of the files that the pack of a partnership is made of."""
        ...

    async def play(self, scenario: str) -> tuple[Mapping[str, Any], ...] | NotDone:
        """Play a scenario that ships; return its rows, as `hub simulate --json` writes them."""
        ...

    async def compare(self, partnership: str, file: str, text: str) -> Mapping[str, Any] | NotDone:
        """Return what would change were this the text of one file of the pack (`hub diff`)."""
        ...
