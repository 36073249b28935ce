"""Statements as PostgreSQL's driver reads them: an insert of one row, said of many."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import insert

from hub.adapters.register.phrases import Phrasebook

NOTE = Table(
    "note",
    MetaData(),
    Column("seq", Integer, primary_key=True),
    Column("id", Text, unique=True),
    Column("says", Text),
)
ROWS = [{"id": "1", "says": "a"}, {"id": "2", "says": "b"}]


def test_many_rows_are_one_statement_that_says_the_same_of_each() -> None:
    once = insert(NOTE).on_conflict_do_nothing(index_elements=[NOTE.c.id]).returning(NOTE.c.seq)

    many = Phrasebook().many(once, ROWS[0])

    assert many is not None
    assert many.text == (
        "INSERT INTO note (id, says) SELECT * FROM unnest($1::VARCHAR[], $2::VARCHAR[])"
        " ON CONFLICT (id) DO NOTHING RETURNING note.seq"
    )
    assert many.columns(ROWS) == [["1", "2"], ["a", "b"]]


def test_a_row_that_may_be_changed_by_another_of_its_batch_goes_by_itself() -> None:
    upsert = insert(NOTE)
    changing = upsert.on_conflict_do_update(
        index_elements=[NOTE.c.id], set_={"says": upsert.excluded["says"]}
    )

    assert Phrasebook().many(changing, ROWS[0]) is None


@pytest.mark.parametrize("given", [("id",), ("id", "says")])
def test_a_value_that_the_statement_brings_is_not_left_out(given: tuple[str, ...]) -> None:
    fixed = insert(NOTE).values(says="always this")

    many = Phrasebook().many(fixed, given)

    assert many is None or many.names == ("id", "says")


def test_what_is_no_insert_is_not_said_of_many() -> None:
    assert Phrasebook().many(NOTE.update().values(says="b"), ROWS[0]) is None
