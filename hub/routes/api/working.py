"""My work and the handover by the API: what the console's own pages are made of."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.api.working import (
    DeskShown,
    HandedOverShown,
    KeptSafe,
    OfConcern,
    OpenedShown,
    OwingShown,
    PendingShown,
    Pressing,
    ProtectionShown,
    SafetyShown,
    TaskShown,
    UntoldName,
    UntoldShown,
)
from hub.ports.keys import Scope
from hub.routes.api.operations import Call, Done, Operation
from hub.routes.holding import Waits
from hub.routes.opened import OpenedTo
from hub.routes.safety import Desk, HandedOver, Safety
from hub.routes.tasks import Place, Task, Untold, Work
from hub.routes.work import handover_of, work_of

_WHEN: Final[tuple[Pressing, ...]] = ("overdue", "today", "others")
_NO_TIME: Final = "~"
"""Behind every instant: what has no time stands last of its kind."""


async def _work(call: Call) -> Done:
    asked, found = call.asked(api.BeforeTask), await work_of(call.deps, call.person)
    tasks = _in_order(found.work)
    behind = "" if asked.before is None else _read(asked.before)
    rest = [(place, task) for place, task in tasks if place > behind]
    page = rest[: asked.limit]
    said = api.WorkShown(
        says=found.work.sentence,
        concerns=found.work.concerns,
        left_out=found.left_out,
        untold=_untold(found.work.untold),
        kept_from=_untold(found.work.kept_from),
        pending=tuple(_pending(of, each) for of, each in found.pending),
        emergencies=tuple(_opened(each) for each in found.emergencies),
        tasks=tuple(_task(place, task) for place, task in page),
        of=len(tasks),
        later=found.work.later,
        safety=tuple(_safety(each) for each in found.safety),
        desk=_desk(found.desk),
    )
    more = {"before": _cursor(page[-1][0])} if len(rest) > len(page) else None
    return Done(said=said, next=more)


async def _handover(call: Call) -> Done:
    found = await handover_of(call.deps, call.person)
    said = api.HandoverShown(
        until=found.handover.until,
        busy=tuple(_handed_over(each) for each in found.handover.busy),
        quiet=tuple(_handed_over(each) for each in found.handover.quiet),
        untold=found.handover.untold,
        left_off=found.left_off,
        left_out=found.left_out,
        desk=_desk(found.desk),
    )
    return Done(said=said)


def _in_order(work: Work) -> list[tuple[str, Task]]:
    """Return every task with its place: one that nothing else has, and that stays its own."""
    found = [
        (f"{number} {_place(task)}", task)
        for number, tasks in enumerate((work.overdue, work.today, work.others))
        for task in tasks
    ]
    return sorted(found, key=lambda each: each[0])


def _place(task: Task) -> str:
    due = _NO_TIME if task.due is None else _stamp(task.due)
    which = f"{task.of.id}\0{task.whom}\0{task.what}\0{task.notice}\0{task.owed}"
    return f"{due} {_stamp(task.since)} {sha256(which.encode()).hexdigest()[:16]}"


def _stamp(at: datetime) -> str:
    """Return an instant so that texts stand in the order of their times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _cursor(place: str) -> str:
    return urlsafe_b64encode(place.encode("ascii")).decode().rstrip("=")


def _read(cursor: str) -> str:
    """Read where a page ended. Raises 404: there is no such page."""
    try:
        place = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise web.HTTPNotFound from None
    if not place.isprintable():
        raise web.HTTPNotFound
    return place


def _of(place: Place) -> OfConcern:
    return OfConcern(id=place.id, reference=place.reference, name=place.name)


def _task(place: str, task: Task) -> TaskShown:
    return TaskShown(
        of=_of(task.of),
        pressing=_WHEN[int(place[0])],
        whom=task.whom,
        what=task.what,
        since=task.since,
        due=task.due,
        do=tuple(each.says for each in task.do),
        in_hands_of=task.hands or None,
        notice=task.notice or None,
        owed=task.owed or None,
        mail=task.mail or None,
    )


def _untold(some: Iterable[Untold]) -> tuple[UntoldShown, ...]:
    return tuple(UntoldShown(of=_of(each.of), name=each.name, why=each.why) for each in some)


def _pending(of: Place, each: Waits) -> PendingShown:
    return PendingShown(
        of=_of(of),
        request=each.id,
        party=each.name,
        would_hear=each.what,
        asked_by=each.by,
        asked_at=each.at,
        until=each.until,
        yours=each.mine,
    )


def _opened(each: OpenedTo) -> OpenedShown:
    access, review = each.access, each.access.review
    return OpenedShown(
        of=_of(each.of),
        access=access.id,
        who=each.who,
        began=access.began,
        ends=access.ends,
        open_now=each.live,
        reason=access.reason,
        review=None if review is None else f"{review.judged}: {review.reason}",
    )


def _safety(each: Safety) -> SafetyShown:
    return SafetyShown(**dict(_kept_safe(each)), nobody=each.nobody)


def _kept_safe(each: Safety) -> KeptSafe:
    return KeptSafe(
        of=_of(each.of),
        leo=each.leo.name,
        leo_phone=each.leo.phone,
        duty_phone=each.duty_phone,
        protections=tuple(
            ProtectionShown(
                who=one.who,
                phone=one.phone or None,
                what=one.what or None,
                until=one.until,
                overdue=one.overdue,
            )
            for one in each.protections
        ),
    )


def _desk(desk: Desk) -> DeskShown:
    return DeskShown(names=desk.names, phone=desk.phone or None)


def _handed_over(each: HandedOver) -> HandedOverShown:
    return HandedOverShown(
        # That a provider is not told stays on the board: a handover is for paper.
        safety=_kept_safe(each.safety),
        service=each.service,
        risk=each.risk,
        untold=tuple(UntoldName(name=name, why=why) for name, why in each.untold),
        owing=tuple(
            OwingShown(who=one.who, what=one.what, due=one.due, overdue=one.overdue)
            for one in each.owing
        ),
        on_the_board=each.on_the_board,
    )


OPERATIONS: Final = (
    Operation(
        id="read_work",
        method="GET",
        path="/v1/work",
        says="Your work: who is still untold, what is overdue, today's, and what waits for others.",
        act=Act.READ_CONCERNS,
        scope=Scope.READS,
        query=api.BeforeTask,
        answer=api.WorkShown,
        carry=_work,
    ),
    Operation(
        id="read_handover",
        method="GET",
        path="/v1/work/handover",
        says="What the emergency duty team is handed, and nothing that is kept from it.",
        act=Act.READ_CONCERNS,
        scope=Scope.READS,
        answer=api.HandoverShown,
        carry=_handover,
    ),
)
"""What waits for whom."""
