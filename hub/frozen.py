"""Frozen records, but for a field or two: what `dataclasses.replace` says, at a third of its cost.

A concern has sixty fields and changes with each event; a twentieth of the hub's time was spent in
the standard library's loop over them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache, wraps
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
        made = object.__new__(kind)
        for name, put in _fields(kind):
            put(made, changes.pop(name) if name in changes else getattr(record, name))
        if changes:
            msg = f"{kind.__name__} has no {', '.join(sorted(changes))}"
            raise TypeError(msg)
        return made


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    if hasattr(kind, "__post_init__") or not all(one.init for one in fields(kind)):
        msg = f"{kind.__name__} is more than its fields"
        raise TypeError(msg)
    return tuple((one.name, _put(kind, one.name)) for one in fields(kind))


def _put(kind: type, name: str) -> Any:  # noqa: ANN401  # what a slot is set by
    slot = getattr(kind, name, None)
    if hasattr(slot, "__set__"):
        return slot.__set__  # type: ignore[union-attr]
    return lambda made, value: object.__setattr__(made, name, value)
