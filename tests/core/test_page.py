"""Pages: what several of them write is written, all of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hub.page import Page, together
from hub.vocabulary import ConcernId
from tests.worlds import START

EMPTY = Page(
    id=ConcernId("019ac1d2-7400-7000-8000-000000000001"), concern=None, version=7, at=START
)
NOT_LISTS = {"id", "concern", "version", "at", "holds"}


def with_one_of_each(number: int) -> Page:
    """A page that lists one thing under every name, each of them this page's own."""
    listed: dict[str, Any] = {
        each.name: (f"{each.name} {number}",) for each in fields(Page) if each.name not in NOT_LISTS
    }
    return replace(EMPTY, **listed)


def test_nothing_that_a_page_lists_is_lost_where_several_are_written_as_one() -> None:
    whole = together([with_one_of_each(1), with_one_of_each(2), EMPTY])

    for each in fields(Page):
        if each.name not in NOT_LISTS:
            assert getattr(whole, each.name) == (f"{each.name} 1", f"{each.name} 2")
    assert (whole.id, whole.version, whole.at) == (EMPTY.id, 7, START)


def test_one_page_alone_is_that_page() -> None:
    assert together([with_one_of_each(1)]) == with_one_of_each(1)
