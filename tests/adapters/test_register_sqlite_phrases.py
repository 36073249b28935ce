"""What is written once for SQLite is said each time with the values of that time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
from sqlalchemy import Boolean, Column, MetaData, Table, Text, bindparam, select
from sqlalchemy.dialects import sqlite

from hub.adapters.register.columns import Moment
from hub.adapters.register.sqlite_phrases import Asked, Phrasebook
from hub.ports import RegisterRefused

NAMED = Table(
    "named",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("at", Moment),
    Column("heard", Boolean),
)
NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)


def test_a_statement_that_is_alike_is_said_with_its_own_values() -> None:
    book = Phrasebook()

    def asked(at: datetime, id_: str) -> Asked:
        statement = NAMED.update().values(at=at).where(NAMED.c.id == id_, NAMED.c.at < at)
        return book.phrase(statement, ()).asked({})

    text, values = asked(NINE, "a")
    again, others = asked(TEN, "b")

    assert text == again
    assert values == [_microseconds(NINE), "a", _microseconds(NINE)]
    assert others == [_microseconds(TEN), "b", _microseconds(TEN)]


def test_what_a_row_that_is_there_becomes_is_said_with_its_own_values() -> None:
    book = Phrasebook()

    def values(at: datetime) -> list[object]:
        insert = sqlite.insert(NAMED)
        upsert = insert.on_conflict_do_update(index_elements=[NAMED.c.id], set_={"at": at})
        return book.phrase(upsert, ("id",)).asked({"id": "a"})[1]

    assert values(NINE) == ["a", _microseconds(NINE)]
    assert values(TEN) == ["a", _microseconds(TEN)]


def test_a_clock_is_read_each_time_and_each_register_reads_its_own() -> None:
    book = Phrasebook()

    def since(ticks: Iterator[int]) -> list[list[object]]:
        def ticking() -> datetime:
            return datetime.fromtimestamp(next(ticks), UTC)

        clock = bindparam("clock", callable_=ticking, type_=Moment)
        phrase = book.phrase(select(NAMED.c.id).where(NAMED.c.at < clock), ())
        return [phrase.asked({})[1] for _ in range(2)]

    assert since(count(1)) == [[1_000_000], [2_000_000]]
    assert since(count(7)) == [[7_000_000], [8_000_000]]


@pytest.mark.parametrize(
    ("some", "marks"), [([], "()"), (["a"], "(?)"), (["a", "b", "c"], "(?,?,?)")]
)
def test_a_list_is_as_long_as_it_is_each_time(some: list[str], marks: str) -> None:
    among = NAMED.c.id.in_(bindparam("ids", expanding=True))
    statement = select(NAMED.c.id).where(NAMED.c.heard == bindparam("heard"), among).limit(5)

    text, values = (
        Phrasebook().phrase(statement, ("ids", "heard")).asked({"ids": some, "heard": True})
    )

    assert f"named.id IN {marks}" in text
    assert values[:-2] == [1, *some]
    assert values[-2] == 5


def test_what_comes_back_is_what_the_register_means() -> None:
    phrase = Phrasebook().phrase(select(NAMED), ())

    rows = phrase.rows(["id", "at", "heard"], [("a", _microseconds(NINE), 1), ("b", None, 0)])

    assert rows == [
        {"id": "a", "at": NINE, "heard": True},
        {"id": "b", "at": None, "heard": False},
    ]


@pytest.mark.parametrize("at", [datetime(2026, 1, 5, 9), "nine"])  # noqa: DTZ001 - that is the fault
def test_a_time_without_a_zone_is_refused_before_it_is_written(at: object) -> None:
    phrase = Phrasebook().insertion(NAMED, ("id", "at"))

    with pytest.raises(RegisterRefused):
        phrase.asked({"id": "a", "at": at})


def test_a_value_that_nobody_gave_is_refused() -> None:
    phrase = Phrasebook().phrase(select(NAMED.c.id).where(NAMED.c.id == bindparam("of")), ())

    with pytest.raises(RegisterRefused):
        phrase.asked({})
