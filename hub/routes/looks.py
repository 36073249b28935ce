"""Who looked at which concern, as the privacy officer sees it; and which looks are unusual. Pure.

Concerns stand under the pseudonyms that the auditor knows them by: what is judged here is who
looked, and that takes no case content. People stand under their names, or nobody could be asked.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from hub.ports.emergency_access import AskedAccess
from hub.ports.logged import Logged
from hub.vocabulary import ConcernId

MANY: Final = 20
"""More concerns than this, opened one by one by one person within an hour, is unusual."""
REFUSED: Final = 3
"""So many refusals of emergency access to one person within a day are unusual."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full width too


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One page that somebody opened, or took out."""

    at: datetime
    person: str
    agency: str
    """Empty: the log did not say it yet when this was written."""
    page: str
    concerns: tuple[ConcernId, ...]
    """Empty: a list, of which the log says only how many it had."""
    many: int
    access: str = ""
    """The emergency access by which it was opened; empty: none was needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """Something that somebody should ask about."""

    person: str
    says: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One look as it is shown and taken out."""

    at: datetime
    who: str
    person: str
    organisation: str
    concerns: str
    page: str
    emergency: bool


def looks(leaves: Iterable[Logged]) -> tuple[Look, ...]:
    """Return the looks, newest first; a page that lists many concerns is one look at them all."""
    found: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for leaf in leaves:
        said = orjson.loads(leaf.data)
        page = str(said.get("page", leaf.kind))
        alike = (leaf.at, said.get("person", ""), page, said.get("access", ""))
        found.setdefault(alike, []).append(said)
    return tuple(_look(alike, same) for alike, same in found.items())


def _look(alike: tuple[object, ...], same: Sequence[Mapping[str, Any]]) -> Look:
    at, person, page, access = alike
    assert isinstance(at, datetime)  # noqa: S101  # as it was put in above
    concerns = dict.fromkeys(ConcernId(said["concern"]) for said in same if "concern" in said)
    return Look(
        at=at,
        person=str(person),
        agency=str(same[0].get("agency", "")),
        page=str(page),
        concerns=tuple(concerns),
        many=len(concerns) or int(same[0].get("concerns", 0)),
        access=str(access),
    )


def unusual(seen: Sequence[Look], refused: Sequence[AskedAccess]) -> tuple[Unusual, ...]:
    """Return what is unusual by the three rules that the page states, the newest first."""
    found = [*_from_elsewhere(seen), *_many_within_an_hour(seen), *_refused_within_a_day(refused)]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _from_elsewhere(seen: Sequence[Look]) -> Iterable[Unusual]:
    by_emergency = [look for look in seen if look.access]
    counts = Counter((look.person, look.access) for look in by_emergency)
    for (person, access), many in counts.items():
        last = max(look.at for look in by_emergency if look.access == access)
        pages = "1 page" if many == 1 else f"{many} pages"
        yield Unusual(person=person, says=f"read {pages} of another authority’s concern", at=last)


def _many_within_an_hour(seen: Sequence[Look]) -> Iterable[Unusual]:
    """Yield who opened more than `MANY` concerns one by one within an hour, once each."""
    lately: dict[str, deque[tuple[datetime, ConcernId]]] = {}
    worst: dict[str, tuple[int, datetime]] = {}
    for look in sorted(seen, key=lambda look: look.at):
        if len(look.concerns) != 1:
            continue
        window = lately.setdefault(look.person, deque())
        window.append((look.at, look.concerns[0]))
        while window[0][0] <= look.at - _HOUR:
            window.popleft()
        many = len({concern for _, concern in window})
        if many > max(MANY, worst.get(look.person, (0, look.at))[0]):
            worst[look.person] = (many, look.at)
    for person, (many, at) in worst.items():
        yield Unusual(person=person, says=f"opened {many} concerns within an hour", at=at)


def _refused_within_a_day(refused: Sequence[AskedAccess]) -> Iterable[Unusual]:
    by_person: dict[str, list[datetime]] = {}
    for each in sorted(refused, key=lambda one: one.at):
        by_person.setdefault(each.by.id, []).append(each.at)
    for person, times in by_person.items():
        most, at = max((sum(one - _DAY < other <= one for other in times), one) for one in times)
        if most >= REFUSED:
            says = f"was refused emergency access {most} times within a day"
            yield Unusual(person=person, says=says, at=at)


def csv_of(rows: Iterable[Row]) -> bytes:
    """Return rows as CSV (RFC 4180) in UTF-8, of which no spreadsheet reads a cell as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    titles = ("when (UTC)", "who", "person id", "organisation", "concern", "page", "by emergency")
    writer.writerow(titles)
    for row in rows:
        said = (
            row.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            row.who,
            row.person,
            row.organisation,
            row.concerns,
            row.page,
            "yes" if row.emergency else "no",
        )
        writer.writerow([harmless(cell) for cell in said])
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    """Return a cell that is text in every spreadsheet: `'` stands before what begins a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
