"""`hub schema` prints the contract, or writes it as files, the same each time."""

import json
from pathlib import Path

from typer.testing import CliRunner

from hub.cli import app
from hub.events import EVENTS
from hub.events.asyncapi import ASYNCAPI
from hub.events.schema import event_schema


def said(*words: str) -> str:
    result = CliRunner().invoke(app, ["schema", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_one_event_is_printed_as_its_schema() -> None:
    assert json.loads(said("concern.opened")) == event_schema("concern.opened")


def test_the_whole_contract_is_printed_as_one_document() -> None:
    document = json.loads(said("--asyncapi"))

    assert document["asyncapi"] == ASYNCAPI
    assert EVENTS.keys() <= document["components"]["messages"].keys()


def test_the_contract_is_written_as_one_file_an_event_with_the_same_bytes_each_time(
    tmp_path: Path,
) -> None:
    one, other = tmp_path / "deep" / "one", tmp_path / "other"

    printed = said("--out", str(one))
    said("--out", str(other))

    written = {path.name: path.read_bytes() for path in one.iterdir()}
    assert printed.startswith(f"{len(EVENTS) + 1} files")
    assert written == {path.name: path.read_bytes() for path in other.iterdir()}
    assert json.loads(written["concern.opened.json"]) == event_schema("concern.opened")
    assert json.loads(written["asyncapi.json"]) == json.loads(said("--asyncapi"))


def test_an_event_type_that_does_not_exist_is_refused_with_those_that_do() -> None:
    result = CliRunner().invoke(app, ["schema", "concern.closed"])

    assert result.exit_code == 1
    assert "concern.opened" in str(result.exception)
