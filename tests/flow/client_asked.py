"""Clients that note which operations a hub has answered them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession

from hub.access import Official
from hub.client import Client
from hub.client.connection import Answered
from hub.routes.api.serving import OPERATIONS
from hub.routes.openapi_before import PATHS
from tests.flow.rosewood import (
    Rosewood,
    sign_in,
)
from tests.flow.test_api_keys import key_for

Asked = set[tuple[str, str]]


class Noting(Client):
    """A client that notes what it was answered."""

    def __init__(self, url: str, key: str, asked: Asked) -> None:
        super().__init__(url, key)
        self._asked = asked

    async def _send(self, method: str, path: str, *given: Any, **named: Any) -> Answered:  # noqa: ANN401 - as the client's own
        answer = await super()._send(method, path, *given, **named)
        self._asked.add((method, path.partition("?")[0]))
        return answer


def operation_of(method: str, path: str) -> str:
    """Return which operation a call was of: the most literal path that it fits."""
    known = [(one.method, one.path, one.id) for one in OPERATIONS]
    known += [
        (how.upper(), where, said["operationId"])
        for where, item in PATHS.items()
        for how, said in item.items()
    ]
    fits = [
        (where.count("{"), id_)
        for how, where, id_ in known
        if how == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", where), path)
    ]
    return min(fits)[1]


Chapter = Callable[["Hub"], Awaitable[None]]
CHAPTERS: dict[Chapter, set[str]] = {}
"""What is asked of a hub, and the operations that must be answered by it."""


def answers(*ids: str) -> Callable[[Chapter], Chapter]:
    """Say which operations a chapter asks, each with an answer that is no refusal."""

    def kept(chapter: Chapter) -> Chapter:
        CHAPTERS[chapter] = set(ids)
        return chapter

    return kept


@dataclass
class Hub:
    """A served story, and clients of it that note what they were answered."""

    asked: Asked = field(default_factory=set)

    @asynccontextmanager
    async def by_key(self, story: Rosewood, person: Official) -> AsyncIterator[Client]:
        """Return a client with a key that acts as this person."""
        opaque = (await key_for(story, person))["Authorization"].partition(" ")[2]
        async with Noting(story.base, opaque, self.asked) as hub:
            yield hub

    @asynccontextmanager
    async def in_person(
        self, story: Rosewood, browser: ClientSession, person: Official
    ) -> AsyncIterator[Client]:
        """Return a client with a session of this person."""
        session = (await sign_in(story, browser, person)).cookie.partition("=")[2]
        async with Noting(story.base, session, self.asked) as hub:
            yield hub

    def done(self) -> set[str]:
        """Return which operations were answered."""
        return {operation_of(*each) for each in self.asked}
