"""Statements as PostgreSQL's driver reads them: SQLAlchemy writes each once, and only once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Executable, Insert, Table
from sqlalchemy.dialects.postgresql.dml import OnConflictDoUpdate
from sqlalchemy.sql.compiler import SQLCompiler

from hub.adapters.register.at_once import DIALECT, FoundRows, WholeColumns, in_utc
from hub.adapters.register.by_heart import ByHeart
from hub.adapters.register.columns import Moment
from hub.ports import RegisterRefused

_ONE: Final = r"\$\d+(?:::[A-Z ]+)?"
_VALUES: Final = re.compile(rf"(INSERT INTO .*?)VALUES \({_ONE}(?:, {_ONE})*\)(.*)", re.DOTALL)
"""An insert of one row of values that are all given, and what it says before and after them."""
_CHANGING: Final = re.compile(
    r"UPDATE (\w+) SET (.*) WHERE (\w+\.\w+ = \$(\d+)::[A-Z]+)", re.DOTALL
)
"""An update of the one row that has a value, and by which of its values it is found."""
_SLOT: Final = re.compile(r"\$(\d+)(?:::(TIMESTAMP WITH TIME ZONE|[A-Z]+)(?!\[))?")
_NUMBER: Final = re.compile(r"\$(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One statement as text with `$1`, `$2`, and whose value each of them is."""

    text: str
    names: tuple[str, ...]
    moments: frozenset[str]
    fixed: Mapping[str, Any]
    """The values that the statement brings with it."""
    whole: WholeColumns | FoundRows | None = None
    """The same for many rows at once, given column by column; None where there is no such form."""
    apart: tuple[str, ...] = ()
    """By what rows must differ to be written so: none is updated twice by one statement."""

    def at_once(self, sets: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]] | None:
        """Return one statement that writes these many rows, and its arguments; None: there is none.

        Raises RegisterRefused as `arguments`.
        """
        if self.whole is None or len(sets) == 1:
            return None
        with _refusing():
            return self.whole.said(sets) if self._are_apart(sets) else None

    def said_of(self, sets: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]] | None:
        """Return one statement for all these sets of values, and its values; None: it takes more.

        It reads the same for nearly any of them, however many. Raises RegisterRefused as
        `arguments`.
        """
        with _refusing():
            if self.whole is not None and self._are_apart(sets):
                return self.whole.as_part(sets)
        return (self.text, self.arguments(sets[0])) if len(sets) == 1 else None

    def _are_apart(self, sets: Sequence[Mapping[str, Any]]) -> bool:
        if not self.apart:
            return True
        return len({tuple(row[name] for name in self.apart) for row in sets}) == len(sets)

    def arguments(self, given: Mapping[str, Any]) -> list[object]:
        """Return one set of values in the driver's order.

        Raises RegisterRefused for a time without a zone, or a value that nobody gave.
        """
        fixed, moments = self.fixed, self.moments
        try:
            values = [given[name] if name in given else fixed[name] for name in self.names]
            if not moments:
                return values
            named = zip(self.names, values, strict=True)
            return [in_utc(value) if name in moments else value for name, value in named]
        except (KeyError, ValueError) as fault:  # as `_refusing`, of which each statement has one
            raise RegisterRefused(type(fault).__name__) from fault


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError) as fault:
        raise RegisterRefused(type(fault).__name__) from fault


class Phrasebook(ByHeart[Phrase]):
    """Every statement that was asked for, by what it is rather than by which object says it."""

    def __init__(self) -> None:
        super().__init__()
        self._alike: dict[object, SQLCompiler] = {}
        self._inserts: dict[tuple[Table, tuple[str, ...]], WholeColumns] = {}
        self._joined: dict[tuple[str, ...], str] = {}

    def together(self, texts: tuple[str, ...]) -> str:
        """Return one statement that does what these do; their values follow one another.

        Each begins from the same moment: none sees what another does. It returns what the last
        one does.
        """
        found = self._joined.get(texts)
        if found is None:
            found = self._joined[texts] = _joined(texts)
        return found

    def insertion(
        self, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[object]]:
        """Return the statement that inserts these rows, and its arguments.

        Raises RegisterRefused for a time without a zone, or a value that nobody gave.
        """
        with _refusing():
            return self._inserting(table, rows).said(rows)

    def insertion_as_part(
        self, table: Table, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[str, list[object]]:
        """Return the same, in words that are alike for nearly any rows: one part of a statement."""
        with _refusing():
            return self._inserting(table, rows).as_part(rows)

    def _inserting(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> WholeColumns:
        key = (table, tuple(rows[0]))
        found = self._inserts.get(key)
        if found is None:
            found = self._inserts[key] = _insertion(*key)
        return found

    def _found(self, statement: Executable, names: tuple[str, ...]) -> Phrase:
        # Nothing else tells two statements alike, and to write one costs ten times its run.
        alike = statement._generate_cache_key()  # type: ignore[attr-defined]  # noqa: SLF001
        if alike is None:
            return _phrase(_compiled(statement, names), None)
        compiled = self._alike.get((alike.key, names))
        if compiled is None:
            compiled = _compiled(statement, names, cache_key=alike)
            if compiled.post_compile_params:
                # How it reads depends on how many values it brings.
                spelled_out = {"render_postcompile": True}
                return _phrase(_compiled(statement, names, compile_kwargs=spelled_out), None)
            self._alike[alike.key, names] = compiled
        return _phrase(compiled, alike.bindparams)


def _compiled(
    statement: Executable,
    names: tuple[str, ...],
    **how: Any,  # noqa: ANN401  # SQLAlchemy's own options
) -> SQLCompiler:
    compiled: SQLCompiler = statement.compile(  # type: ignore[attr-defined]
        dialect=DIALECT, column_keys=list(names) or None, for_executemany=True, **how
    )
    return compiled


def _phrase(compiled: SQLCompiler, brought: Any) -> Phrase:  # noqa: ANN401  # as SQLAlchemy has it
    names = tuple(compiled.positiontup or ())
    values = compiled.construct_params(extracted_parameters=brought, _check=False)
    own = {name: bound for name, bound in compiled.binds.items() if name in names}
    fixed = {name: values[name] for name in names if name not in own or not own[name].required}
    return Phrase(
        text=str(compiled),
        names=names,
        moments=frozenset(name for name, bound in own.items() if isinstance(bound.type, Moment)),
        fixed=fixed,
        whole=None if fixed else _whole(compiled, names) or _changing(compiled, names),
        apart=_apart(compiled, names),
    )


def _whole(compiled: SQLCompiler, names: tuple[str, ...]) -> WholeColumns | None:
    """Return an insert for whole columns, whatever it says of conflicts and of what it returns."""
    insert = compiled.statement
    if not isinstance(insert, Insert) or not isinstance(insert.table, Table):
        return None
    written = _VALUES.fullmatch(str(compiled))
    if written is None or any(name not in insert.table.c for name in names):
        return None
    return WholeColumns(insert.table, names, written[1], written[2])


def _changing(compiled: SQLCompiler, names: tuple[str, ...]) -> FoundRows | None:
    """Return an update for whole columns, where it finds each row by one value."""
    written = _CHANGING.fullmatch(str(compiled))
    if written is None:
        return None
    slots = {int(number): kind for number, kind in _SLOT.findall(str(compiled))}
    if not all(slots.values()):
        return None
    changes, found = (_SLOT.sub(r"given.v\1", part) for part in (written[2], written[3]))
    return FoundRows(
        f"UPDATE {written[1]} SET {changes} FROM ",  # noqa: S608  # no value in it
        f" WHERE {found}",
        names=names,
        kinds=[slots[number] for number in sorted(slots)],
        moments={name for name in names if isinstance(compiled.binds[name].type, Moment)},
    )


def _apart(compiled: SQLCompiler, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the values that say which row is updated, where one may be."""
    changing = _CHANGING.fullmatch(str(compiled))
    if changing is not None:
        return (names[int(changing[4]) - 1],)
    clause = getattr(compiled.statement, "_post_values_clause", None)
    if not isinstance(clause, OnConflictDoUpdate):
        return ()
    targets = clause.inferred_target_elements or ()
    return tuple(target if isinstance(target, str) else str(target.key) for target in targets)


def _joined(texts: Sequence[str]) -> str:
    moved, already = [], 0
    for text in texts:
        numbers = [int(number) for number in _NUMBER.findall(text)]
        moved.append(_NUMBER.sub(partial(_further, already), text))
        already += max(numbers, default=0)
    *others, last = moved
    parts = ", ".join(f"deed_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {parts} {last}" if others else last


def _further(by: int, slot: re.Match[str]) -> str:
    return f"${int(slot[1]) + by}"


def _insertion(table: Table, columns: tuple[str, ...]) -> WholeColumns:
    """Write an insert of whole columns: one statement, however many rows (delivery.md)."""
    names = ", ".join(DIALECT.identifier_preparer.quote(name) for name in columns)
    return WholeColumns(table, columns, f"INSERT INTO {table.name} ({names}) ")
