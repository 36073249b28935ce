"""`hub words`: how hard each notice is to read."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.compose.reading import Reading


def words(
    *,
    templates: Annotated[
        Path | None, typer.Option(help="Another folder of templates than the shipped one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say how hard each notice is to read, hardest first.

    Flesch-Kincaid grade, the age of a reader who can follow, and the longest sentence. A fact
    counts as one short word. The formula is made for English: of Welsh it says nothing.
    """
    from hub.adapters.shipped import read_folder, shipped
    from hub.compose import load_words
    from hub.compose.printed import WELSH
    from hub.compose.reading import reading_of

    known = load_words(read_folder(templates or shipped("message_templates"), ".md.j2"))
    printed = (found for (_, form), found in known.printed.items() if form != WELSH)
    readings = [reading_of(template) for template in (*known.templates.values(), *printed)]
    readings.sort(key=lambda reading: (-reading.age, reading.path))
    if as_json:
        listed = [asdict(reading) for reading in readings]
        sys.stdout.write(orjson.dumps(listed, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        Console().print(_table(readings))


def _table(readings: Sequence[Reading]) -> Table:
    table = Table("template", expand=False)
    for column in ("words", "grade", "age", "longest sentence"):
        table.add_column(column, justify="right")
    for one in readings:
        table.add_row(one.path, str(one.words), str(one.grade), str(one.age), str(one.longest))
    return table
