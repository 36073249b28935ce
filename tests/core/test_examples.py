"""The story in examples/: every type has its file, all decode, and it can be told in its order."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from hub.concern import CannotFollow, Concern, after
from hub.events import EVENTS
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.vocabulary import Ending

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
FILES: Final = sorted(path.name for path in EXAMPLES.glob("*.json"))
README: Final = (EXAMPLES / "README.md").read_text()
STORY: Final = re.findall(r"^\d+\. `([a-z-]+\.json)`", README, re.MULTILINE)


def read(file: str) -> Event:
    event = decode((EXAMPLES / file).read_bytes(), STRUCTURED, {})
    assert isinstance(event, Event), event
    return event


@pytest.mark.parametrize("file", FILES)
def test_each_example_decodes(file: str) -> None:
    assert read(file).partnership == "west-sussex"


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_event_type_has_an_example_of_its_name(name: str) -> None:
    assert read(f"{name.replace('.', '-')}.json").name == name


def test_the_readme_names_each_file_once() -> None:
    named = re.findall(r"`([a-z-]+\.json)`", README)

    assert sorted(named) == FILES


def test_ids_are_unique_and_times_are_in_the_storys_order() -> None:
    events = [read(file) for file in STORY]

    assert len({event.id for event in map(read, FILES)}) == len(FILES)
    assert [e.occurred for e in events] == sorted(e.occurred for e in events)


def test_M100_the_story_folds_from_opening_to_an_authorised_closure() -> None:
    concern: Concern | None = None

    for file in STORY:
        then = after(concern, read(file))
        assert not isinstance(then, CannotFollow), (file, then)
        concern = then

    assert concern is not None
    assert concern.closure_authorised is not None
    assert concern.closure_authorised.ending is Ending.IMPROVED
    assert not concern.holds


def test_M105_the_other_road_follows_from_its_place_in_the_story() -> None:
    concern: Concern | None = None
    for file in STORY[: STORY.index("hold-released.json") + 1]:
        then = after(concern, read(file))
        assert not isinstance(then, CannotFollow)
        concern = then

    ended = after(concern, read("emergency-closure-cqc.json"))

    assert not isinstance(ended, CannotFollow)
    assert ended.emergency is not None


def test_telephone_numbers_are_those_kept_for_drama() -> None:
    numbers = re.findall(r"\+44 [\d ]+", " ".join(p.read_text() for p in EXAMPLES.glob("*.json")))

    assert numbers
    assert all(number.startswith("+44 1632 960") for number in numbers)


def test_examples_are_written_in_one_way() -> None:
    for file in FILES:
        text = (EXAMPLES / file).read_text()
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
