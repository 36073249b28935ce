"""Statements that were asked for once, and are not looked for again, whatever the driver."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Executable

P = TypeVar("P")
"""A statement as one driver reads it."""


class ByHeart(ABC, Generic[P]):
    """Every statement that was asked for, for as long as somebody has it."""

    def __init__(self) -> None:
        self._same: WeakKeyDictionary[Executable, dict[tuple[str, ...], P]] = WeakKeyDictionary()

    def phrase(self, statement: Executable, given: Iterable[str]) -> P:
        """Return a statement, for values of these names, as the driver reads it."""
        names = tuple(given)
        known = self._same.get(statement)
        if known is None:
            known = self._same[statement] = {}
        found = known.get(names)
        if found is None:
            found = known[names] = self._found(statement, names)
        return found

    @abstractmethod
    def _found(self, statement: Executable, names: tuple[str, ...]) -> P:
        """Return it, though this very object was never seen: perhaps one that says the same was."""
