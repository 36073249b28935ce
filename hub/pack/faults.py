"""What is wrong with a pack: file, line, and the word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hub.vocabulary import HubError


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a rule stands, for faults: file and line (1-based)."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PackFault:
    """One thing wrong with a pack, where it stands (line 1-based), and what was probably meant."""

    file: str
    line: int
    says: str
    did_you_mean: str | None = None

    def __str__(self) -> str:
        """Give the fault as one line."""
        hint = f"; did you mean `{self.did_you_mean}`?" if self.did_you_mean else ""
        return f"{self.file}:{self.line}: {self.says}{hint}"


class PackFaults(HubError):
    """The pack is refused, and the one in force stays."""

    def __init__(self, faults: Sequence[PackFault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n" + "\n".join(str(fault) for fault in self.faults))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word of a closed vocabulary that was probably meant, or None."""
    lower = {known.casefold(): known for known in words}
    close = get_close_matches(word.casefold(), list(lower), n=1, cutoff=0.6)
    return lower[close[0]] if close else None
