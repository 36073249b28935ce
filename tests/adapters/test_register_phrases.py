"""Many rows are one statement on PostgreSQL, and only where that says the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam
from sqlalchemy.dialects import postgresql

from hub.adapters.register.at_once import BETWEEN, FEW, MOST_FORMS, MOST_PARTS
from hub.adapters.register.columns import moment
from hub.adapters.register.phrases import Phrasebook
from hub.ports import RegisterRefused

NAMED = Table("named", MetaData(), Column("id", Text, primary_key=True), Column("says", Text))
COLUMNS = ("id", "says")
INSERT = postgresql.insert(NAMED)
COUNTED = Table(
    "counted", MetaData(), Column("number", Integer), Column("says", Text), moment("at")
)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_many_rows_that_may_be_there_already_are_one_statement() -> None:
    once = INSERT.on_conflict_do_nothing(index_elements=[NAMED.c.id]).returning(NAMED.c.id)

    phrase = Phrasebook().phrase(once, COLUMNS)

    assert phrase.at_once([{"id": "a", "says": "x"}, {"id": "a", "says": "y"}]) == (
        (
            "INSERT INTO named (id, says) SELECT c1, c2 FROM unnest($1::TEXT[], $2::TEXT[])"
            " AS given(c1, c2) ON CONFLICT (id) DO NOTHING RETURNING named.id"
        ),
        [["a", "a"], ["x", "y"]],
    )


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

    assert phrase.at_once([{"of": "a", "word": "x"}, {"of": "b", "word": "y"}]) == (
        (
            "UPDATE named SET says=given.v1"
            " FROM unnest($1::VARCHAR[], $2::VARCHAR[]) AS given(v1, v2)"
            " WHERE named.id = given.v2"
        ),
        [["x", "y"], ["a", "b"]],
    )
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


def test_what_many_rows_share_is_given_once_and_their_words_as_one_text() -> None:
    rows = [{"number": n, "says": f"line {n}", "at": NOON} for n in range(FEW)]

    text, given = Phrasebook().insertion(COUNTED, rows)

    assert text == (
        "INSERT INTO counted (number, says, at) SELECT c1, c2, $3::TIMESTAMP WITH TIME ZONE"
        " FROM unnest($1::INTEGER[], string_to_array($2::TEXT, E'\\x1f')) AS given(c1, c2)"
    )
    assert given == [[*range(FEW)], BETWEEN.join(f"line {n}" for n in range(FEW)), NOON]


@pytest.mark.parametrize("odd", [None, f"a{BETWEEN}b", BETWEEN])
def test_words_that_one_text_cannot_tell_apart_go_by_themselves(odd: str | None) -> None:
    says = ["", odd, *map(str, range(FEW))]

    text, given = Phrasebook().insertion(NAMED, [{"id": one, "says": one} for one in says])

    assert "string_to_array" not in text
    assert given == [says, says]


def test_rows_that_are_all_the_same_are_as_many_as_were_given() -> None:
    text, given = Phrasebook().insertion(NAMED, [{"id": "a", "says": None}] * FEW)

    assert "SELECT c1, $2::TEXT FROM unnest($1::TEXT[]) AS given(c1)" in text
    assert given == [["a"] * FEW, None]


def test_rows_of_which_the_first_and_the_last_alone_are_alike_keep_what_each_says() -> None:
    says = ["a", *(f"line {n}" for n in range(FEW)), "a"]
    rows = [{"id": f"id {n}", "says": one} for n, one in enumerate(says)]

    _, given = Phrasebook().insertion(NAMED, rows)

    assert given[1] == BETWEEN.join(says)


def test_an_insert_is_written_in_so_many_ways_and_no_more() -> None:
    many = [f"c{n}" for n in range(8)]
    table = Table("many", MetaData(), *(Column(name, Text) for name in many))
    book, written = Phrasebook(), set()

    for which in range(2 ** len(many)):
        rows = [
            {name: "same" if which >> n & 1 else str(row) for n, name in enumerate(many)}
            for row in range(FEW)
        ]
        written.add(book.insertion(table, rows)[0])

    # One more: whole arrays, for whatever would need another way.
    assert len(written) == MOST_FORMS + 1


@pytest.mark.parametrize("many", [1, 2, FEW])
def test_a_part_of_a_statement_reads_the_same_for_any_number_of_ordinary_rows(many: int) -> None:
    rows = [{"number": 7, "says": f"line {n}", "at": NOON} for n in range(many)]

    text, given = Phrasebook().insertion_as_part(COUNTED, rows)

    assert text == (
        "INSERT INTO counted (number, says, at) SELECT c1, c2, c3 FROM unnest($1::INTEGER[],"
        " string_to_array($2::TEXT, E'\\x1f'), $3::TIMESTAMP WITH TIME ZONE[])"
        " AS given(c1, c2, c3)"
    )
    assert given == [[7] * many, BETWEEN.join(f"line {n}" for n in range(many)), [NOON] * many]


@pytest.mark.parametrize("says", [[""], ["a", None], [f"a{BETWEEN}b", "c"]])
def test_words_that_one_text_cannot_hold_go_by_themselves_in_a_part_too(
    says: list[str | None],
) -> None:
    rows = [{"id": f"{n}", "says": one} for n, one in enumerate(says)]

    _, given = Phrasebook().insertion_as_part(NAMED, rows)

    assert given == [BETWEEN.join(f"{n}" for n in range(len(says))), says]


def test_what_no_row_has_is_said_once_in_a_part() -> None:
    rows = [{"id": f"{n}", "says": None} for n in range(2)]

    text, given = Phrasebook().insertion_as_part(NAMED, rows)

    assert "SELECT c1, $2::TEXT FROM unnest(string_to_array($1::TEXT" in text
    assert given == [f"0{BETWEEN}1", None]


def test_a_change_of_found_rows_is_a_part_with_its_words_as_one_text() -> None:
    change = NAMED.update().where(NAMED.c.id == bindparam("of")).values(says=bindparam("word"))
    phrase = Phrasebook().phrase(change, ("of", "word"))

    assert phrase.said_of([{"of": "a", "word": "x"}, {"of": "b", "word": "y"}]) == (
        (
            "UPDATE named SET says=given.v1 FROM unnest(string_to_array($1::TEXT, E'\\x1f'),"
            " string_to_array($2::TEXT, E'\\x1f')) AS given(v1, v2) WHERE named.id = given.v2"
        ),
        [f"x{BETWEEN}y", f"a{BETWEEN}b"],
    )
    with_nothing = phrase.said_of([{"of": "a", "word": None}, {"of": "b", "word": None}])
    assert with_nothing is not None
    assert with_nothing[1] == [[None, None], ["a", "b"]]


def test_a_part_is_written_in_few_ways_since_those_of_all_parts_multiply() -> None:
    many = [f"c{n}" for n in range(4)]
    table = Table("parts", MetaData(), *(Column(name, Text) for name in many))
    book, written = Phrasebook(), set()

    for which in range(2 ** len(many)):
        row = {name: None if which >> n & 1 else "words" for n, name in enumerate(many)}
        written.add(book.insertion_as_part(table, [row, row])[0])

    assert len(written) == MOST_PARTS + 1


@pytest.mark.parametrize("many", [1, FEW])
def test_a_time_without_a_zone_is_refused(many: int) -> None:
    naive = NOON.replace(tzinfo=None)
    rows = [{"number": n, "says": "", "at": naive} for n in range(many)]

    with pytest.raises(RegisterRefused):
        Phrasebook().insertion(COUNTED, rows)
    with pytest.raises(RegisterRefused):
        Phrasebook().insertion_as_part(COUNTED, rows)
