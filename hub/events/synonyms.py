"""Other words that a partnership still uses, read as the hub's own, in what an event says (S20).

Only where a field takes words of a closed list, and only a word that is not of that list: what is
text stays text. The bytes stay as they were sent, and their hash; beside them the register keeps
what was read, so both are on record.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel

from hub.events.fields import model_of, words_of

Synonyms = Mapping[str, Mapping[str, str]]
"""By partnership: another word, in lower case, and the hub's own for it."""
NONE: Final[Synonyms] = {}


def in_our_words(model: type[BaseModel], data: object, ours: Mapping[str, str]) -> object:
    """Return an event's data with other words for roles and kinds replaced; the rest untouched."""
    if not isinstance(data, dict) or not ours:
        return data
    fields = model.model_fields
    return {
        name: _read((model, name), said, ours) if name in fields else said
        for name, said in data.items()
    }


def _read(field: tuple[type[BaseModel], str], said: object, ours: Mapping[str, str]) -> object:
    match said:
        case str():
            words, meant = words_of(*field), ours.get(said.strip().casefold())
            return meant if said not in words and meant in words else said
        case list():
            return [_read(field, one, ours) for one in said]
        case dict():
            model = model_of(*field)
            return said if model is None else in_our_words(model, said, ours)
        case _:
            return said
