"""What the marks on an event's fields say: its facts, whom it names, which variant it is.

A mark stands beside the information class of a field, so that what may be shown of an event, and
to whom, is said where the field is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.events.model import EventData, Fact, Info, Names, Person, Variant
from hub.frozen import remembered
from hub.vocabulary import AgencyId, HubError, InfoClass, Role

Scalar = str | int | date | datetime
"""What one fact holds, before it is put into words."""

_M = TypeVar("_M")


class TwoClasses(HubError):
    """One fact has two information classes:"""  # noqa: D400  # its name follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Showable:
    """One fact of an event: its name, its class, and what it holds, in the order of the event."""

    name: str
    info: InfoClass
    values: tuple[Scalar, ...]


@remembered(1_000)
def facts_of(data: EventData) -> tuple[Showable, ...]:
    """Return every fact of an event that holds something; values of a repeated part are joined."""
    found: dict[str, tuple[InfoClass, list[Scalar]]] = {}
    for name, info, value in _facts_in(data):
        found.setdefault(name, (info, []))[1].append(value)
    return tuple(
        Showable(name=name, info=info, values=tuple(values))
        for name, (info, values) in found.items()
    )


def fact_classes(types: Iterable[type[EventData]]) -> dict[str, InfoClass]:
    """Return every fact that events of these types may have, with its one class.

    Raises TwoClasses where one name stands for two classes: it could be told to the wrong reader.
    """
    return one_class(*({name: info} for model in types for name, info, _ in _declared(model)))


def one_class(*tables: Mapping[str, InfoClass]) -> dict[str, InfoClass]:
    """Return all facts of several tables. Raises TwoClasses where two of them disagree."""
    found: dict[str, InfoClass] = {}
    for table in tables:
        for name, info in table.items():
            if found.setdefault(name, info) is not info:
                raise TwoClasses(f"`{name}` ({found[name]} and {info})")
    return found


@cache
def facts_declared(model: type[EventData]) -> frozenset[str]:
    """Return the facts that an event of this type may have."""
    return frozenset(name for name, _, _ in _declared(model))


@cache
def certain_facts(model: type[EventData]) -> frozenset[str]:
    """Return the facts that every event of this type has."""
    return frozenset(name for name, _, certain in _declared(model) if certain)


@remembered(1_000)
def named_by(data: EventData) -> frozenset[tuple[AgencyId, Role | None]]:
    """Return every agency that an event is for, with the part it joins in, or None."""
    return frozenset((*_names_in(data), *data.joins()))


@cache
def may_bring(model: type[EventData]) -> bool:
    """Return whether a party may join a concern by an event of this type (semantics 11)."""
    joins = model.joins is not EventData.joins
    return model.brings or joins or _names_a_role(model)


def variant_of(data: EventData) -> str | None:
    """Return which variant of its type an event is; None: it has none, or does not say."""
    field = _variant_field(type(data))
    value = getattr(data, field) if field else None
    if value is None:
        return None
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


@cache
def variants_of(model: type[EventData]) -> tuple[str, ...]:
    """Return every value that `variant_of` may have for this type, without None; empty: none."""
    field = _variant_field(model)
    return _words(model.model_fields[field].annotation) if field else ()


def may_lack_variant(model: type[EventData]) -> bool:
    """Return whether an event of this type may leave its variant open."""
    field = _variant_field(model)
    return bool(field) and type(None) in get_args(model.model_fields[field or ""].annotation)


def _facts_in(model: BaseModel) -> Iterator[tuple[str, InfoClass, Scalar]]:
    for name, field, fact in _marked_facts(type(model)):
        value = getattr(model, name)
        members = value if isinstance(value, tuple) else (value,)
        for member in members:
            match member:
                case None | bool():
                    pass
                case Person() if fact is not None:
                    yield f"{fact.name}_name", InfoClass.PROCESS, member.name
                    if member.phone is not None:
                        yield f"{fact.name}_phone", InfoClass.PROCESS, member.phone
                case BaseModel():
                    yield from _facts_in(member)
                case str() | int() | date() if fact is not None:
                    yield fact.name, _class(field), member
                case _:
                    pass


def _declared(model: type[BaseModel]) -> Iterator[tuple[str, InfoClass, bool]]:
    """Yield each fact that a model declares, with its class, and whether it is always there."""
    for field in model.model_fields.values():
        fact, parts = _mark(field, Fact), _parts(field.annotation)
        certain = field.is_required() and type(None) not in get_args(field.annotation)
        certain = certain and get_origin(field.annotation) is not tuple
        if fact is not None and parts == [Person]:
            yield f"{fact.name}_name", InfoClass.PROCESS, certain
            yield f"{fact.name}_phone", InfoClass.PROCESS, False
        elif parts:
            for part in parts:
                for name, info, inner in _declared(part):
                    yield name, info, inner and certain
        elif fact is not None:
            yield fact.name, _class(field), certain


def _names_in(model: BaseModel) -> Iterator[tuple[AgencyId, Role | None]]:
    for name, mark in _marked_names(type(model)):
        value = getattr(model, name)
        for member in value if isinstance(value, tuple) else (value,):
            if isinstance(member, BaseModel):
                yield from _names_in(member)
            elif mark is not None and member is not None:
                yield AgencyId(str(member)), mark.role


def _names_a_role(model: type[BaseModel]) -> bool:
    for field in model.model_fields.values():
        mark = _mark(field, Names)
        if mark is not None and mark.role is not None:
            return True
        if any(_names_a_role(part) for part in _parts(field.annotation)):
            return True
    return False


# Read once for each type: every notice asks these of everything that was ever said.


@cache
def _marked_facts(model: type[BaseModel]) -> tuple[tuple[str, FieldInfo, Fact | None], ...]:
    """Return each field that is a fact, or may have facts in it."""
    fields = ((name, field, _mark(field, Fact)) for name, field in model.model_fields.items())
    return tuple(one for one in fields if one[2] is not None or _parts(one[1].annotation))


@cache
def _marked_names(model: type[BaseModel]) -> tuple[tuple[str, Names | None], ...]:
    """Return each field that names an agency, or may have names in it."""
    fields = model.model_fields.items()
    found = ((name, field, _mark(field, Names)) for name, field in fields)
    return tuple((name, mark) for name, field, mark in found if mark or _parts(field.annotation))


@cache
def _variant_field(model: type[EventData]) -> str | None:
    marked = [name for name, field in model.model_fields.items() if _mark(field, Variant)]
    return marked[0] if marked else None


def _words(annotation: object) -> tuple[str, ...]:
    if annotation is bool:
        return ("yes", "no")
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return tuple(str(value) for value in annotation)
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    found = (word for part in get_args(annotation) for word in _words(part))
    return tuple(dict.fromkeys(found))


def _class(field: FieldInfo) -> InfoClass:
    return next(mark.info for mark in field.metadata if isinstance(mark, Info))


def _mark(field: FieldInfo, kind: type[_M]) -> _M | None:
    return next((mark for mark in field.metadata if isinstance(mark, kind)), None)


def _parts(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _parts(inner)]
