"""On which line of a TOML text each table, key and list item stands; `tomllib` does not say.

A path is what reaches a value in the parsed text: `("share", 0, "classes", 1)` is the second
class of the first `[[share]]`. Read only texts that `tomllib` has taken (TOML 1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*\'{3,5}'
    r"|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
    r"|(?P<comment>\#[^\n]*)|(?P<newline>\n)|(?P<mark>[\[\]{}=,])|(?P<dot>\.)"
    r"|(?P<bare>[^\s\[\]{}=,\#\"'.]+)|(?P<space>[^\S\n]+)",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


class LineIndex:
    """The line of every path of one TOML text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._tokens = tuple(_tokens(text))
        self._at = 0
        self._read()

    @property
    def lines(self) -> Mapping[Path, int]:
        """Every path and its line, 1-based."""
        return self._lines

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of a path, or of the nearest thing that contains it; 1 for the text."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return 1

    def _read(self) -> None:
        table: Path = ()
        while (token := self._peek()) is not None:
            if token.kind == "newline":
                self._at += 1
            elif token.text == "[" and token.kind == "mark":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        """Read `[table]` or `[[table]]`: the last of a repeated table is the one that is open."""
        line = self._next().line
        repeated = self._skip("[")
        names = self._key()
        self._skip("]")
        if repeated:
            self._skip("]")
        path: Path = ()
        for name in names[:-1]:
            self._lines.setdefault((*path, name), line)
            path = self._open((*path, name))
        path = (*path, names[-1])
        if repeated:
            count = self._counts.get(path, 0)
            self._counts[path] = count + 1
            self._lines.setdefault(path, line)
            path = (*path, count)
        self._lines.setdefault(path, line)
        return path

    def _open(self, path: Path) -> Path:
        count = self._counts.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, table: Path) -> None:
        token = self._tokens[self._at]
        path = table
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, token.line)
        self._skip("=")
        self._value(path)

    def _key(self) -> list[str]:
        names: list[str] = []
        while (token := self._peek()) is not None and token.kind in {"bare", "text", "dot"}:
            self._at += 1
            if token.kind != "dot":
                names.append(_name(token))
        return names

    def _value(self, path: Path) -> None:
        token = self._next()
        if token.kind == "mark" and token.text == "[":
            self._list(path)
        elif token.kind == "mark" and token.text == "{":
            while not self._skip("}"):
                self._blank()
                self._pair(path)
                self._blank()
                self._skip(",")
        else:
            # 1.5 and 2026-12-01T09:00:00.5Z come in several pieces.
            while (more := self._peek()) is not None and more.kind in {"bare", "dot"}:
                self._at += 1

    def _list(self, path: Path) -> None:
        count = 0
        self._blank()
        while not self._skip("]"):
            self._lines[(*path, count)] = self._tokens[self._at].line
            self._value((*path, count))
            count += 1
            self._blank()
            self._skip(",")
            self._blank()

    def _blank(self) -> None:
        while (token := self._peek()) is not None and token.kind == "newline":
            self._at += 1

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _skip(self, mark: str) -> bool:
        token = self._peek()
        found = token is not None and token.kind == "mark" and token.text == mark
        self._at += found
        return found


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text.replace("\r\n", "\n")):
        kind = match.lastgroup or ""
        if kind not in {"comment", "space"}:
            yield _Token(kind, match.group(), line)
        line += match.group().count("\n")


def _name(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    inner = token.text[1:-1]
    return inner if token.text.startswith("'") else _ESCAPE.sub(r"\1", inner)
