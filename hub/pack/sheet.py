"""One TOML file of a pack while it is read: its tables, each with its line, and all its faults."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.events import EVENTS
from hub.pack.faults import PackFault, Where, nearest
from hub.pack.lines import LineIndex, Path
from hub.pack.rules import FACTS, UNKNOWN, VARIANT, domain_of

_T = TypeVar("_T", bound=BaseModel)
Item = Mapping[str, Any]
"""A table as `tomllib` reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Generic[_T]):
    """One valid table, its path in the text, and where it stands."""

    table: _T
    path: Path
    where: Where


class Sheet:
    """A parsed file. `faults` grows while it is read; a fault never hides the next one."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.faults: list[PackFault] = []
        self.content: dict[str, Any] = {}
        self._text = ""
        try:
            self.content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.faults.append(_syntax(name, text, str(error)))
        else:
            self._text = text

    def where(self, path: Sequence[str | int]) -> Where:
        """Return where a path stands, or what contains it."""
        text, asked = self._text, tuple(path)
        return Where(file=self.name, line=lambda: _lines_of(text).line(asked))

    def fault(self, path: Sequence[str | int], says: str, meant: str | None = None) -> None:
        """Add a fault at a path."""
        where = self.where(path)
        self.faults.append(
            PackFault(file=where.file, line=where.line, says=says, did_you_mean=meant)
        )

    def closed(self, known: Sequence[str]) -> None:
        """Refuse tables that nobody reads."""
        for name in self.content:
            if name not in known:
                self.fault((name,), f"unknown table `{name}`", nearest(name, known))

    def one(self, name: str, table: type[_T]) -> Row[_T] | None:
        """Read a table that stands once; None where it is missing or faulty."""
        if name not in self.content:
            self.fault((), f"`[{name}]` is missing")
            return None
        return self._row((name,), self.content[name], table)

    def rows(
        self, name: str, table: type[_T], also: Callable[[Path, Item], None] | None = None
    ) -> tuple[Row[_T], ...]:
        """Read a table that is repeated; the faulty ones are left out, each with its faults.

        `also` looks at each as it was written, so that one fault of a table hides no other.
        """
        items = self.content.get(name, [])
        if not isinstance(items, list):
            self.fault((name,), f"write `[[{name}]]`, with two brackets")
            return ()
        found = []
        for number, item in enumerate(items):
            before = len(self.faults)
            if also is not None and isinstance(item, dict):
                also((name, number), item)
            row = self._row((name, number), item, table)
            if row is not None and len(self.faults) == before:
                found.append(row)
        return tuple(found)

    def known(self, path: Path, item: Item) -> None:
        """Check the conditions of a rule that an unknown fact never satisfies (semantics 2)."""
        self.conditions(path, item)
        for fact, values in _when(item):
            if UNKNOWN in values:
                says = f"`{fact}` unknown never satisfies this rule"
                self.fault((*path, "when", fact, values.index(UNKNOWN)), says)

    def conditions(self, path: Path, item: Item) -> None:
        """Check the facts of `when` and their values against the closed vocabulary."""
        for fact, values in _when(item):
            self.facts((*path, "when"), fact, values, _events(item))

    def facts(
        self, path: Path, fact: str, values: Sequence[str], events: Sequence[str] = ()
    ) -> None:
        """Check one fact and its values; what `variant` may be is for the rule's events to say."""
        if fact != VARIANT and fact not in FACTS:
            known = (*FACTS, VARIANT)
            self.fault((*path, fact), f"unknown fact `{fact}`", nearest(fact, known))
            return
        for domain in self._domains(path, fact, events):
            for number, value in enumerate(values):
                if value not in domain:
                    says = f"unknown value `{value}` of `{fact}`"
                    self.fault((*path, fact, number), says, nearest(value, domain))

    def _domains(self, path: Path, fact: str, events: Sequence[str]) -> Iterator[tuple[str, ...]]:
        if fact != VARIANT:
            yield FACTS[fact]
            return
        if not events:
            self.fault((*path, fact), "only a rule of an event may ask for its `variant`")
        for event in events:
            domain = domain_of(VARIANT, event)
            if domain:
                yield domain
            elif event in EVENTS:
                self.fault((*path, fact), f"`{event}` has no variants")

    def items(self, name: str) -> list[dict[str, Any]]:
        """Return a repeated table as it was written, faulty ones included."""
        found = self.content.get(name, [])
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def _row(self, path: Path, item: object, table: type[_T]) -> Row[_T] | None:
        try:
            return Row(table=table.model_validate(item), path=path, where=self.where(path))
        except ValidationError as error:
            for detail in error.errors():
                self._explain(path, detail, table)
        return None

    def _explain(self, path: Path, detail: ErrorDetails, table: type[BaseModel]) -> None:
        inside = tuple(step for step in detail["loc"] if step != "[key]")
        key = str(inside[0]) if inside else ""
        last = str(inside[-1]) if inside else ""
        context = detail.get("ctx", {})
        match detail["type"]:
            case "missing":
                self.fault((*path, *inside[:-1]), f"`{last}` is missing")
            case "extra_forbidden":
                known = _keys(_table_at(table, inside[:-1]))
                self.fault((*path, *inside), f"unknown key `{last}`", nearest(last, known))
            case "unknown_word":
                self.fault((*path, *inside), detail["msg"], context["meant"] or None)
            case "too_short":
                self.fault((*path, *inside), f"`{key}` is empty: name at least one")
            case _:
                self.fault((*path, *inside), f"`{key}`: {detail['msg']}")


@lru_cache(maxsize=32)
def _lines_of(text: str) -> LineIndex:
    """Index a text once, however often it is read: a pack and its directory share files."""
    return LineIndex(text)


def _when(item: Item) -> Iterator[tuple[str, list[str]]]:
    """Yield each condition that is written as one should be; the schema refuses the others."""
    when = item.get("when")
    for fact, values in when.items() if isinstance(when, dict) else ():
        listed = [values] if isinstance(values, str) else values
        if isinstance(listed, list) and all(isinstance(value, str) for value in listed):
            yield fact, listed


def _events(item: Item) -> tuple[str, ...]:
    named = item.get("event", item.get("events", ()))
    listed = (named,) if isinstance(named, str) else named
    return tuple(str(event) for event in listed) if isinstance(listed, list | tuple) else ()


def _table_at(table: type[BaseModel], steps: Sequence[str | int]) -> type[BaseModel]:
    """Return the schema of a table inside a table."""
    for step in (step for step in steps if isinstance(step, str)):
        field = next(f for name, f in table.model_fields.items() if step in {name, f.alias})
        inner = (field.annotation, *get_args(field.annotation))
        table = next(t for t in inner if isinstance(t, type) and issubclass(t, BaseModel))
    return table


def _keys(table: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in table.model_fields.items())


def _syntax(name: str, text: str, says: str) -> PackFault:
    found = re.search(r"at line (\d+), column \d+\)$", says)
    line = int(found[1]) if found else len(text.splitlines())
    return PackFault(file=name, line=max(line, 1), says=f"this is not TOML: {says}")
