"""Sessions by the API: an administrator ends somebody's, and everybody their own."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import api
from hub.access import BY_KEY, Act
from hub.events.envelope import Fault
from hub.ports.keys import Scope
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.own_sessions import end_own
from hub.routes.people import end_every
from hub.routes.sessions import OpenSession
from hub.routes.sign_in import way_in

_MOST: Final = 100
_ALL: Final = "all"
_EVERYBODY: Final = Act.VERIFY
"""Every post gives it: each person's own sessions are theirs to see and end."""


async def _people(call: Call) -> Done:
    found = await call.deps.register.sessions_now(call.deps.clock.now(), _MOST + 1)
    sessions = tuple(
        api.SignedInShown(
            person=each.person.id,
            name=each.person.name,
            post=each.chosen.post if each.chosen else None,
            agency=each.chosen.agency if each.chosen else None,
            began=each.began,
            seen=each.seen,
        )
        for each in found[:_MOST]
    )
    return Done(said=api.SignedInList(sessions=sessions, cut=len(found) > _MOST))


async def _end(call: Call) -> Done:
    """End every session of a person who is signed in; 404 where they are not."""
    person, sent = call.named("person"), call.sent(api.EndSessions)
    ended = await end_every(call.deps, person, sent.why, call.person)
    if not ended:
        raise web.HTTPNotFound
    return Done(said=api.Ended(ended=ended))


async def _own(call: Call) -> Done:
    found = () if _is_a_key(call) else await _of_the_caller(call)
    sessions = tuple(
        api.OwnSession(
            handle=each.handle,
            began=each.began,
            seen=each.seen,
            post=each.appointment.post if each.appointment else None,
            agency=each.appointment.agency if each.appointment else None,
            this_one=each.this_one,
        )
        for each in found
    )
    return Done(said=api.OwnSessions(sessions=sessions))


async def _end_own(call: Call) -> Done:
    """End one of the caller's other sessions, or all of them; never the one that calls."""
    if _is_a_key(call):
        raise refuse(403, "A key has no sessions: send a session of your own")
    sent = call.sent(api.EndOwn)
    every = frozenset(one.handle for one in await _of_the_caller(call) if not one.this_one)
    chosen = every if sent.which == _ALL else every & {sent.which}
    if not chosen:
        raise faulty((Fault(pointer="/which", says="Choose which to end"),))
    return Done(said=api.Ended(ended=await end_own(call.request, call.person.id, chosen)))


def _is_a_key(call: Call) -> bool:
    return call.person.id.startswith(BY_KEY)


async def _of_the_caller(call: Call) -> tuple[OpenSession, ...]:
    opaque = call.request.headers.get("Authorization", "").partition(" ")[2].strip()
    return await way_in(call.request).own(call.person.id, opaque, call.deps.clock.now())


OPERATIONS: Final = (
    Operation(
        id="list_people",
        method="GET",
        path="/v1/people",
        says="Who is signed in by their organisation's account.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        answer=api.SignedInList,
        carry=_people,
    ),
    Operation(
        id="end_sessions",
        method="POST",
        path="/v1/people/{person}/ended-sessions",
        says="End every session of somebody, with a reason.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        body=api.EndSessions,
        answer=api.Ended,
        carry=_end,
    ),
    Operation(
        id="list_own_sessions",
        method="GET",
        path="/v1/my-sessions",
        says="Where you are signed in; a key is nowhere.",
        act=_EVERYBODY,
        scope=Scope.READS,
        answer=api.OwnSessions,
        carry=_own,
    ),
    Operation(
        id="end_own_sessions",
        method="POST",
        path="/v1/my-sessions/ended",
        says="End one of your other sessions, or all of them. A person's session, never a key.",
        act=_EVERYBODY,
        scope=Scope.READS,
        body=api.EndOwn,
        answer=api.Ended,
        carry=_end_own,
        problems=(403,),
        proved=True,
    ),
)
"""Who is signed in."""
