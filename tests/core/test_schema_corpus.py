"""What was once taken is always taken, and means the same: the corpus of version 1."""

import json
from pathlib import Path
from typing import Final

import pytest

from hub.events import EVENTS
from tests.corpus.kept import (
    ENVELOPE,
    Old,
    add,
    broken,
    incompatible,
    missing,
    old_events,
    old_schemas,
    schemas_now,
    unrecorded,
)

CORPUS: Final = old_events()


@pytest.mark.parametrize("old", CORPUS, ids=lambda old: f"{old.name} {old.made}")
def test_each_old_event_is_still_taken_byte_for_byte_and_means_the_same(old: Old) -> None:
    assert broken(old) == []


def test_the_corpus_holds_every_event_type_full_and_spare() -> None:
    held = {(old.name, old.made) for old in CORPUS}

    assert missing() == [], "`make contract` writes them down"
    assert {(name, made) for name in EVENTS for made in ("full", "spare")} <= held


def test_each_schema_takes_all_that_it_took_when_it_was_written_down() -> None:
    assert "\n".join(incompatible(old_schemas(), schemas_now())) == ""


def test_a_schema_that_grew_is_written_down() -> None:
    assert unrecorded(old_schemas(), schemas_now()) == [], "`make contract` writes them down"


def test_the_fullest_event_has_every_field_that_its_model_lets_stand() -> None:
    (full,) = (o for o in CORPUS if (o.name, o.made) == ("concern.opened", "full"))
    data = json.loads(full.body)["data"]

    assert data.keys() == EVENTS["concern.opened"].model_fields.keys()


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('"reason"', '"reasons"', "is not a field"),
        ('"policypack":"west-sussex"', '"policypack":""', "must not be empty"),
        ("Rosewood House", "Rosewood Hall", "was read as"),
    ],
)
def test_an_old_event_that_is_refused_or_read_otherwise_is_found(
    was: str, becomes: str, says: str
) -> None:
    (old,) = (o for o in CORPUS if (o.name, o.made) == ("lead.agency.set", "full"))
    assert was in old.body
    changed = Old(
        name=old.name, made=old.made, body=old.body.replace(was, becomes), meant=old.meant
    )

    assert any(says in fault for fault in broken(changed))


def test_what_is_read_besides_may_be_new_and_what_was_read_may_not_go() -> None:
    (old,) = (o for o in CORPUS if (o.name, o.made) == ("lead.agency.set", "full"))
    data = old.meant["data"]
    less = {k: v for k, v in data.items() if k != "reason"}

    def as_meant(meant: dict[str, object]) -> Old:
        return Old(name=old.name, made="", body=old.body, meant={**old.meant, "data": meant})

    assert broken(as_meant(less)) == []
    assert any("is not read any more" in f for f in broken(as_meant(data | {"gone": 1})))


def test_adding_writes_what_is_missing_and_leaves_what_stands(tmp_path: Path) -> None:
    assert missing(tmp_path) == sorted(EVENTS)
    assert set(add(tmp_path)) == {*EVENTS, ENVELOPE}
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    (tmp_path / "events.jsonl").write_text(
        "".join(f"{line}\n" for line in lines if json.loads(line)["name"] != "themes.agreed")
    )

    assert missing(tmp_path) == ["themes.agreed"]
    assert add(tmp_path) == ["themes.agreed"]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert add(tmp_path) == []


def test_adding_refuses_a_schema_that_narrowed_until_nobody_was_promised_it(
    tmp_path: Path,
) -> None:
    add(tmp_path)
    path = tmp_path / "schemas.jsonl"
    schemas = [json.loads(line) for line in path.read_text().splitlines()]
    (lead,) = (each["schema"] for each in schemas if each["name"] == "lead.agency.set")
    lead["properties"]["kind"]["enum"].append("police")
    path.write_text("".join(f"{json.dumps(each)}\n" for each in schemas))
    before = path.read_bytes()

    with pytest.raises(ValueError, match=r"lead\.agency\.set/kind: `police` is no longer taken"):
        add(tmp_path)
    assert path.read_bytes() == before
    assert add(tmp_path, anew=["lead.agency.set"]) == ["lead.agency.set"]
