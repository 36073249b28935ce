"""`routing*.toml`: which event is told to whom by which notice, and what to nobody, and why.

A pack has as many of these files as its owner likes, such as one a chapter. `[[nothing]]` and
`[[check]]` may stand in `sharing.toml` as well.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from hub.pack.faults import nearest
from hub.pack.rules import Check, Nothing, Route
from hub.pack.sharing import frozen, roles_of
from hub.pack.sheet import Row, Sheet
from hub.pack.tables import EVENT_NAMES, EVERYBODY_ELSE, CheckTable, NothingTable, RouteTable
from hub.vocabulary import InfoClass, Lane, Role, RuleId, Rung

_SAID: Final = ("nothing", "withheld")
_CLASSES: Final = tuple(info.value for info in InfoClass)


def read_routes(sheet: Sheet) -> tuple[Route, ...]:
    """Read the routes; faults go to the sheet."""
    sheet.closed(("route", "nothing", "check"))
    rows = sheet.rows("route", RouteTable, sheet.conditions)
    for row in rows:
        if InfoClass.PROCESS not in row.table.classes:
            says = "a notice cannot keep quiet about the process: add `process`"
            sheet.fault((*row.path, "classes"), says)
    return tuple(_route(row, event) for row in rows for event in row.table.event)


def read_nothings(sheet: Sheet) -> tuple[Nothing, ...]:
    """Read what is told to nobody; faults go to the sheet."""
    return tuple(_nothing(row) for row in sheet.rows("nothing", NothingTable, sheet.known))


def read_checks(sheet: Sheet) -> tuple[Check, ...]:
    """Read the examples and theorems; faults go to the sheet."""
    rows = sheet.rows("check", CheckTable)
    return tuple(check for row in rows if (check := _check(sheet, row)) is not None)


def _route(row: Row[RouteTable], event: str) -> Route:
    """Return the route of one event; a line that names several is one rule with several routes."""
    table = row.table
    return Route(
        id=RuleId(table.id),
        say=table.say,
        event=event,
        roles=roles_of(table.roles),
        when=frozen(table.when),
        notice=table.notice,
        classes=frozenset(InfoClass(word) for word in table.classes),
        lane=Lane(table.lane),
        required=Rung(table.required),
        reply_within=table.reply_within,
        provenance=table.provenance,
        paragraph=table.paragraph,
        where=row.where,
    )


def _nothing(row: Row[NothingTable]) -> Nothing:
    table = row.table
    rest = EVERYBODY_ELSE in table.roles
    return Nothing(
        id=RuleId(table.id),
        roles=frozenset(Role) if rest else roles_of(table.roles),
        events=frozenset(table.events),
        when=frozen(table.when),
        because=table.because,
        paragraph=table.paragraph,
        guard=table.guard,
        where=row.where,
        rest=rest,
    )


def _check(sheet: Sheet, row: Row[CheckTable]) -> Check | None:
    table = row.table
    before = len(sheet.faults)
    given, released = _given(sheet, row)
    expect = {
        role: _expected(sheet, row, word)
        for word in sorted(table.expect, key=lambda word: word != EVERYBODY_ELSE)
        for role in _expected_roles(word, table.expect)
    }
    if table.always != bool(table.never) or bool(table.never) == bool(table.expect):
        says = "an example has `given` and `expect`; a theorem has `always = true` and `never`"
        sheet.fault(row.path, says)
    if table.due and table.at is None:
        sheet.fault((*row.path, "due"), "`due` needs `at`")
    if len(sheet.faults) > before:
        return None
    return Check(
        say=table.say,
        given=given,
        expect=expect,
        never={Role(r): frozenset(InfoClass(c) for c in cs) for r, cs in table.never.items()},
        where=row.where,
        released=released,
        notice=table.notice,
        lane=Lane(table.lane) if table.lane else None,
        required=Rung(table.required) if table.required else None,
        at=table.at,
        due={Role(role): moment for role, moment in table.due.items()},
    )


def _expected_roles(word: str, expect: Collection[str]) -> tuple[Role, ...]:
    if word != EVERYBODY_ELSE:
        return (Role(word),)
    return tuple(role for role in Role if role not in expect)


def _given(sheet: Sheet, row: Row[CheckTable]) -> tuple[dict[str, str], frozenset[InfoClass]]:
    given = dict(row.table.given)
    path = (*row.path, "given")
    released = given.pop("released", ())
    events = given.pop("event", ())
    for word in released:
        if word not in _CLASSES:
            says = f"unknown class `{word}`"
            sheet.fault((*path, "released"), says, nearest(word, _CLASSES))
    for event in events:
        if event not in EVENT_NAMES:
            says = f"unknown event `{event}`"
            sheet.fault((*path, "event"), says, nearest(event, EVENT_NAMES))
    if row.table.expect and len(events) != 1:
        sheet.fault(path, "an example has one `event`")
    for fact, values in given.items():
        sheet.facts(path, fact, values, events)
        if len(values) != 1:
            sheet.fault((*path, fact), f"an example gives `{fact}` one value")
    facts = {fact: values[0] for fact, values in given.items()}
    classes = frozenset(InfoClass(word) for word in released if word in _CLASSES)
    return facts | ({"event": events[0]} if events else {}), classes


def _expected(sheet: Sheet, row: Row[CheckTable], role: str) -> str | frozenset[InfoClass]:
    values = row.table.expect[role]
    if len(values) == 1 and (values[0] in _SAID or values[0].startswith("held by ")):
        return values[0]
    for number, word in enumerate(values):
        if word not in _CLASSES:
            says = f"unknown class or verdict `{word}`"
            meant = nearest(word, (*_CLASSES, *_SAID))
            sheet.fault((*row.path, "expect", role, number), says, meant)
    return frozenset(InfoClass(word) for word in values if word in _CLASSES)
