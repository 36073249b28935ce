"""What a person says in an answer, read line by line; every fault is found, by field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from hub.answers.results import Declines
from hub.events.envelope import Fault
from hub.events.model import Line
from hub.vocabulary import DeclinedBecause

_CODE: Final = re.compile(r"^[2-9A-HJKMNP-Z]{6}$")
_LINE: Final[TypeAdapter[str]] = TypeAdapter(Line)
_REASONS: Final = {str(because): because for because in DeclinedBecause}
_WORDS: Final = {
    "name": "Enter your name",
    "role": "Enter your role",
    "how": "Say how they said so",
    "reason": "Say in one line why",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's words, each one plain line."""

    name: str
    role: str
    because: DeclinedBecause | None = None
    """None: the notice is acknowledged. Else it is declined, for `reason`."""
    reason: str = ""


Faults = tuple[Fault, ...]


def said_of(name: str, role: str, declines: Declines | None) -> tuple[Said | None, Faults]:
    """Return what was said, or None and every fault in it."""
    read, faults = lines(name=name, role=role)
    if declines is None:
        return (None if faults else Said(name=read["name"], role=read["role"])), faults
    reason, more = lines(reason=declines.reason)
    because = _REASONS.get(declines.because)
    if because is None:
        more = (Fault(pointer="/because", says="Choose one of the reasons"), *more)
    faults = (*faults, *more)
    if faults:
        return None, faults
    why = reason["reason"]
    return Said(name=read["name"], role=read["role"], because=because, reason=why), ()


def typed_code(code: str) -> tuple[str, Faults]:
    """Return a code without case, spaces and dashes, and a fault where it cannot be one.

    What cannot be a code costs no try: scanners fill forms with junk, and must not be able to
    void the code of the person whose mail they look at.
    """
    typed = re.sub(r"[\s\-\u2013]", "", code).upper()
    if _CODE.match(typed):
        return typed, ()
    says = "Enter the six-character code from the notice; it has no 0, O, 1, I or L"
    return typed, (Fault(pointer="/code", says=says),)


def lines(**values: str) -> tuple[dict[str, str], Faults]:
    """Read each value as one plain line; return them, and a fault for each that is not."""
    read, faults = {}, []
    for name, value in values.items():
        try:
            read[name] = _LINE.validate_python(value)
        except ValidationError:
            says = _WORDS[name] if not value.strip() else "Use one line of up to 200 characters"
            faults.append(Fault(pointer=f"/{name}", says=says))
    return read, tuple(faults)
