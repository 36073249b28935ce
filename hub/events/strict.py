"""JSON as the hub takes it: bounded, unambiguous, every flaw found at once (RFC 8259, I-JSON)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from hub.events.envelope import Fault

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
MAX_FAULTS: Final = 100
"""A hostile message may hold any number of faults; this many are enough to mend it."""
_LARGEST_INTEGER: Final = 2**53
_LONGEST_WORD: Final = 64

# Each alternative takes what it meets and never gives back, so the time is linear in the bytes.
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Stands where a value cannot be used, and says why."""

    says: str


def read(body: bytes) -> tuple[object, tuple[Fault, ...]]:
    """Return the value these bytes spell and every fault; the value counts only without any."""
    if len(body) > MAX_BYTES:
        return None, (Fault(pointer="", says=f"is over {MAX_BYTES // 1024} KiB"),)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return None, (Fault(pointer="", says=f"is not UTF-8: byte {error.start}"),)
    if _too_deep(text):
        return None, (Fault(pointer="", says=f"is nested deeper than {MAX_DEPTH} levels"),)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=lambda name: _Flaw(f"{name} is not a number"),
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return None, (Fault(pointer="", says=f"is not JSON: {error.msg} at {where}"),)
    return value, at_most(_flaws(value, ""))


def at_most(faults: Iterator[Fault]) -> tuple[Fault, ...]:
    """Return the faults, and where there are too many to read, the first and one that says so."""
    found: list[Fault] = []
    for fault in faults:
        if len(found) == MAX_FAULTS:
            found.append(Fault(pointer="", says="has more faults than are listed here"))
            break
        found.append(fault)
    return tuple(found)


def step(pointer: str, key: str | int) -> str:
    """Return the pointer to a member of what `pointer` points to (RFC 6901), safe to print."""
    name = str(key)[:200].encode("utf-8", "backslashreplace").decode()
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def did_you_mean(word: str, words: list[str]) -> str:
    """Return `; did you mean ...?` where one of the words is close, else nothing."""
    if len(word) > _LONGEST_WORD:
        return ""
    spelled = {w.lower().replace("_", "").replace(".", ""): w for w in words}
    near = get_close_matches(word.lower().replace("_", "").replace(".", ""), spelled, 1, 0.75)
    return f"; did you mean `{spelled[near[0]]}`?" if near else ""


def _too_deep(text: str) -> bool:
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
                if depth > MAX_DEPTH:
                    return True
            case "]" | "}":
                depth -= 1
            case _:
                pass
    return False


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, value in pairs:
        made[key] = _Flaw("appears more than once") if key in made else value
    return made


def _integer(digits: str) -> int | _Flaw:
    # 17 characters hold a sign and 2**53; longer ones are not worth the conversion.
    if len(digits) > 17 or abs(int(digits)) > _LARGEST_INTEGER:
        return _Flaw("is an integer beyond 2^53, which not every reader can hold")
    return int(digits)


def _number(digits: str) -> float | _Flaw:
    number = float(digits)
    return _Flaw("is a number too large to hold") if abs(number) == float("inf") else number


def _flaws(value: object, pointer: str) -> Iterator[Fault]:
    match value:
        case _Flaw(says=says):
            yield Fault(pointer=pointer, says=says)
        case str():
            if not _whole(value):
                yield Fault(pointer=pointer, says="holds half a surrogate pair")
        case dict():
            for key, member in value.items():
                if not _whole(key):
                    yield Fault(pointer=step(pointer, key), says="is a name with half a surrogate")
                yield from _flaws(member, step(pointer, key))
        case list():
            for index, member in enumerate(value):
                yield from _flaws(member, step(pointer, index))
        case _:
            pass


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
