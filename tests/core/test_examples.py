"""The story in examples/: all decode, each is named for its type, and it can be told in its order.

An event type without a file there has its event in the corpus (tests/corpus/v1).
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from hub.concern import CannotFollow, Concern, after
from hub.events import EVENTS
from hub.events.decode import STRUCTURED, decode
from hub.events.envelope import Event
from hub.vocabulary import Ending
from tests.corpus.kept import old_events

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
FILES: Final = sorted(path.name for path in EXAMPLES.glob("*.json"))
README: Final = (EXAMPLES / "README.md").read_text()
FULLEST: Final = [old for old in old_events() if old.made == "full"]
STORY: Final = re.findall(r"^\d+\. `([a-z0-9-]+\.json)`", README, re.MULTILINE)


def read(file: str) -> Event:
    event = decode((EXAMPLES / file).read_bytes(), STRUCTURED, {})
    assert isinstance(event, Event), event
    return event


@cache
def events_of_every_type() -> dict[str, Event]:
    """Return one event of each type: its example, or where there is none the corpus's fullest."""
    found = {old.name: decode(old.body.encode(), STRUCTURED, {}) for old in FULLEST}
    told = {name: read(file) for name in EVENTS if (file := f"{_stem(name)}.json") in FILES}
    whole = {**found, **told}
    return {name: one for name, one in whole.items() if isinstance(one, Event)}


def _stem(name: str) -> str:
    return name.replace(".", "-")


@pytest.mark.parametrize("file", FILES)
def test_each_example_decodes_and_is_named_for_its_type(file: str) -> None:
    event = read(file)

    assert event.partnership == "west-sussex"
    assert f"{file.removesuffix('.json')}-".startswith(f"{_stem(event.name)}-")


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_each_event_type_has_an_example_of_its_name_or_an_event_in_the_corpus(name: str) -> None:
    event = events_of_every_type()[name]

    assert event.name == name
    assert isinstance(event.data, EVENTS[name])


def test_the_readme_names_each_file_once() -> None:
    named = re.findall(r"`([a-z0-9-]+\.json)`", README)

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
