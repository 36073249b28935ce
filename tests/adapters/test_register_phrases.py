"""Many rows are one statement on PostgreSQL, and only where that says the same."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text
from sqlalchemy.dialects import postgresql

from hub.adapters.register.phrases import Phrasebook

NAMED = Table("named", MetaData(), Column("id", Text, primary_key=True), Column("says", Text))
COLUMNS = ("id", "says")
INSERT = postgresql.insert(NAMED)


def test_many_rows_that_may_be_there_already_are_one_statement() -> None:
    once = INSERT.on_conflict_do_nothing(index_elements=[NAMED.c.id]).returning(NAMED.c.id)

    phrase = Phrasebook().phrase(once, COLUMNS)

    assert phrase.whole == (
        "INSERT INTO named (id, says) SELECT * FROM unnest($1::TEXT[], $2::TEXT[])"
        " ON CONFLICT (id) DO NOTHING RETURNING named.id"
    )
    assert phrase.at_once([{"id": "a", "says": "x"}, {"id": "a", "says": "y"}])


def test_rows_that_update_the_same_row_are_written_one_after_another() -> None:
    upsert = INSERT.on_conflict_do_update(
        index_elements=[NAMED.c.id], set_={"says": INSERT.excluded.says}
    )

    phrase = Phrasebook().phrase(upsert, COLUMNS)

    assert phrase.at_once([{"id": "a", "says": "x"}, {"id": "b", "says": "x"}])
    assert not phrase.at_once([{"id": "a", "says": "x"}, {"id": "a", "says": "y"}])


def test_an_insert_with_a_value_of_its_own_has_no_form_for_many() -> None:
    phrase = Phrasebook().phrase(INSERT.values(says="always"), ("id",))

    assert not phrase.at_once([{"id": "a"}, {"id": "b"}])


def test_what_changes_rows_has_no_form_for_many() -> None:
    phrase = Phrasebook().phrase(NAMED.update().values(says="gone"), ())

    assert not phrase.at_once([{}, {}])
