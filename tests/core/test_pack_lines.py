"""Every fault of a pack names its line, so the index must agree with what `tomllib` reads."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from hub.pack.lines import LineIndex, Path

TEXT = '''# a pack
[pack]
name = "West [[share]] Sussex"  # not a table
"two words" = 1.5

[basis.care_act]
"public body" = """
[[share]]
id = "not a rule"
"""

[[share]]
id = 'S1'
when = { criminal = ["yes", "no"], police.advice = "hold" }

[[share]]
id = "S2"
classes = [
  "process",   # one a line
  "themes",
]
at = 2026-12-01T09:30:00.5Z

  [[share.step]]
  after = "0 minutes"

  [[share.step]]
  after = "30 minutes"
'''


def test_a_path_is_found_on_the_line_where_it_is_written() -> None:
    index = LineIndex(TEXT)

    assert index.line(("pack", "name")) == 3
    assert index.line(("pack", "two words")) == 4
    assert index.line(("basis", "care_act", "public body")) == 7
    assert index.line(("share", 0)) == 12
    assert index.line(("share", 0, "when", "criminal", 1)) == 14
    assert index.line(("share", 0, "when", "police", "advice")) == 14
    assert index.line(("share", 1)) == 16
    assert index.line(("share", 1, "classes", 1)) == 20
    assert index.line(("share", 1, "step", 1, "after")) == 28


def test_a_path_that_is_missing_is_found_where_it_should_have_been() -> None:
    index = LineIndex(TEXT)

    assert index.line(("share", 1, "purpose")) == 16
    assert index.line(("withhold", 0)) == 1


def test_every_path_that_tomllib_reads_has_a_line_and_no_other() -> None:
    assert _paths(tomllib.loads(TEXT)) <= set(LineIndex(TEXT).lines)


words = st.text(alphabet="abc \\\"'#[]{}=,.\n", max_size=8)
scalars = st.one_of(words, st.integers(-5, 5), st.booleans())
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.sampled_from(["k", "x y", "z"]), scalars, max_size=2),
)
rules = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c d"]), values, max_size=3))


@given(rules)
def test_whatever_is_written_each_value_is_on_its_line(tables: list[dict[str, object]]) -> None:
    text, expected = _write(tables)

    found = LineIndex(text)

    assert tomllib.loads(text).get("rule", []) == tables
    assert {path: found.line(path) for path in expected} == expected


def _write(tables: list[dict[str, object]]) -> tuple[str, dict[Path, int]]:
    lines: list[str] = []
    expected: dict[Path, int] = {}
    for number, table in enumerate(tables):
        lines.append("[[rule]]  # [[rule]]")
        expected["rule", number] = len(lines)
        for key, value in table.items():
            expected["rule", number, key] = len(lines) + 1
            lines.extend(f"{_quoted(key)} = {_toml(value)}".split("\n"))
    return "\n".join(lines), expected


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value) if "\n" not in value else '"""\n' + _escaped(value) + '"""'
        case list():
            return "[\n" + "".join(f"  {_toml(item)}, # ]\n" for item in value) + "]"
        case dict():
            return "{ " + ", ".join(f"{_quoted(k)} = {_toml(v)}" for k, v in value.items()) + " }"
        case _:
            return str(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return '"' + _escaped(text) + '"'


def _paths(value: object, path: Path = ()) -> set[Path]:
    return {path for path in _walk(value, path) if path}


def _walk(value: object, path: Path) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, (*path, name))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walk(inner, (*path, number))
