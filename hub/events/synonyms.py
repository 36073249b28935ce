"""Other words that a partnership still uses, read as the hub's own, in what an event says (S20).

Only where a field takes words of a closed list, and only a word that is not of that list: what is
text stays text. The bytes stay as they were sent, and their hash; beside them the register keeps
what was read, so both are on record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

Synonyms = Mapping[str, Mapping[str, str]]
"""By partnership: another word, in lower case, and the hub's own for it."""
NONE: Final[Synonyms] = {}


def in_our_words(model: type[BaseModel], data: object, ours: Mapping[str, str]) -> object:
    """Return an event's data with other words for roles and kinds replaced; the rest untouched."""
    if not isinstance(data, dict) or not ours:
        return data
    fields = model.model_fields
    return {
        name: _read(fields[name].annotation, said, ours) if name in fields else said
        for name, said in data.items()
    }


def _read(annotation: Any, said: object, ours: Mapping[str, str]) -> object:  # noqa: ANN401 - any
    match said:
        case str():
            words, meant = frozenset(_words(annotation)), ours.get(said.strip().casefold())
            return meant if said not in words and meant in words else said
        case list():
            return [_read(annotation, one, ours) for one in said]
        case dict():
            model = next(_models(annotation), None)
            return said if model is None else in_our_words(model, said, ours)
        case _:
            return said


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
