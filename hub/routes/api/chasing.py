"""Chasing by the API: what the next step of a ladder would do, and having it taken now."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.chasing import Chased, Chasing
from hub.ports import ConcernRecord, NoticeRecord
from hub.ports.keys import Scope
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.api.reading import concern_of
from hub.routes.chasing import chasing, what_it_does


async def _chase(call: Call) -> Done:
    """Say what the next step would do, or have it taken: the very act of the board."""
    record, sent = await concern_of(call, "chase"), call.sent(api.Chasing)
    wanted = call.named("notice")
    each = next((one for one in record.notices if one.notice.id == wanted), None)
    if each is None:
        raise web.HTTPNotFound
    desk, directory = chasing(call.deps), await call.deps.register.directory()
    offer = await desk.offer(record, each)
    found = offer.chaseable
    done = None if sent.dry_run else await _chased(desk, record, each, call)
    # What was done a moment ago is not what would be done now.
    move = None if found is None or (done and done.again) else found.move
    said = api.ChaseShown(
        notice=each.notice.id,
        obligation=done.chase.obligation if done else found.owed.id if found else None,
        step=done.chase.step if done else found.step if found else None,
        does=what_it_does(move, each.notice.party, directory),
        why_not=None if done else offer.why_not or None,
        chased_at=done.chase.at if done else None,
        chased_by=done.chase.by.name if done else None,
        again=bool(done and done.again),
    )
    return Done(said=said, status=201 if done and not done.again else 200)


async def _chased(desk: Chasing, record: ConcernRecord, each: NoticeRecord, call: Call) -> Chased:
    sent = call.sent(api.Chasing)
    result = await desk.chase(
        record.concern.id, each.notice.id, call.person, sent.reason, sent.step
    )
    match result:
        case Chased():
            return result
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise web.HTTPNotFound


OPERATIONS: Final = (
    Operation(
        id="chase_answer",
        method="POST",
        path="/v1/concerns/{concern}/notices/{notice}/chases",
        says="Have the next step of the ladder of a notice's answer taken now; a dry run says "
        "what it would do.",
        act=Act.STEER,
        scope=Scope.STEERS,
        body=api.Chasing,
        answer=api.ChaseShown,
        carry=_chase,
        statuses=(200, 201),
        once=True,
        if_match=True,
    ),
)
"""One act."""
