"""What is wrong with a pack: file, line, and the word that was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hub.vocabulary import HubError


class Where:
    """Where a rule stands, for faults: file and line (1-based).

    The line is found when a fault first asks for it: a sound pack has thousands of rules, and
    whoever opens it would wait for the lines of all of them.
    """

    __slots__ = ("_line", "file")

    def __init__(self, *, file: str, line: int | Callable[[], int]) -> None:
        self.file = file
        self._line = line

    @property
    def line(self) -> int:
        """The line, 1-based."""
        if not isinstance(self._line, int):
            self._line = self._line()
        return self._line

    def __eq__(self, other: object) -> bool:
        """Two are the same where file and line are."""
        if not isinstance(other, Where):
            return NotImplemented
        return (self.file, self.line) == (other.file, other.line)

    def __hash__(self) -> int:
        """Hash as file and line."""
        return hash((self.file, self.line))

    def __repr__(self) -> str:
        """Say it as messages do."""
        return f"{self.file}:{self.line}"


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
