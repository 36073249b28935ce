"""The API's routes: each operation carried out, once for each `Idempotency-Key`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Final

from aiohttp import web

from hub.api.base import tag_of
from hub.ports.answered_once import Once, SaidBefore, Turned
from hub.routes.api import (
    administering,
    auditing,
    chasing,
    failing,
    mapping,
    privacy,
    proving,
    reading,
    releasing,
    rules,
    signed_in,
    steering,
    working,
    writing,
)
from hub.routes.api.operations import Call, Done, Operation, answered, matches, read, refuse

OPERATIONS: Final = (
    *reading.OPERATIONS,
    *writing.OPERATIONS,
    *chasing.OPERATIONS,
    *releasing.OPERATIONS,
    *steering.OPERATIONS,
    *privacy.OPERATIONS,
    *failing.OPERATIONS,
    *administering.OPERATIONS,
    *signed_in.OPERATIONS,
    *working.OPERATIONS,
    *rules.OPERATIONS,
    *mapping.OPERATIONS,
    *proving.OPERATIONS,
    *auditing.OPERATIONS,
)
"""Every operation of ours; what was there before the API stands beside them (`described`)."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")


def add_routes(app: web.Application) -> None:
    """Add every operation."""
    for operation in OPERATIONS:
        app.router.add_route(operation.method, operation.path, _carried(operation))


def _carried(operation: Operation) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        call = await read(request, operation)
        once = _once(call, operation)
        if once is None:
            return answered(call, operation, await _done(call, operation))
        return await _only_once(call, operation, once)

    return handle


async def _done(call: Call, operation: Operation) -> Done:
    given = call.request.headers.get("If-Match", "")
    if operation.if_match and given:
        await _must_match(call, given)
    return await operation.carry(call)


async def _must_match(call: Call, given: str) -> None:
    """Refuse (412) what rests on an older view of the concern or of its board."""
    record = await reading.concern_of(call, "concern")
    tags = (
        tag_of(await reading.shown(call, record)),
        tag_of(await reading.board_shown(call, record)),
    )
    if not matches(given, *tags):
        raise refuse(412, "The concern is not as you saw it: read it again, then decide")


async def _only_once(call: Call, operation: Operation, once: Once) -> web.Response:
    register = call.deps.register
    match await register.begin_once(once):
        case SaidBefore(status=status, body=body):
            again = web.Response(status=status, body=body, content_type="application/json")
            again.headers["Idempotent-Replayed"] = "true"
            return again
        case Turned.OTHER:
            raise refuse(422, "This `Idempotency-Key` came with another request before")
        case Turned.BUSY:
            raise refuse(409, "The first request of this `Idempotency-Key` is still at work")
        case None:
            pass
    said: SaidBefore | None = None
    try:
        response = answered(call, operation, await _done(call, operation))
        if isinstance(response.body, bytes):
            said = SaidBefore(status=response.status, body=response.body)
        return response
    finally:
        # What was refused has done nothing: it may be put right and sent again.
        await register.end_once(once, said)


def _once(call: Call, operation: Operation) -> Once | None:
    given = call.request.headers.get("Idempotency-Key")
    if given is None or not operation.once:
        return None
    if not _KEY.fullmatch(given):
        raise refuse(422, "`Idempotency-Key` is 1 to 255 visible ASCII characters")
    sent = call.body.model_dump_json() if call.body is not None else ""
    whole = f"{operation.method} {call.request.path}\n{sent}"
    return Once(caller=call.person.id, key=given, digest=sha256(whole.encode()).hexdigest())
