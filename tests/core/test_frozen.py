"""A frozen record but for some fields: the same as the standard library's, for every record."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub.frozen import replace
from hub.page import Page, Standing
from hub.plan import plan
from tests.core.story import shared_tools
from tests.worlds import START, opened


def written() -> Page:
    return plan(Standing(), [opened()], shared_tools(), START)


def test_every_field_of_every_record_of_a_page_is_copied_as_dataclasses_would() -> None:
    page = written()
    records: list[Any] = [
        page,
        page.concern,
        *page.decisions,
        *page.notices,
        *page.obligations,
        *page.leaves,
    ]
    for record in records:
        for one in dataclasses.fields(record):
            value = getattr(record, one.name)
            assert replace(record, **{one.name: value}) == record
            changed = replace(record, **{one.name: object})
            assert changed == dataclasses.replace(record, **{one.name: object})
            assert getattr(changed, one.name) is object
            assert getattr(record, one.name) is value


def test_a_field_that_a_record_has_not_is_an_error() -> None:
    with pytest.raises(TypeError, match="Page has no pagee"):
        replace(written(), pagee=1)  # type: ignore[call-arg]


def test_a_record_that_is_more_than_its_fields_is_refused_rather_than_half_copied() -> None:
    @dataclass(frozen=True)
    class Counted:
        name: str
        known: dict[str, str] = field(default_factory=dict, init=False)

    @dataclass(frozen=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            assert self.name

    for record in (Counted("a"), Checked("a")):
        with pytest.raises(TypeError, match="is more than its fields"):
            replace(record, name="b")


def test_a_record_without_slots_is_copied_too() -> None:
    @dataclass(frozen=True)
    class Plain:
        name: str
        age: int = 3

    assert replace(Plain("a", 5), name="b") == Plain("b", 5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(Plain("a"), age=1).age = 2  # type: ignore[misc]
