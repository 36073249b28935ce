"""What the marks on an event's fields say: facts, whom it names, which variant it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from hub.events import EVENTS
from hub.events.marks import (
    TwoClasses,
    certain_facts,
    fact_classes,
    facts_of,
    may_lack_variant,
    named_by,
    one_class,
    variant_of,
    variants_of,
)
from hub.events.model import (
    PLACED_ADULT,
    PROCESS,
    THEMES,
    Code,
    Data,
    EventData,
    Fact,
    Line,
    Moment,
    Names,
    Person,
    Variant,
)
from hub.vocabulary import AgencyId, InfoClass, PoliceAdvice, Role

SURREY = AgencyId("gss:E10000030")
HAMPSHIRE = AgencyId("gss:E10000014")
FIRE = AgencyId("unit:west-sussex-fire")
ADVOCACY = AgencyId("unit:west-sussex-advocacy")
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


class Visit(Data):
    """A part of an event, with facts and a name of its own."""

    by: Annotated[Code, PROCESS, Names(Role.ADVOCACY)]
    adult: Annotated[Line, PLACED_ADULT, Fact("visited")]
    on: Annotated[date | None, PROCESS, Fact("visited_on")] = None


class Visited(EventData):
    """An event that has every kind of mark."""

    wire: ClassVar[str] = "people.visited"

    commissioner: Annotated[Code, PROCESS, Names()]
    others: Annotated[tuple[Code, ...], PROCESS, Names(), Field(max_length=9)] = ()
    service: Annotated[Code | None, PROCESS, Names(Role.FIRE)] = None
    outcome: Annotated[Literal["safe", "unsafe"], THEMES, Variant(), Fact("outcome")]
    found: Annotated[tuple[Line, ...], THEMES, Fact("found")] = ()
    count: Annotated[int, THEMES, Fact("counted")]
    asked: Annotated[bool, PROCESS, Fact("asked")] = False
    at: Annotated[Moment, PROCESS, Fact("at")]
    visitor: Annotated[Person, Fact("visitor")]
    second: Annotated[Person | None, Fact("second")] = None
    visits: tuple[Visit, ...] = ()
    unmarked: Annotated[Line, PROCESS] = "not a fact"


def visited(**more: object) -> Visited:
    return Visited.model_validate(
        {
            "commissioner": SURREY,
            "outcome": "safe",
            "count": 2,
            "at": NOON,
            "visitor": {"name": "Alex Morgan", "role": "Nurse", "phone": "01632 960100"},
            **more,
        }
    )


def test_a_fact_has_the_class_of_its_field_and_what_is_not_marked_is_none() -> None:
    said = {fact.name: (fact.info, fact.values) for fact in facts_of(visited())}

    assert said == {
        "outcome": (InfoClass.THEMES, ("safe",)),
        "counted": (InfoClass.THEMES, (2,)),
        "at": (InfoClass.PROCESS, (NOON,)),
        "visitor_name": (InfoClass.PROCESS, ("Alex Morgan",)),
        "visitor_phone": (InfoClass.PROCESS, ("01632 960100",)),
    }


def test_a_person_without_a_number_has_a_name_alone() -> None:
    said = {fact.name for fact in facts_of(visited(second={"name": "Jo Field", "role": "GP"}))}

    assert "second_name" in said
    assert "second_phone" not in said


def test_what_is_said_of_several_parts_is_one_fact_in_their_order() -> None:
    event = visited(
        found=["falls", "bruises"],
        visits=[
            {"by": ADVOCACY, "adult": "SCC-1", "on": "2026-12-01"},
            {"by": ADVOCACY, "adult": "SCC-2"},
        ],
    )

    said = {fact.name: (fact.info, fact.values) for fact in facts_of(event)}

    assert said["found"] == (InfoClass.THEMES, ("falls", "bruises"))
    assert said["visited"] == (InfoClass.PLACED_ADULT, ("SCC-1", "SCC-2"))
    assert said["visited_on"] == (InfoClass.PROCESS, (date(2026, 12, 1),))


def test_only_what_every_event_of_a_type_has_is_certain() -> None:
    assert certain_facts(Visited) == {"outcome", "counted", "at", "visitor_name"}


@pytest.mark.parametrize("model", EVENTS.values(), ids=lambda model: model.wire)
def test_every_fact_of_every_event_type_has_one_class_and_the_certain_are_among_them(
    model: type[EventData],
) -> None:
    assert certain_facts(model) <= fact_classes([model]).keys()
    assert fact_classes([model]).items() <= fact_classes(EVENTS.values()).items()


def test_one_name_for_two_classes_is_a_broken_promise() -> None:
    class Themed(EventData):
        wire: ClassVar[str] = "one"
        what: Annotated[Line, THEMES, Fact("what")]

    class Processed(EventData):
        wire: ClassVar[str] = "two"
        what: Annotated[Line, PROCESS, Fact("what")]

    with pytest.raises(TwoClasses, match=r"`what` \(themes and process\)"):
        fact_classes([Themed, Processed])
    with pytest.raises(TwoClasses):
        one_class({"what": InfoClass.THEMES}, {"what": InfoClass.PROCESS})


def test_tables_that_agree_are_one_table() -> None:
    one, other = {"a": InfoClass.THEMES}, {"a": InfoClass.THEMES, "b": InfoClass.PROCESS}

    assert one_class(one, other) == {"a": InfoClass.THEMES, "b": InfoClass.PROCESS}


def test_an_event_names_agencies_with_the_part_they_join_in() -> None:
    event = visited(others=[HAMPSHIRE], service=FIRE, visits=[{"by": ADVOCACY, "adult": "SCC-1"}])

    assert named_by(event) == {
        (SURREY, None),
        (HAMPSHIRE, None),
        (FIRE, Role.FIRE),
        (ADVOCACY, Role.ADVOCACY),
    }


def test_whoever_joins_by_what_an_event_says_as_a_whole_is_named_too() -> None:
    class Joined(EventData):
        wire: ClassVar[str] = "joined"
        agency: Annotated[Code, PROCESS]

        def joins(self) -> tuple[tuple[AgencyId, Role], ...]:
            return ((self.agency, Role.PARTICIPANT),)

    assert named_by(Joined(agency=FIRE)) == {(FIRE, Role.PARTICIPANT)}


def test_the_variant_of_an_event_is_the_value_of_its_one_marked_field() -> None:
    assert variants_of(Visited) == ("safe", "unsafe")
    assert variant_of(visited(outcome="unsafe")) == "unsafe"
    assert not may_lack_variant(Visited)


def test_a_variant_may_be_a_yes_or_no_or_a_word_of_ours_and_may_be_left_open() -> None:
    class Asked(EventData):
        wire: ClassVar[str] = "asked"
        agreed: Annotated[bool, PROCESS, Variant()]

    class Advised(EventData):
        wire: ClassVar[str] = "advised"
        advice: Annotated[PoliceAdvice | None, PROCESS, Variant()] = None

    assert variants_of(Asked) == ("yes", "no")
    assert [variant_of(Asked(agreed=yes)) for yes in (True, False)] == ["yes", "no"]
    assert variants_of(Advised) == tuple(str(advice) for advice in PoliceAdvice)
    assert may_lack_variant(Advised)
    assert variant_of(Advised()) is None
    assert variant_of(Advised(advice=PoliceAdvice.HOLD)) == "hold"


def test_an_event_type_without_a_variant_has_none() -> None:
    class Plain(EventData):
        wire: ClassVar[str] = "plain"
        what: Annotated[Line, PROCESS]

    assert variants_of(Plain) == ()
    assert variant_of(Plain(what="x")) is None
    assert not may_lack_variant(Plain)


def test_no_shipped_event_type_has_two_variants() -> None:
    for model in EVENTS.values():
        marked = [
            name
            for name, field in model.model_fields.items()
            if any(isinstance(mark, Variant) for mark in field.metadata)
        ]
        assert len(marked) <= 1, model.wire
