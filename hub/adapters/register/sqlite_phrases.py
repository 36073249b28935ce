"""Statements as SQLite reads them: SQLAlchemy writes each once, for every register of the process.

What SQLAlchemy does around each statement costs ten times what SQLite does with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Executable, Table
from sqlalchemy.dialects.sqlite import aiosqlite
from sqlalchemy.sql.compiler import SQLCompiler

from hub.adapters.register.by_heart import ByHeart
from hub.ports import RegisterRefused

_DIALECT: Final = aiosqlite.dialect()
_LIST: Final = re.compile(r"__\[POSTCOMPILE_[^\]]+\]")
"""Where a list of values stands, of which nobody knows yet how many they are."""
_MOST: Final = 2_000
"""How many statements are remembered: several times what the hub has to say."""
_NOT_A_VALUE: Final = (KeyError, ValueError, TypeError, AttributeError)
"""What a value that its column does not take, or that nobody gave, makes of preparing it."""

Asked = tuple[str, list[object]]
"""A statement as the driver has it: its text with `?`, and a value for each of them."""
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    name: str
    many: bool
    """Whether a list stands here, of any number of values."""
    prepare: Convert | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A statement as SQLAlchemy wrote it, whoever says it with which values."""

    pieces: tuple[str, ...]
    """The text, cut where lists stand."""
    slots: tuple[_Slot, ...]
    results: tuple[Convert | None, ...]
    compiled: SQLCompiler


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One statement, and the values that it brings with it."""

    written: _Written
    fixed: Mapping[str, BindParameter[Any]]

    def asked(self, given: Mapping[str, Any]) -> Asked:
        """Return it with one set of values. Raises RegisterRefused where one is no value for it."""
        values: list[object] = []
        counts = []
        try:
            for slot in self.written.slots:
                name = slot.name
                value: Any = given[name] if name in given else self.fixed[name].effective_value
                if slot.many:
                    some = [*value] if slot.prepare is None else [*map(slot.prepare, value)]
                    counts.append(len(some))
                    values += some
                else:
                    values.append(value if slot.prepare is None else slot.prepare(value))
        except _NOT_A_VALUE as fault:
            raise RegisterRefused(type(fault).__name__) from fault
        return self._text(counts), values

    def _text(self, counts: Sequence[int]) -> str:
        pieces = self.written.pieces
        text = pieces[0]
        for many, piece in zip(counts, pieces[1:], strict=True):
            text += ",".join("?" * many) + piece
        return text

    def rows(self, names: Sequence[str], found: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Return what came back as the register means it, by the names of its columns."""
        rows = [dict(zip(names, row, strict=True)) for row in found]
        for name, convert in zip(names, self.written.results, strict=False):
            if convert is not None:
                for row in rows:
                    row[name] = convert(row[name])
        return rows


class Phrasebook(ByHeart[Phrase]):
    """Every statement that was asked for, by what it is rather than by which object says it."""

    def __init__(self) -> None:
        super().__init__()
        self._alike: dict[object, _Written] = {}
        self._inserts: dict[tuple[Table, tuple[str, ...]], Phrase] = {}

    def insertion(self, table: Table, columns: Iterable[str]) -> Phrase:
        """Return the statement that inserts a row of these columns."""
        key = (table, tuple(columns))
        found = self._inserts.get(key)
        if found is None:
            found = self._inserts[key] = _phrase(_written(table.insert(), key[1]), {})
        return found

    def _found(self, statement: Executable, names: tuple[str, ...]) -> Phrase:
        # Nothing else tells two statements alike, and to write one costs ten times its run.
        alike = statement._generate_cache_key()  # type: ignore[attr-defined]  # noqa: SLF001
        if alike is None:
            return _phrase(_written(statement, names), {})
        written = self._alike.get((alike.key, names))
        if written is None:
            if len(self._alike) >= _MOST:
                self._alike.clear()
            written = self._alike[alike.key, names] = _written(statement, names, cache_key=alike)
        return _phrase(written, _brought(written.compiled, alike.bindparams))


PHRASES: Final = Phrasebook()
"""One for the process: a statement is the same in every register, its values never are."""


def _written(
    statement: Any,  # noqa: ANN401  # whatever SQLAlchemy can write
    names: tuple[str, ...],
    **how: Any,  # noqa: ANN401  # SQLAlchemy's own options
) -> _Written:
    compiled: SQLCompiler = statement.compile(
        dialect=_DIALECT, column_keys=list(names) or None, for_executemany=True, **how
    )
    lists = {compiled.bind_names[bound] for bound in compiled.post_compile_params}
    prepare = compiled._bind_processors  # noqa: SLF001  # nobody else knows which value is which
    return _Written(
        pieces=tuple(_LIST.split(str(compiled))),
        slots=tuple(
            _Slot(name=name, many=name in lists, prepare=prepare.get(name))  # type: ignore[arg-type]
            for name in compiled.positiontup or ()
        ),
        results=tuple(
            column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
            for column in compiled._result_columns  # noqa: SLF001  # as above
        ),
        compiled=compiled,
    )


def _brought(
    compiled: SQLCompiler, values: Iterable[BindParameter[Any]]
) -> Mapping[BindParameter[Any], BindParameter[Any]]:
    """Return what stands in this saying where the first had its own, by what was written then."""
    first, written = compiled.cache_key, compiled._cache_key_bind_match  # noqa: SLF001  # as above
    if first is None or written is None:
        return {}
    pairs = zip(first[1], values, strict=True)
    return {each: value for one, value in pairs for each in written[0][one]}


def _phrase(written: _Written, brought: Mapping[BindParameter[Any], BindParameter[Any]]) -> Phrase:
    """Return a statement with the values that this saying of it brings."""
    bound = ((name, brought.get(one, one)) for one, name in written.compiled.bind_names.items())
    return Phrase(written=written, fixed={name: one for name, one in bound if not one.required})
