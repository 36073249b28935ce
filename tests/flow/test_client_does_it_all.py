"""Every operation of the API has a client method of its own name, and each is asked of a hub."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, get_args, get_origin

import pytest

from hub.client import Client
from hub.routes.api.serving import OPERATIONS
from hub.routes.openapi_before import PATHS
from tests.flow import client_elsewhere, client_in_concerns
from tests.flow.client_asked import CHAPTERS, Chapter, Hub

BESIDE: Final = {"publish_event", "read_keys"}
"""What stands beside the table of operations, and has a method too."""

NO_METHOD: Final = {
    "acknowledge_signed": "an agency's system signs it: examples/receiver/verify.py",
    "begin_session": "a sign-in without a password, on this machine alone",
    "read_openapi": "a document for tools",
}
"""Doors that the client does not use, and why."""


def methods() -> Mapping[str, Any]:
    """Return what the client can do."""
    return {
        name: method
        for name, method in inspect.getmembers(Client, inspect.isfunction)
        if not name.startswith("_")
    }


def test_B06_every_operation_has_a_client_method_of_its_own_name_and_nothing_else_has() -> None:
    table = {one.id for one in OPERATIONS}
    beside = {said["operationId"] for item in PATHS.values() for said in item.values()}

    assert methods().keys() == table | BESIDE
    assert beside == BESIDE | NO_METHOD.keys()


def test_each_method_answers_the_model_of_its_operation_or_the_entries_of_its_list() -> None:
    for one in OPERATIONS:
        said = inspect.signature(methods()[one.id], eval_str=True).return_annotation
        if isinstance(one.answer, str):
            assert said is bytes, one.id
        elif said is not one.answer:
            assert get_origin(said) is AsyncIterator, one.id
            entries = [get_args(each.annotation) for each in one.answer.model_fields.values()]
            assert get_args(said)[0] in {each[0] for each in entries if each}, one.id


def test_every_operation_is_asked_by_one_chapter_at_least() -> None:
    assert {each.__module__ for each in CHAPTERS} == {
        client_elsewhere.__name__,
        client_in_concerns.__name__,
    }
    asked = set[str]().union(*CHAPTERS.values())

    assert asked == {one.id for one in OPERATIONS} | BESIDE


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.__name__)
async def test_B06_each_operation_is_answered_to_the_client(chapter: Chapter) -> None:
    on = Hub()

    await chapter(on)

    assert on.done() == CHAPTERS[chapter]
