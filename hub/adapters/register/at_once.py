"""Many rows by one statement of PostgreSQL: what they share is said once, words go as one text.

The driver looks at each value of an array several times, and the server reads each by itself;
of what a page writes most values are words, or the same in every row (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import asyncpg

from hub.adapters.register.columns import Moment

DIALECT: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]
FEW: Final = 8
"""Fewer rows are not looked through: their columns go as arrays."""
MOST_FORMS: Final = 32
"""In so many ways one insert is written; what would need one more goes as arrays."""
MOST_PARTS: Final = 4
"""In so many ways it is written where it is one part of a statement, whose ways multiply."""
BETWEEN: Final = "\x1f"
"""What stands between words that go as one text; words that hold it themselves go as an array."""

_MOMENT: Final = Moment()
_ARRAY: Final = "a"
_SAME: Final = "s"
_JOINED: Final = "j"
_WORDS: Final = ("TEXT", "VARCHAR")


class WholeColumns:
    """An insert of many rows, given column by column: one statement, however many there are."""

    def __init__(self, table: Table, names: Sequence[str], before: str, after: str = "") -> None:
        """`before` and `after`: what the statement says on either side of the rows."""
        self._names = tuple(names)
        self._kinds = [table.c[name].type.compile(DIALECT) for name in names]
        self._moments = frozenset(n for n in names if isinstance(table.c[n].type, Moment))
        self._before = before
        self._after = after
        self._arrays = _ARRAY * len(self._names)
        self._forms: dict[str, str] = {}
        self._parts: set[str] = set()

    def said(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]]:
        """Return the statement for these rows, in their order, and its arguments.

        Raises KeyError for a value that nobody gave, ValueError for a time without a zone.
        """
        columns = [[row[name] for row in rows] for name in self._names]
        if len(rows) >= FEW:
            form, given = self._shortest(columns)
            if form in self._forms or len(self._forms) < MOST_FORMS:
                return self._text(form), given
        return self.as_arrays(rows)

    def as_arrays(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]]:
        """Return the same, each column an array: in words that are alike for any rows."""
        return self._text(self._arrays), _arrays(rows, self._names, self._moments)

    def as_part(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]]:
        """Return the same in words that are alike for nearly any rows: as one part of a statement.

        Words go as one text, what no row has is said once, and the rest as arrays.
        """
        form, given = _steady(rows, self._names, self._kinds, self._moments)
        if _known(form, self._parts) and form.strip(_SAME):
            return self._text(form), given
        return self.as_arrays(rows)

    def _shortest(self, columns: Sequence[list[Any]]) -> tuple[str, list[object]]:
        form, given = "", list[object]()
        for name, kind, column in zip(self._names, self._kinds, columns, strict=True):
            first = column[0]
            # The last one says of nearly every column at once that its values are not the same.
            if first == column[-1] and column.count(first) == len(column):
                how, value = _SAME, in_utc(first) if name in self._moments else first
            elif kind == "TEXT" and (joined := _joined(column)) is not None:
                how, value = _JOINED, joined
            else:
                how, value = _ARRAY, _array(column, moments=name in self._moments)
            form += how
            given.append(value)
        if not form.strip(_SAME):
            # One column says how many there are.
            first = _array(columns[0], moments=self._names[0] in self._moments)
            return _ARRAY + form[1:], [first, *given[1:]]
        return form, given

    def _text(self, form: str) -> str:
        found = self._forms.get(form)
        if found is None:
            found = self._forms[form] = self._written(form)
        return found

    def _written(self, form: str) -> str:
        every, rows, names = [], [], []
        for number, (how, kind) in enumerate(zip(form, self._kinds, strict=True), start=1):
            if how == _SAME:
                every.append(f"${number}::{kind}")
                continue
            names.append(f"c{number}")
            every.append(f"c{number}")
            rows.append(_rows_of(number, how, kind))
        given = f"unnest({', '.join(rows)}) AS given({', '.join(names)})"
        return f"{self._before}SELECT {', '.join(every)} FROM {given}{self._after}"  # noqa: S608  # no value in it


class FoundRows:
    """An update of many rows, each found by one of its values: one statement, column by column."""

    def __init__(
        self,
        before: str,
        after: str,
        *,
        names: Sequence[str],
        kinds: Sequence[str],
        moments: Collection[str],
    ) -> None:
        """`before` and `after`: what it says on either side of the rows; `names`: of the values."""
        self._before = before
        self._after = after
        self._names = tuple(names)
        self._kinds = tuple(kinds)
        self._moments = frozenset(moments)
        self._arrays = _ARRAY * len(self._names)
        self._parts: set[str] = set()
        self._forms: dict[str, str] = {}

    def said(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]]:
        """Return the statement and its arguments. Raises as that of WholeColumns."""
        return self._text(self._arrays), _arrays(rows, self._names, self._moments)

    def as_part(self, rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[object]]:
        """Return the same, as one part of a statement: words go as one text."""
        form, given = _steady(rows, self._names, self._kinds, self._moments)
        if _known(form, self._parts) and _SAME not in form:
            return self._text(form), given
        return self.said(rows)

    def _text(self, form: str) -> str:
        found = self._forms.get(form)
        if found is None:
            slots = enumerate(zip(form, self._kinds, strict=True), start=1)
            rows = ", ".join(_rows_of(number, how, kind) for number, (how, kind) in slots)
            columns = ", ".join(f"v{number}" for number in range(1, len(form) + 1))
            given = f"unnest({rows}) AS given({columns})"
            found = self._forms[form] = f"{self._before}{given}{self._after}"
        return found


def _rows_of(number: int, how: str, kind: str) -> str:
    """Return what PostgreSQL takes a column's values from."""
    if how == _JOINED:
        return f"string_to_array(${number}::TEXT, E'\\x1f')"
    return f"${number}::{kind}[]"


def _known(form: str, forms: set[str]) -> bool:
    """Whether a statement may be written in this form: there are only so many."""
    if form not in forms and len(forms) < MOST_PARTS:
        forms.add(form)
    return form in forms


def _steady(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    kinds: Sequence[str],
    moments: Collection[str],
) -> tuple[str, list[object]]:
    """Return how each column goes, by its kind rather than by what it happens to hold."""
    form, given = "", list[object]()
    how: str
    value: object
    for name, kind in zip(names, kinds, strict=True):
        column = [row[name] for row in rows]
        words = _joined(column) if kind in _WORDS else None
        if words:
            how, value = _JOINED, words
        elif kind in _WORDS and column.count(None) == len(column):
            how, value = _SAME, None
        else:  # words without a letter as well: as one text they would be no row at all
            how, value = _ARRAY, _array(column, moments=name in moments)
        form += how
        given.append(value)
    return form, given


def _arrays(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], moments: Collection[str]
) -> list[object]:
    return [_array([row[name] for row in rows], moments=name in moments) for name in names]


def _array(column: list[Any], *, moments: bool) -> list[Any]:
    return [in_utc(value) for value in column] if moments else column


def in_utc(value: datetime | None) -> object:
    """Return an instant as the driver takes it. Raises ValueError for one without a zone."""
    if value is not None and value.tzinfo is UTC:
        return value
    return _MOMENT.process_bind_param(value, DIALECT)


def _joined(column: Sequence[Any]) -> str | None:
    """Return words as one text; None where one is missing, or holds what stands between them."""
    try:
        joined = BETWEEN.join(column)
    except TypeError:
        return None
    return joined if joined.count(BETWEEN) == len(column) - 1 else None
