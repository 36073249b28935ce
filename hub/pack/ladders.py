"""`[[ladder]]` of `escalation.toml`: who is asked next, and after how long (rules.md, Escalation).

That ladders make sense together is proved before a pack is used (hub.prove.ladders).
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from hub.calendar import Within
from hub.pack.ladder import Desk, Ladder, LadderStep, Starts
from hub.pack.sharing import roles_of
from hub.pack.sheet import Row, Sheet
from hub.pack.tables import (
    EVERYBODY,
    Events,
    LaneWord,
    Paragraph,
    Roles,
    RuleIdWord,
    Said,
    Table,
    word_of,
)
from hub.vocabulary import Lane, ObligationKind, Role, RuleId, Rung

SENIORS: Final = {
    "lead enquiry officer": Role.HOST_AUTHORITY,
    "emergency duty team": Role.EMERGENCY_DUTY_TEAM,
    "contracts and commissioning": Role.CONTRACTS,
    "head of safeguarding": Role.HEAD_OF_SAFEGUARDING,
}
"""Whom the host authority has in every concern, by what a pack calls them."""

ACKNOWLEDGES: Final = ("a named person acknowledges", "any one", "each organisation")
"""One person of each organisation: one's answer never stops another's ladder (escalation 4)."""
MOST_PEOPLE: Final = 9
_PLACEHOLDERS: Final = frozenset({"organisation", "out_of_hours_phone"})
_CLIMBED: Final = frozenset(ObligationKind) - {
    ObligationKind.ANSWER,  # by event or lane
    ObligationKind.REACH,  # the watch tells the next contact within a minute
    ObligationKind.PERSON,  # what a ladder itself asks for
}
_AT_LEAST: Final = re.compile(r"^at least ([0-9]{1,3})$")
_AFTER: Final = re.compile(r"^(\d{1,6}) (minute|hour|working day)s?( without it)?$")
_SLOT: Final = re.compile(r"\{([^{}]*)\}")


def _within(value: object) -> object:
    found = _AFTER.match(value) if isinstance(value, str) else None
    if found is None:
        msg = "is a time such as `0 minutes`, `30 minutes without it` or `2 working days`"
        raise PydanticCustomError("time", msg)
    units: dict[str, Literal["minutes", "hours", "working days"]] = {
        "minute": "minutes",
        "hour": "hours",
        "working day": "working days",
    }
    return Within(amount=int(found[1]), unit=units[found[2]])


def _some(value: Within) -> Within:
    if value.amount == 0:
        raise PydanticCustomError("time", "is longer than nothing")
    return value


def _ask(text: str) -> str:
    unknown = sorted(set(_SLOT.findall(text)) - _PLACEHOLDERS)
    if unknown:
        says = "unknown place `{slot}` in what is asked"
        raise PydanticCustomError("unknown_place", says, {"slot": f"{{{unknown[0]}}}"})
    return text


def _enough(text: str) -> str:
    many = _AT_LEAST.match(text)
    if many is None:
        return word_of("evidence", (*ACKNOWLEDGES, *Rung, "at least 2"))(text)
    if not 2 <= int(many[1]) <= MOST_PEOPLE:
        raise PydanticCustomError("quorum", "asks for 2 to 9 people; for one, say `any one`")
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


_After = Annotated[Within, BeforeValidator(_within)]
_Every = Annotated[Within, AfterValidator(_some), BeforeValidator(_within)]
_ToWord = Annotated[str, AfterValidator(word_of("desk", (*Desk, *SENIORS)))]
_SeniorWord = Annotated[str, AfterValidator(word_of("senior role", SENIORS))]
_KindWord = Annotated[str, AfterValidator(word_of("obligation", sorted(_CLIMBED)))]
_EnoughWord = Annotated[str, AfterValidator(_enough)]
_ClockWord = Annotated[str, AfterValidator(word_of("clock", ("round the clock", "working time")))]
_StartWord = Annotated[str, AfterValidator(word_of("start", Starts))]


class WhenTable(Table):
    """`when`: what a ladder serves; exactly one of the three."""

    event: Events | None = None
    lane: Annotated[tuple[LaneWord, ...], BeforeValidator(_as_list), Field(min_length=1)] = Field(
        default=()
    )
    obligation: Annotated[tuple[_KindWord, ...], BeforeValidator(_as_list), Field(min_length=1)] = (
        Field(default=())
    )


class StepTable(Table):
    """`[[ladder.step]]`: after how long, to whom, and what a person is asked to do."""

    after: _After
    to: Annotated[tuple[_ToWord, ...], BeforeValidator(_as_list), Field(min_length=1)]
    ask: Annotated[str, Field(max_length=300), AfterValidator(_ask)] = ""


class RunOutTable(Table):
    """`when_steps_run_out`: whom it is raised to, how often, and that nothing else ends it."""

    tell: _SeniorWord
    every: _Every
    until: Literal["discharged"]


class LadderTable(Table):
    """`[[ladder]]`: what it serves, whose clock it keeps, its steps, and its end without end."""

    id: RuleIdWord
    say: Said
    when: WhenTable
    tell: Roles = (EVERYBODY,)
    from_each: _EnoughWord = ACKNOWLEDGES[0]
    clock: _ClockWord
    counts_from: _StartWord
    paragraph: Paragraph
    step: Annotated[tuple[StepTable, ...], Field(min_length=1)]
    if_cannot_deliver: Literal["next step now"]
    if_nobody_there: Literal["next step now"]
    when_steps_run_out: RunOutTable


def read_ladders(sheet: Sheet) -> tuple[Ladder, ...]:
    """Read the ladders; faults go to the sheet."""
    rows = sheet.rows("ladder", LadderTable)
    for row in rows:
        when = row.table.when
        if sum(map(bool, (when.event, when.lane, when.obligation))) != 1:
            says = "a ladder serves an `event`, a `lane` or an `obligation`, and one of the three"
            sheet.fault((*row.path, "when"), says)
        if when.obligation and _AT_LEAST.match(row.table.from_each):
            says = "people acknowledge notices: a ladder of an `obligation` has none to acknowledge"
            sheet.fault((*row.path, "from_each"), says)
    return tuple(_ladder(sheet, row) for row in rows)


def _ladder(sheet: Sheet, row: Row[LadderTable]) -> Ladder:
    table = row.table
    many = _AT_LEAST.match(table.from_each)
    named = many is not None or table.from_each in ACKNOWLEDGES
    return Ladder(
        id=RuleId(table.id),
        say=table.say,
        events=frozenset(table.when.event or ()),
        lanes=frozenset(Lane(lane) for lane in table.when.lane),
        kinds=frozenset(ObligationKind(kind) for kind in table.when.obligation),
        roles=roles_of(table.tell),
        enough=Rung.ACKNOWLEDGED if named else Rung(table.from_each),
        people=int(many[1]) if many else 1,
        starts=Starts(table.counts_from),
        working=table.clock == "working time",
        steps=tuple(
            LadderStep(
                after=step.after,
                desks=tuple(Desk(word) for word in step.to if word in list(Desk)),
                seniors=tuple(SENIORS[word] for word in step.to if word in SENIORS),
                ask=step.ask,
                where=sheet.where((*row.path, "step", number)),
            )
            for number, step in enumerate(table.step)
        ),
        raised_to=SENIORS[table.when_steps_run_out.tell],
        every=table.when_steps_run_out.every,
        paragraph=table.paragraph,
        where=row.where,
    )
