"""Many rows are one statement on PostgreSQL, and only where that says the same."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, Table, Text, bindparam
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


def test_rows_that_are_found_by_one_value_each_are_changed_by_one_statement() -> None:
    change = NAMED.update().where(NAMED.c.id == bindparam("of")).values(says=bindparam("word"))

    phrase = Phrasebook().phrase(change, ("of", "word"))

    assert phrase.whole == (
        "UPDATE named SET says=given.v1 FROM unnest($1::VARCHAR[], $2::VARCHAR[]) AS given(v1, v2)"
        " WHERE named.id = given.v2"
    )
    assert phrase.columns([{"of": "a", "word": "x"}, {"of": "b", "word": "y"}]) == [
        ["x", "y"],
        ["a", "b"],
    ]
    assert phrase.at_once([{"of": "a", "word": "x"}, {"of": "b", "word": "x"}])
    assert not phrase.at_once([{"of": "a", "word": "x"}, {"of": "a", "word": "y"}])


def test_rows_that_are_found_by_more_than_one_value_have_no_form_for_many() -> None:
    both = (NAMED.c.id == bindparam("of")) & (NAMED.c.says == bindparam("was"))

    phrase = Phrasebook().phrase(
        NAMED.update().where(both).values(says=bindparam("word")), ("of", "was", "word")
    )

    assert not phrase.whole


def test_statements_that_do_not_see_one_another_are_one_and_their_values_follow() -> None:
    book = Phrasebook()
    last = "INSERT INTO other SELECT $1, $2 RETURNING id"

    joined = book.together(("DELETE FROM named WHERE id = ANY ($1)", "UPDATE x SET y = $1", last))

    assert joined == (
        "WITH deed_0 AS (DELETE FROM named WHERE id = ANY ($1)),"
        " deed_1 AS (UPDATE x SET y = $2) INSERT INTO other SELECT $3, $4 RETURNING id"
    )
    assert book.together((last,)) == last
