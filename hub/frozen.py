"""Frozen records, but for a field or two: what `dataclasses.replace` says, at a third of its cost.

A concern has sixty fields and changes with each event; a twentieth of the hub's time was spent in
the standard library's loop over them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache, partial, wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


def remembered(most: int) -> Callable[[Callable[_Asked, _Answer]], Callable[_Asked, _Answer]]:
    """Let a pure function answer from memory where it is asked again about the very same objects.

    For arguments that never change, given by position. They are told apart by what they are, not
    by what they say: to compare two concerns costs more than the answer. At most `most` answers
    are kept, each with its arguments, so that none can be taken for another.
    """

    def decorate(find: Callable[_Asked, _Answer]) -> Callable[_Asked, _Answer]:
        known: dict[tuple[int, ...], tuple[tuple[object, ...], _Answer]] = {}

        @wraps(find)
        def answer(*asked: _Asked.args, **by_name: _Asked.kwargs) -> _Answer:
            if by_name:
                return find(*asked, **by_name)
            key = tuple(map(id, asked))
            found = known.get(key)
            if found is None:
                if len(known) >= most:
                    known.clear()
                found = known[key] = (asked, find(*asked, **by_name))
            return found[1]

        return answer

    return decorate


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414  # so that its arguments are checked
else:

    def replace(record: Any, /, **changes: Any) -> Any:  # noqa: ANN401  # as the standard library's
        """Return a copy of a frozen record in which these fields are others.

        For records that are made of their fields alone: no `__post_init__`, none left out of
        `__init__`. Raises TypeError for a field that it does not have.
        """
        kind = type(record)
        read, puts = _fields(kind)
        if not changes.keys() <= puts.keys():
            msg = f"{kind.__name__} has no {', '.join(sorted(changes.keys() - puts.keys()))}"
            raise TypeError(msg)
        made = object.__new__(kind)
        for put, value in zip(puts.values(), read(record), strict=True):
            put(made, value)
        for name, value in changes.items():
            puts[name](made, value)
        return made


@cache
def _fields(kind: type) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Any]]:
    """Return what reads all fields of a record at once, and what sets each."""
    if hasattr(kind, "__post_init__") or not all(one.init for one in fields(kind)):
        msg = f"{kind.__name__} is more than its fields"
        raise TypeError(msg)
    names = [one.name for one in fields(kind)]
    read = attrgetter(*names) if len(names) > 1 else partial(_one_by_one, names)
    return read, {name: _put(kind, name) for name in names}


def _one_by_one(names: Sequence[str], record: object) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in names)


def _put(kind: type, name: str) -> Any:  # noqa: ANN401  # what a slot is set by
    slot = getattr(kind, name, None)
    if hasattr(slot, "__set__"):
        return slot.__set__  # type: ignore[union-attr]
    return lambda made, value: object.__setattr__(made, name, value)
