"""The corpus makes an event for any model by itself, whatever its fields ask of each other."""

import json
from datetime import date
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, model_validator

from hub.events import EVENTS
from hub.events.model import PROCESS, THEMES, Code, Count, EventData, Line, Moment, Text
from tests.corpus.making import NothingFits, accepted, fullest, sparest


class Ordered(EventData):
    """M001: one thing comes after another."""

    wire: ClassVar[str] = "made.ordered"

    starts: Annotated[Moment, PROCESS]
    ends: Annotated[Moment, PROCESS]
    due: Annotated[date, PROCESS]
    done: Annotated[date | None, PROCESS] = None

    @model_validator(mode="after")
    def _in_order(self) -> "Ordered":
        if self.ends <= self.starts or (self.done and self.done <= self.due):
            raise ValueError
        return self


class OneOfThree(EventData):
    """M001: exactly one of three."""

    wire: ClassVar[str] = "made.one"

    agency: Annotated[Code | None, PROCESS] = None
    name: Annotated[Line | None, PROCESS] = None
    words: Annotated[Text | None, THEMES] = None

    @model_validator(mode="after")
    def _one(self) -> "OneOfThree":
        if sum(each is not None for each in (self.agency, self.name, self.words)) != 1:
            raise ValueError
        return self


class Depending(EventData):
    """M001: what must be said depends on the kind; no agency twice."""

    wire: ClassVar[str] = "made.depending"

    kind: Annotated[Literal["never", "with words", "bare"], PROCESS]
    words: Annotated[Text | None, THEMES] = None
    agencies: Annotated[tuple[Code, ...], PROCESS, Field(min_length=2, max_length=5)]
    hours: Annotated[int, PROCESS, Field(ge=1, le=72)]
    counts: Annotated[dict[Line, Count], THEMES] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _depends(self) -> "Depending":
        said = (self.kind == "with words") == (self.words is not None)
        if self.kind == "never" or not said or len({*self.agencies}) != len(self.agencies):
            raise ValueError
        return self


class Impossible(EventData):
    """M001: no event of this type is ever taken."""

    wire: ClassVar[str] = "made.impossible"

    name: Annotated[Line, PROCESS]

    @model_validator(mode="after")
    def _never(self) -> "Impossible":
        raise ValueError


@pytest.mark.parametrize("model", [Ordered, OneOfThree, Depending])
def test_an_event_is_made_that_its_model_takes_and_it_is_the_same_each_time(
    model: type[EventData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EVENTS, model.wire, model)

    full, spare = fullest(model.wire), sparest(model.wire)

    assert accepted(full) is not None
    assert accepted(spare) is not None
    assert (fullest(model.wire), sparest(model.wire)) == (full, spare)
    assert len(json.loads(spare)["data"]) <= len(json.loads(full)["data"])


def test_a_model_that_takes_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVENTS, Impossible.wire, Impossible)

    with pytest.raises(NothingFits, match=r"made\.impossible"):
        fullest(Impossible.wire)
