"""Who looked at what: what is unusual by stated rules, and a file that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from hub.leaf import leaf
from hub.ports.emergency_access import AskedAccess
from hub.ports.logged import Logged
from hub.ports.releasing import Asker
from hub.routes.looks import MANY, REFUSED, Look, Row, csv_of, harmless, looks, unusual
from hub.vocabulary import AgencyId, ConcernId

NOW: Final = datetime(2027, 4, 15, 9, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
OWEN: Final = Asker(id="leo-9", name="Owen Price", post="lead enquiry officer")


def look(number: int, at: datetime, person: str = "leo-1", access: str = "") -> Look:
    return Look(
        at=at,
        person=person,
        agency="gss:E10000032",
        page="board",
        concerns=(ConcernId(f"c-{number}"),),
        many=1,
        access=access,
    )


def refusal(at: datetime, who: Asker = OWEN) -> AskedAccess:
    return AskedAccess(
        id="a", by=who, agency=AgencyId("gss:E10000016"), reference="PC", reason="why", at=at
    )


def said(seen: list[Look], refused: list[AskedAccess] | None = None) -> list[str]:
    return [f"{one.person} {one.says}" for one in unusual(seen, refused or [])]


def test_more_concerns_than_the_threshold_within_an_hour_are_unusual_and_no_fewer() -> None:
    enough = [look(n, NOW + n * MINUTE) for n in range(MANY)]

    assert said(enough) == []
    assert said([*enough, look(MANY, NOW + MANY * MINUTE)]) == [
        f"leo-1 opened {MANY + 1} concerns within an hour"
    ]
    assert said([*enough, look(0, NOW + MANY * MINUTE)]) == []
    assert said([*enough, look(MANY, NOW + MANY * MINUTE, "leo-2")]) == []


def test_the_hour_moves_on_and_what_fell_out_of_it_counts_no_more() -> None:
    slow = [look(n, NOW + n * 4 * MINUTE) for n in range(100)]
    fast = [look(n, NOW + n * 2 * MINUTE) for n in range(100)]

    assert said(slow) == []
    assert said(list(reversed(fast))) == ["leo-1 opened 30 concerns within an hour"]


def test_a_page_that_lists_every_concern_is_one_look_and_not_a_hundred() -> None:
    leaves = [
        Logged(seq=n, kind="concern.seen", at=NOW, data=note.data)
        for n, note in enumerate(
            leaf("concern.seen", NOW, ConcernId(f"c-{n}"), person="leo-1", page="work")
            for n in range(100)
        )
    ]

    (found,) = looks(leaves)

    assert found.many == 100
    assert said([found]) == []


def test_each_look_by_emergency_access_is_unusual_and_counted_by_its_access() -> None:
    seen = [look(1, NOW, "leo-9", "a-1"), look(1, NOW + MINUTE, "leo-9", "a-1")]
    seen.append(look(2, NOW, "leo-8", "a-2"))

    assert said(seen) == [
        "leo-9 read 2 pages of another authority’s concern",
        "leo-8 read 1 page of another authority’s concern",
    ]


def test_refusals_within_a_day_are_unusual_and_spread_out_they_are_not() -> None:
    hour = timedelta(hours=1)
    close = [refusal(NOW + n * hour) for n in range(REFUSED)]
    spread = [refusal(NOW + n * 13 * hour) for n in range(REFUSED)]

    assert said([], close) == [f"leo-9 was refused emergency access {REFUSED} times within a day"]
    assert said([], spread) == []
    assert said([], close[1:]) == []


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"],  # full width too
)
def test_no_cell_of_the_file_is_read_as_a_formula(cell: str) -> None:
    row = Row(
        at=NOW,
        who=cell,
        person=cell,
        organisation=cell,
        concerns=cell,
        page=cell,
        emergency=False,
    )

    (_, read) = list(csv.reader(io.StringIO(csv_of([row]).decode(), newline="")))

    assert read[0] == "2027-04-15T09:00:00Z"
    assert read[1:6] == [f"'{cell}"] * 5


def test_a_cell_that_is_no_formula_stays_as_it_is() -> None:
    assert [harmless(cell) for cell in ("leo-1", "", "A=1", 'say "hi", Ann')] == [
        "leo-1",
        "",
        "A=1",
        'say "hi", Ann',
    ]
