"""Ladders that make sense together: in time, for everybody urgent, to somebody, without end."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from hub.calendar import OFFICE_HOURS, Within
from hub.directory import Directory
from hub.pack.faults import PackFault, nearest
from hub.pack.ladder import Desk, Ladder, LadderStep, ladder_for_answer
from hub.pack.rules import Pack
from hub.prove.answers import fault_at
from hub.vocabulary import Lane, ObligationKind


def ladder_faults(pack: Pack, directory: Directory) -> Iterator[PackFault]:
    """Yield what is wrong with the ladders of a pack (rules.md, Escalation)."""
    for ladder in pack.ladders:
        yield from _in_time(ladder)
        yield from _urgent(ladder, pack)
        yield from _somebody(ladder, directory)
        yield from _quorum(ladder)
    yield from _once(pack)
    yield from _everybody(pack)


def _in_time(ladder: Ladder) -> Iterator[PackFault]:
    for before, after in pairwise(ladder.steps):
        if _length(before.after) >= _length(after.after):
            says = f"the steps of {ladder.id} are not in order of time"
            yield fault_at(after.where, says)
    units = {step.after.unit for step in ladder.steps} | {ladder.every.unit}
    if not ladder.working and "working days" in units:
        says = f"{ladder.id} goes round the clock: it cannot count working days"
        yield fault_at(ladder.where, says)


def _length(within: Within) -> int:
    """Return how long a time is, in minutes of its own clock."""
    minutes = {"minutes": 1, "hours": 60, "working days": OFFICE_HOURS * 60}
    return within.amount * minutes[within.unit]


def _urgent(ladder: Ladder, pack: Pack) -> Iterator[PackFault]:
    """Refuse working time where lives may hang on it, or the time allowed is counted in hours."""
    if not ladder.working:
        return
    immediate = sorted(
        {
            route.event
            for route in pack.routes
            if route.lane is Lane.IMMEDIATE and route.event in ladder.events
        }
    )
    in_hours = sorted(
        deadline.kind
        for deadline in pack.deadlines
        if deadline.kind in ladder.kinds
        and not deadline.when
        and deadline.within.unit != "working days"
    )
    if Lane.IMMEDIATE in ladder.lanes:
        immediate.append("every immediate notice")
    for what in (*immediate, *in_hours):
        yield fault_at(ladder.where, f"{ladder.id} waits for office hours, and `{what}` is urgent")


def _somebody(ladder: Ladder, directory: Directory) -> Iterator[PackFault]:
    """Refuse steps that lead to nobody; that every host has its senior desks, hub.prove.reach."""
    places = {contact.order for contact in directory.contacts if contact.usable}
    for step in ladder.steps:
        yield from _step(ladder, step, places)


def _quorum(ladder: Ladder) -> Iterator[PackFault]:
    """Refuse to wait for more people than are ever told: it could never be met.

    The duty contact has every notice before any step is taken.
    """
    told = {Desk.DUTY, *(desk for step in ladder.steps for desk in step.desks)}
    if ladder.people > len(told):
        desks = "1 desk" if len(told) == 1 else f"{len(told)} desks"
        says = f"{ladder.id} waits for {ladder.people} people of a party, and tells {desks} of it"
        yield fault_at(ladder.where, says)


def _step(ladder: Ladder, step: LadderStep, places: set[int]) -> Iterator[PackFault]:
    if step.ask or step.seniors:
        return
    if ladder.kinds:
        says = f"a step of {ladder.id} has no notice to send: say in `ask` what a person does"
        yield fault_at(step.where, says)
    for desk in step.desks:
        if desk.order not in places:
            held = [other for other in type(desk) if other.order in places]
            meant = nearest(desk, held)
            says = f"nobody in the directory is a `{desk}`, and nobody is asked to phone"
            where = step.where
            yield PackFault(file=where.file, line=where.line, says=says, did_you_mean=meant)


def _once(pack: Pack) -> Iterator[PackFault]:
    for one, other in combinations(pack.ladders, 2):
        if not one.roles & other.roles:
            continue
        both = sorted(
            {
                *(one.events & other.events),
                *(lane.value for lane in one.lanes & other.lanes),
                *(kind.value for kind in one.kinds & other.kinds),
            }
        )
        for what in both:
            says = f"{one.id} and {other.id} both serve `{what}`"
            yield fault_at(other.where, says)


def _everybody(pack: Pack) -> Iterator[PackFault]:
    for route in pack.routes:
        if route.lane is not Lane.IMMEDIATE or route.reply_within is None:
            continue
        for role in sorted(route.roles):
            if ladder_for_answer(pack.ladders, route.event, route.lane, role) is None:
                says = (
                    f"no ladder serves the {ObligationKind.ANSWER} of `{role}` to {route.id} "
                    f"(`{route.event}`), which is immediate"
                )
                yield fault_at(route.where, says)
