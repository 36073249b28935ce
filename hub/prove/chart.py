"""Parties by event types: who is told what, at a glance (`hub check --map`).

One cell for each event and role, over every case of it: which classes are told, what is held in
some circumstances, what waits for somebody's decision, what is withheld, where nothing is due.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.events import EVENTS
from hub.pack.cell import Cell, HeldBy, NothingDue, SharedBy, Told, cell_of, judge_cell
from hub.pack.rules import Pack
from hub.prove.answers import EVENT_NAMES
from hub.prove.shapes import cases, lean, shape
from hub.vocabulary import InfoClass, PackHash, Role, RuleId

ALWAYS_NOTHING: Final = "·"
WITHHELD: Final = "w"
HELD: Final = "h"
NEEDED: Final = "?"
SOMETIMES: Final = "c"

LEGEND: Final = (
    ("0 1 2", "told these classes: C0 is `0`, C1 is `1`, and so on"),
    (HELD, "something is held in some circumstances, until a named authority releases it"),
    (NEEDED, "something waits for a named person's decision that it is needed"),
    (SOMETIMES, "told in some circumstances only; nothing is due in the others"),
    (WITHHELD, "nothing of it is ever told to this party: withheld by the protocol"),
    (ALWAYS_NOTHING, "nothing is due, and the pack says why"),
)
"""What each mark of a cell means, in the order in which they are written."""

CLASSES: Final = tuple((str(number), info.value) for number, info in enumerate(InfoClass))
"""The digit of each class, C0 to C7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartCell:
    """What one role may hear of one event, over all circumstances."""

    role: Role
    told: tuple[InfoClass, ...]
    held: tuple[InfoClass, ...]
    needed: tuple[InfoClass, ...]
    withheld: tuple[InfoClass, ...]
    """Classes of a notice that are never told, held or needed."""
    sometimes_nothing: bool

    @property
    def marks(self) -> str:
        """Return the cell in a few letters, as the legend says."""
        if not (self.told or self.held or self.needed or self.withheld):
            return ALWAYS_NOTHING
        digits = "".join(number for number, info in CLASSES if info in self.told)
        found = digits + HELD * bool(self.held) + NEEDED * bool(self.needed)
        return (found or WITHHELD) + SOMETIMES * self.sometimes_nothing

    @property
    def words(self) -> str:
        """Return the cell in a sentence."""
        parts = [
            f"{how}: {', '.join(classes)}"
            for how, classes in (
                ("told", self.told),
                ("held in some circumstances", self.held),
                ("needs a decision", self.needed),
                ("withheld", self.withheld),
            )
            if classes
        ]
        if not parts:
            return "nothing is due"
        return "; ".join([*parts, *(["nothing due in the others"] * self.sometimes_nothing)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event type, with a cell for each role."""

    event: str
    cells: tuple[ChartCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The event types of one chapter of the framework."""

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A whole pack: rows are event types by chapter, columns are roles."""

    name: str
    version: str
    hash: PackHash
    roles: tuple[Role, ...]
    chapters: tuple[Chapter, ...]
    everywhere: tuple[str, ...]
    """What may hold most parties on any event, said once instead of in each cell."""


@dataclass(slots=True)
class _Heard:
    told: set[InfoClass] = field(default_factory=set)
    held: set[InfoClass] = field(default_factory=set)
    needed: set[InfoClass] = field(default_factory=set)
    asked: set[InfoClass] = field(default_factory=set)
    sometimes_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    pack: Pack
    common: frozenset[RuleId]
    """The rules that hold most parties; they are not marked in each cell."""
    known: dict[Hashable, _Heard] = field(default_factory=dict)


def chapter_names() -> tuple[str, ...]:
    """Return the chapters of the framework that events are of, in their order."""
    return tuple(_by_chapter())


def chart(pack: Pack, only: str | None = None) -> Chart:
    """Return the map of a pack. Pure, and the same whenever it is drawn.

    `only`: one chapter of it, which takes a tenth of the time.
    """
    common = tuple(w for w in pack.withholds if w.hold and len(w.roles) * 2 > len(Role))
    survey = _Survey(pack=pack, common=frozenset(rule.id for rule in common))
    return Chart(
        name=pack.name,
        version=pack.version,
        hash=pack.hash,
        roles=tuple(Role),
        chapters=tuple(_chapters(survey, only)),
        everywhere=tuple(f"{rule.id} ({rule.hold}): {rule.say}" for rule in common),
    )


def _by_chapter() -> dict[str, list[str]]:
    by_chapter: dict[str, list[str]] = {}
    for event in EVENT_NAMES:
        by_chapter.setdefault(_chapter(event), []).append(event)
    return by_chapter


def _chapters(survey: _Survey, only: str | None) -> Iterator[Chapter]:
    for name, events in _by_chapter().items():
        if only not in {None, name}:
            continue
        rows = (
            Row(event=event, cells=tuple(_cell(survey, event, role) for role in Role))
            for event in events
        )
        yield Chapter(name=name, rows=tuple(rows))


def _chapter(event: str) -> str:
    """Return the chapter whose module an event's model is in; what the hub asks itself is last."""
    model = EVENTS.get(event)
    return model.__module__.rpartition(".")[2].replace("_", " ") if model else "the hub itself"


def _cell(survey: _Survey, event: str, role: Role) -> ChartCell:
    cell = lean(cell_of(survey.pack, event, role))
    key = shape(cell)
    if key not in survey.known:
        survey.known[key] = _heard(cell, survey.common)
    heard = survey.known[key]
    some = heard.told | heard.held | heard.needed
    return ChartCell(
        role=cell.role,
        told=_ordered(heard.told),
        held=_ordered(heard.held),
        needed=_ordered(heard.needed),
        withheld=_ordered(heard.asked - some),
        sometimes_nothing=heard.sometimes_nothing,
    )


def _heard(cell: Cell, common: frozenset[RuleId]) -> _Heard:
    heard = _Heard()
    needs = {share.id for share in cell.shares if share.decided_by}
    for case in cases(cell):
        judgement = judge_cell(cell, case.world, case.released, (), case.decided)
        if isinstance(judgement, NothingDue):
            heard.sometimes_nothing = True
        if not isinstance(judgement, Told):
            continue
        for judged in judgement.classes:
            heard.asked.add(judged.info)
            if isinstance(judged, SharedBy) and judged.share.id not in needs:
                heard.told.add(judged.info)
            elif isinstance(judged, HeldBy) and judged.rule not in common:
                (heard.needed if judged.rule in needs else heard.held).add(judged.info)
    return heard


def _ordered(classes: set[InfoClass]) -> tuple[InfoClass, ...]:
    return tuple(info for info in InfoClass if info in classes)
