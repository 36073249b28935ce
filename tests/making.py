"""Events of every type, drawn by chance, with a canary of its class in every text that has room.

Made from the models alone (tests/corpus/making.py), so that a new type of event takes part in the
random worlds without a further line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from random import Random
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from hub.admit import admit
from hub.events import EVENTS, PlacementRegisterAmended, PlacementRegisterDeclared
from hub.events.envelope import Event
from hub.events.marks import named_by
from hub.events.model import Info, Names
from hub.plan import Tools
from hub.vocabulary import AgencyId, InfoClass, PublisherId, Role
from tests.corpus.making import NothingFits, Seeded, data_for
from tests.worlds import HAMPSHIRE, HOST, NHS, PROVIDER, SURREY, C, event

TRIES: Final = 8
"""Drawings of one event before another type is tried: what fields ask of each other is by luck."""

COMMON: Final = (HOST, SURREY, HAMPSHIRE, NHS, PROVIDER, "regulator:cqc", "gss:E23000033")
JOINING: Final[dict[Role, str]] = {
    Role.QSIG: "unit:west-sussex-qsig",
    Role.SPCG: "unit:west-sussex-spcg",
    Role.HEALTHWATCH: "unit:healthwatch-west-sussex",
    Role.ADVOCACY: "unit:west-sussex-advocacy",
    Role.PROFESSIONAL_REGULATOR: "unit:professional-regulator",
    Role.DBS: "unit:dbs",
    Role.PUBLIC_GUARDIAN: "unit:public-guardian",
    Role.FIRE: "unit:west-sussex-fire",
    Role.HSE: "unit:hse",
    Role.BUILDING_CONTROL: "unit:west-sussex-building-control",
    Role.NHS_SERVICES: "unit:sussex-nhs-emergency",
    Role.SAB: "unit:west-sussex-sab",
}
REFERENCES: Final = ("R-1", "R-2", "R-3")
"""Few, so that what is answered, done or ended is often what was asked, assigned or begun."""


class Room(StrEnum):
    """What a field has room for."""

    TEXT = "text"
    CODE = "code"
    REFERENCE = "reference"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An event, and whose adults its canary may be read by."""

    event: Event
    adults: str
    """The canary of the adults it speaks of."""
    named: frozenset[AgencyId]


def draw(chosen: Random, number: int, at: datetime, tools: Tools) -> Drawn | None:
    """Return an event of any type that its publisher may publish; None where luck did not help."""
    name = chosen.choice([*EVENTS])
    for _ in range(TRIES):
        try:
            data = data_for(name, Seeded(random=chosen, full=60))
            _dress(EVENTS[name], data, chosen, number)
            made = event(name, data, number, at)
        except (NothingFits, ValidationError):
            continue
        wscc = next(p for p in tools.directory.publishers if p.id == PublisherId("wscc"))
        if not admit(made, wscc, tools.pack, tools.directory):
            return Drawn(event=made, adults=_adults(number), named=_whose(made))
    return None


def _whose(made: Event) -> frozenset[AgencyId]:
    """Return who may read of the adults it speaks of: whom it names, or whose they are."""
    match made.data:
        case PlacementRegisterDeclared(placements=lines) | PlacementRegisterAmended(added=lines):
            return frozenset(line.commissioner for line in lines if line.commissioner)
        case _:
            return frozenset(agency for agency, _ in named_by(made.data))


def _adults(number: int) -> str:
    return f"{C[InfoClass.PLACED_ADULT]}-e{number}e"


def _dress(model: type[BaseModel], data: dict[str, Any], chosen: Random, number: int) -> None:
    """Put canaries, agencies and references in place of what was made."""
    for name, value in data.items():
        field = model.model_fields[name]
        for part in _parts(field.annotation):
            for inner in value if isinstance(value, list) else [value]:
                if isinstance(inner, dict) and set(inner) <= set(part.model_fields):
                    _dress(part, inner, chosen, number)
        if isinstance(value, str):
            data[name] = _dressed(model, name, field, value, chosen, number)
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            one = [_dressed(model, name, field, word, chosen, number) for word in value]
            data[name] = list(dict.fromkeys(one))


def _dressed(
    model: type[BaseModel], name: str, field: FieldInfo, value: str, chosen: Random, number: int
) -> str:
    info = next((mark.info for mark in field.metadata if isinstance(mark, Info)), None)
    match _room(model, name):
        case Room.TEXT if info is InfoClass.PLACED_ADULT:
            return _adults(number)
        case Room.TEXT if info is not None:
            return f"{value[:80]} {C[info]}"
        case Room.REFERENCE if info is InfoClass.PLACED_ADULT:
            return _adults(number)
        case Room.REFERENCE:
            return chosen.choice(REFERENCES)
        case Room.CODE:
            role = next((mark.role for mark in field.metadata if isinstance(mark, Names)), None)
            return JOINING.get(role, HOST) if role else chosen.choice(COMMON)
        case _:
            return value


@cache
def _room(model: type[BaseModel], name: str) -> Room:
    """Find out by trying what a field, or a member of it, takes."""
    field = model.model_fields[name]
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated.__class_getitem__((field.annotation, *field.metadata))  # type: ignore[attr-defined]
    )
    probes = {
        Room.TEXT: "some words of ours, CANARY0X",
        Room.CODE: SURREY,
        Room.REFERENCE: "CANARY2X-e1e",
    }
    for room, probe in probes.items():
        if any(_takes(adapter, form) for form in (probe, [probe])):
            return room
    return Room.NOTHING


def _takes(adapter: TypeAdapter[Any], value: object) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def _parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
