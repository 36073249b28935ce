"""What a field of an event's data may hold, as its type says: asked of each event, found once."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from hub.vocabulary import AgencyId

MOST: Final = 10_000
"""Of so many fields it is remembered: more than all events have."""


@lru_cache(maxsize=MOST)
def words_of(model: type[BaseModel], name: str) -> frozenset[str]:
    """Return the words of a closed list that a field may say; none where it may say any."""
    return frozenset(_words(model.model_fields[name].annotation))


@lru_cache(maxsize=MOST)
def model_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """Return what a field holds where that is made of fields of its own."""
    return next(_models(model.model_fields[name].annotation), None)


@lru_cache(maxsize=MOST)
def holds_codes(model: type[BaseModel], name: str) -> bool:
    """Whether a field holds codes of agencies."""
    return _codes(model.model_fields[name].annotation)


def _words(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - of any field
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield from annotation
    elif get_origin(annotation) is Literal:
        yield from (str(word) for word in get_args(annotation))
    else:
        for part in get_args(annotation):
            yield from _words(part)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - of any field
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _codes(annotation: object) -> bool:
    return annotation is AgencyId or any(_codes(part) for part in get_args(annotation))
