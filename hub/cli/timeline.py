"""A timeline on a terminal: one line for each thing that somebody would want to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hub.calendar import LONDON

if TYPE_CHECKING:
    from hub.app.simulate import Row, Timeline
    from hub.concern import Party
    from hub.vocabulary import AgencyId

STYLES: Final = {
    "event": "bold",
    "step": "bold",
    "told": "green",
    "held": "yellow",
    "hold stands": "yellow",
    "hold ended": "green",
    "withheld": "red",
    "not due": "dim",
    "asked": "magenta",
    "owed": "cyan",
    "met": "dim",
    "declined": "red",
    "acknowledged": "green",
    "closure confirmed": "bold green",
    "closure not confirmed": "red",
}
_RARELY: Final = frozenset({"not due", "withheld", "ladder", "met"})
"""Shown only where everything is."""


_Held = tuple[datetime, str, "Party | None", str]
"""When, whether it begins or ends, whose, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline, as it is shown."""

    at: datetime
    word: str
    party: Party | None
    says: str


def show_timeline(found: Timeline, console: Console, *, everything: bool = False) -> None:
    """Print what happens, then what is owed at the end. Times are those of London."""
    console.print(found.title, style="bold", markup=False)
    console.print(f"From {_when(found.start)} to {_when(found.end)}, London time. Nothing is sent.")
    lines = list(_folded(_lines(found.rows, everything=everything)))
    if not lines:
        console.print("Nothing happens.")
        return
    table = Table(expand=True, box=SIMPLE_HEAD, pad_edge=False)
    for title, ratio in (("when", 3), ("what", 2), ("who", 4), ("", 11)):
        table.add_column(title, ratio=ratio, overflow="fold")
    before = ""
    for line in lines:
        when = _when(line.at)
        style = STYLES.get(line.word, "")
        table.add_row(
            "" if when == before else when,
            Text(line.word, style),
            Text(_who(line.party, found.names)),
            Text(line.says, style if line.word in {"event", "step"} else ""),
        )
        before = when
    console.print(table)
    _show_open(found, console)


def _show_open(found: Timeline, console: Console) -> None:
    if not found.open:
        console.print("\nNothing is owed at the end.", style="green")
        return
    console.print(f"\nOwed at the end: {len(found.open)}", style="bold")
    table = Table(expand=True, box=SIMPLE_HEAD, pad_edge=False)
    for title, ratio in (("due", 3), ("who", 5), ("what", 12)):
        table.add_column(title, ratio=ratio, overflow="fold")
    for row in found.open:
        due = datetime.fromisoformat(row.detail["due"])
        late = due < found.end
        table.add_row(
            Text(_when(due), "red" if late else ""),
            Text(_who(row.party, found.names)),
            Text(row.says + (" (overdue)" if late else "")),
        )
    console.print(table)


def _lines(rows: Iterable[Row], *, everything: bool) -> Iterator[Line]:
    held: dict[_Held, list[str]] = {}
    for row in rows:
        asked = bool(row.detail.get("asked"))
        if row.what in {"hold stands", "hold ended"}:
            info, _, why = row.says.partition(" (")
            key = (row.at, str(row.what), row.party, why)
            held.setdefault(key, []).append(info)
            continue
        yield from _holds(held)
        ended = row.what == "ladder" and row.detail.get("state") in {"held", "cancelled"}
        # That a notice is to be answered, and by when, stands where it is told.
        answer = row.what == "owed" and row.detail["kind"] == "answer"
        if (row.what in _RARELY or answer) and not everything and not ended:
            continue
        yield Line(
            at=row.at,
            word="asked" if asked and row.what == "owed" else str(row.what),
            party=row.party,
            says=_told(row, everything=everything) if row.what == "told" else _due(row),
        )
    yield from _holds(held)


def _holds(held: dict[_Held, list[str]]) -> Iterator[Line]:
    """Yield one line for all that one rule holds from one party."""
    for (at, word, party, why), classes in held.items():
        yield Line(at=at, word=word, party=party, says=f"{', '.join(classes)} ({why}")
    held.clear()


def _told(row: Row, *, everything: bool) -> str:
    """Say which notice, which classes (and fields) of it, by when it is answered, what is held."""
    shared = row.detail["shared"]
    due = row.detail["reply_due"]
    by = f"; to be answered by {_when(datetime.fromisoformat(due))}" if due else ""
    if everything:
        parts = [row.says + by]
        parts += [
            f"{info}: {', '.join(fields) or 'no field in this notice'}"
            for info, fields in shared.items()
        ]
    else:
        parts = [f"{row.says}: {', '.join(shared)}{by}"]
    parts += [
        f"{info}: held {how['kind']}, released by {how['released_by']} [{how['rule']}]"
        for info, how in row.detail["held"].items()
    ]
    return "\n  ".join(parts)


def _due(row: Row) -> str:
    if row.what != "owed":
        return row.says
    return f"{row.says}, by {_when(datetime.fromisoformat(row.detail['due']))}"


def _folded(lines: Iterator[Line]) -> Iterator[Line]:
    """Show what a ladder asks of the same people again and again once, and how often it does."""
    whole = list(lines)
    asks = [line for line in whole if line.word == "asked"]
    times = Counter((line.party, _without_due(line.says)) for line in asks)
    last = {(line.party, _without_due(line.says)): line.at for line in asks}
    shown = set()
    for line in whole:
        key = (line.party, _without_due(line.says))
        if line.word != "asked" or times[key] < 3:
            yield line
        elif key not in shown:
            shown.add(key)
            again = f" (asked {times[key]} times, the last on {_when(last[key])})"
            yield Line(at=line.at, word=line.word, party=line.party, says=key[1] + again)


def _without_due(says: str) -> str:
    return says.rpartition(", by ")[0]


def _who(party: Party | None, names: Mapping[AgencyId, str]) -> str:
    return "" if party is None else f"{names.get(party.agency, party.agency)}, {party.role}"


def _when(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%a %d %b %Y %H:%M}"
