"""A backup's file: every row of every table, the same from either database, and its own proof.

JSON, one line a row, compressed. The first line says what it is and which columns each table has;
the last how many rows each has, their sums, and the hash of all lines before it. A value is what
the register means, not how one database keeps it: instants are microseconds since 1970 in UTC,
bytes are base64. So nothing is lost on the way from one to the other.
"""

from __future__ import annotations

import gzip
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

import orjson
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from hub.adapters.register.columns import Moment
from hub.vocabulary import HubError

FORMAT: Final = "concern-hub register 1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WHOLE: Final = 1 << 256
_UNREADABLE: Final = (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error)
"""What a file that was cut, altered or is no backup makes of reading it."""


class BackupUnusable(HubError):
    """This is no whole backup of a register, and nothing was restored:"""  # noqa: D400  # why follows


class BackupUnwritable(HubError):
    """The backup cannot be written, and there is none:"""  # noqa: D400  # why follows


class BackupExists(HubError):
    """There is a file of this name already:"""  # noqa: D400  # the name follows


@dataclass(slots=True)
class Sum:
    """How many rows a table has, and the sum of their hashes, in whatever order they come."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Count one row."""
        self.rows += 1
        self.total = (self.total + int.from_bytes(sha256(line).digest(), "big")) % _WHOLE

    def said(self) -> dict[str, object]:
        """Return it as the last line has it."""
        return {"rows": self.rows, "sum": f"{self.total:064x}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup says it holds, once that has been proved."""

    schema: str
    taken: datetime
    columns: Mapping[str, tuple[str, ...]]
    sums: Mapping[str, Mapping[str, object]]
    sha256: str

    @property
    def rows(self) -> int:
        """Return how many rows there are in all."""
        return sum(int(str(said["rows"])) for said in self.sums.values())


class Written:
    """A backup that is being written: nobody's but this user's, and there only once it is whole."""

    def __init__(self, path: Path) -> None:
        """Raises BackupExists."""
        if path.exists():
            raise BackupExists(str(path))
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._raw = os.fdopen(
            os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        )
        os.fchmod(self._raw.fileno(), 0o600)
        self._file = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0)
        self._hash = sha256()
        self._sums: dict[str, Sum] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._raw.close()
            self._part.unlink(missing_ok=True)

    def begin(self, schema: str, taken: datetime, tables: Sequence[Table]) -> None:
        """Write what it is."""
        columns = {str(each.name): [str(column.name) for column in each.columns] for each in tables}
        stamp = (taken - _EPOCH) // _MICROSECOND
        self._line({"format": FORMAT, "schema": schema, "taken": stamp, "columns": columns})
        self._sums = {name: Sum() for name in columns}

    def table(self, name: str) -> None:
        """Begin one table."""
        self._line({"table": name})

    def row(self, name: str, line: bytes) -> None:
        """Write one row of the table that was begun."""
        self._sums[name].add(line)
        self._put(line)

    def end(self) -> Contents:
        """Write the proof, make it durable, give it its name, and return what it says of itself."""
        sums = {name: one.said() for name, one in self._sums.items()}
        self._line({"sums": sums, "sha256": self._hash.hexdigest()})
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        found = proved(self._part)
        # A link, not a move: of two that write the same name, the second is refused.
        try:
            os.link(self._part, self._path)
        except FileExistsError:
            raise BackupExists(str(self._path)) from None
        finally:
            self._part.unlink()
        return found

    def _line(self, said: object) -> None:
        self._put(orjson.dumps(said))

    def _put(self, line: bytes) -> None:
        self._hash.update(line + b"\n")
        self._file.write(line + b"\n")


@dataclass(slots=True)
class _Reading:
    """What has been read of a backup so far."""

    hash: Any = field(default_factory=sha256)
    before: str = ""
    """The hash of every line before the last one read."""
    sums: dict[str, Sum] = field(default_factory=dict)


def proved(path: Path, seen: Callable[[int], None] = lambda _: None) -> Contents:
    """Read a backup from end to end and return what it holds. Raises BackupUnusable."""
    reading, many = _Reading(), 0
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    name = ""
    try:
        for line in _lines(path, reading):
            said = orjson.loads(line)
            if last:
                raise ValueError("something stands after its end")
            if not first:
                first = said
                _must_be_ours(first)
            elif isinstance(said, list):
                reading.sums[name].add(line)
                many += 1
                seen(many)
            elif "table" in said:
                name = said["table"]
                reading.sums[name] = Sum()
            else:
                last = said
        return _contents(first, last, reading)
    except _UNREADABLE as fault:
        raise BackupUnusable(f"{path}: {str(fault) or type(fault).__name__}") from fault


def rows_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each row of a backup that was proved, with its table's name, in the file's order."""
    name = ""
    for line in _lines(path, _Reading()):
        if line.startswith(b"["):
            yield name, line
        else:
            name = orjson.loads(line).get("table", name)


def line_of(table: Table, names: Sequence[str], row: Mapping[Any, Any]) -> bytes:
    """Return one row as a line."""
    return orjson.dumps([_said(table.c[name], row[name]) for name in names])


def row_of(table: Table, names: Sequence[str], line: bytes) -> dict[str, object]:
    """Return the row that a line says."""
    values = orjson.loads(line)
    return {n: _meant(table.c[n], value) for n, value in zip(names, values, strict=True)}


def _lines(path: Path, reading: _Reading) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        for line in file:
            reading.before = reading.hash.hexdigest()
            reading.hash.update(line)
            yield line.rstrip(b"\n")


def _must_be_ours(first: Mapping[str, Any]) -> None:
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise ValueError("it is not in the form that this hub reads")


def _contents(first: Mapping[str, Any], last: Mapping[str, Any], reading: _Reading) -> Contents:
    if not last:
        raise ValueError("it was cut short")
    sums = {name: one.said() for name, one in reading.sums.items()}
    if last["sha256"] != reading.before or last["sums"] != sums:
        raise ValueError("it has been altered")
    if sums.keys() != first["columns"].keys():
        raise ValueError("a table is left out")
    return Contents(
        schema=first["schema"],
        taken=_EPOCH + first["taken"] * _MICROSECOND,
        columns={name: tuple(names) for name, names in first["columns"].items()},
        sums=sums,
        sha256=reading.before,
    )


def _said(column: Column[Any], value: Any) -> object:  # noqa: ANN401  # whatever a column holds
    if value is None:
        return None
    match column.type:
        case Moment():
            return (value - _EPOCH) // _MICROSECOND
        case LargeBinary():
            return b64encode(value).decode()
        case Text() | Integer() | BigInteger() | Boolean():
            return value
        case other:
            raise TypeError(f"{column}: {other}")


def _meant(column: Column[Any], value: Any) -> object:  # noqa: ANN401  # as above
    if value is None:
        return None
    match column.type:
        case Moment():
            return _EPOCH + value * _MICROSECOND
        case LargeBinary():
            return b64decode(value)
        case _:
            return value
