"""One operation of the API: what it takes and answers, who may, and how it is carried out.

The routes and the OpenAPI document are made from the same operations, so neither can say what the
other does not.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from hub.access import Act, Appointment, Official
from hub.api.base import tag_of, written
from hub.events.envelope import Fault
from hub.leaf import leaf
from hub.ports.keys import Scope
from hub.routes.api.callers import Refused, allowed
from hub.routes.deps import BODY_BYTES, WEB, Web
from hub.routes.reading import body_of
from hub.routes.rendering import listed, problem
from hub.routes.step_up import refusal_of_program
from hub.vocabulary import ConcernId

ID: Final = r"^[A-Za-z0-9._:-]{1,128}$"
"""What an id in a path looks like; anything else is not there."""

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: who calls, and what was sent."""

    request: web.Request
    person: Official
    query: BaseModel | None
    body: BaseModel | None
    others: tuple[Appointment, ...] = ()
    """The person's other posts; a key has one."""

    @property
    def deps(self) -> Web:
        """Return what the web works with."""
        return self.request.app[WEB]

    def named(self, what: str) -> str:
        """Return an id of the path. Raises 404 where it can be none."""
        found = self.request.match_info[what]
        if not re.fullmatch(ID, found, re.ASCII):
            raise web.HTTPNotFound
        return found

    def asked(self, model: type[_M]) -> _M:
        """Return what stands behind the `?`."""
        assert isinstance(self.query, model)  # noqa: S101 - the operation says so
        return self.query

    def sent(self, model: type[_M]) -> _M:
        """Return the body."""
        assert isinstance(self.body, model)  # noqa: S101 - the operation says so
        return self.body

    async def looked_at(
        self, what: str, concern: ConcernId | None = None, *, access: str = ""
    ) -> None:
        """Leave a leaf: each look at what a concern holds is on the log.

        `access`: the emergency access by which it was opened; empty: none was needed.
        """
        now, who = self.deps.clock.now(), self.person
        by = {"access": access} if access else {}
        note = leaf("concern.seen", now, concern, person=who.id, agency=who.agency, page=what, **by)
        await self.deps.register.receive((), (), (note,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a call is answered."""

    said: BaseModel | bytes
    """A model; or a file's bytes, where the operation answers one."""
    status: int = 200
    next: Mapping[str, str] | None = None
    """What stands behind the `?` of the next page; None: there is none."""


Carry = Callable[[Call], Awaitable[Done]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    id: str
    method: str
    path: str
    says: str
    act: Act
    scope: Scope
    answer: type[BaseModel] | str
    """The model; or the media type of a file."""
    carry: Carry
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_optional: bool = False
    largest: int = BODY_BYTES
    """Of a body, in bytes; a longer one is 413."""
    statuses: tuple[int, ...] = (200,)
    problems: tuple[int, ...] = ()
    once: bool = False
    """Whether it takes an `Idempotency-Key`."""
    if_match: bool = False
    """Whether it takes an `If-Match` of its concern or its board."""
    proved: bool = False
    """Whether a person must have proved lately who they are; a key was given for it on purpose."""
    tags: tuple[str, ...] = field(default=())


def refuse(status: int, detail: str, **more: Any) -> Refused:  # noqa: ANN401 - JSON
    """Return what ends a call with a problem."""
    return Refused(problem(status, detail, **more))


def faulty(faults: tuple[Fault, ...]) -> Refused:
    """Return what ends a call whose body is at fault, with every fault."""
    return refuse(422, "What was sent cannot be taken", faults=listed(faults))


def matches(header: str, *tags: str) -> bool:
    """Whether one of these tags is in an `If-Match` or `If-None-Match` (RFC 9110, 13.1)."""
    given = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in given or not given.isdisjoint(tags)


async def read(request: web.Request, operation: Operation) -> Call:
    """Read a call. Raises Refused (401, 403, 415, 422 with every fault) and 404, 408, 413."""
    caller = await allowed(request, operation.act, operation.scope)
    if operation.proved and caller.session is not None:
        unproved = refusal_of_program(request, caller.session)
        if unproved is not None:
            raise Refused(unproved)
    query, wrong = _query(request, operation.query)
    body, more = await _body(request, operation)
    if wrong or more:
        raise faulty((*wrong, *more))
    others = caller.session.others if caller.session is not None else ()
    return Call(request=request, person=caller.person, query=query, body=body, others=others)


def answered(call: Call, operation: Operation, done: Done) -> web.Response:
    """Return the answer: 304 where the reader has it already."""
    body, tag = written(done.said), tag_of(done.said)
    known = call.request.headers.get("If-None-Match", "")
    if operation.method == "GET" and known and matches(known, tag):
        return web.Response(status=304, headers={"ETag": tag})
    kind = operation.answer if isinstance(operation.answer, str) else "application/json"
    response = web.Response(body=body, status=done.status, content_type=kind)
    if operation.method == "GET":
        response.headers["ETag"] = tag
    if done.next is not None:
        there = call.request.rel_url.update_query(done.next)
        response.headers["Link"] = f'<{there}>; rel="next"'
    return response


def _query(
    request: web.Request, model: type[BaseModel] | None
) -> tuple[BaseModel | None, tuple[Fault, ...]]:
    """Read what stands behind the `?`; what nobody asked for is at fault too."""
    sent: dict[str, str] = {}
    faults = []
    for name, value in request.query.items():
        if name in sent:
            faults.append(Fault(pointer=f"/{name}", says="send it once"))
        sent[name] = value
    if model is None:
        faults += [Fault(pointer=f"/{name}", says="there is no such parameter") for name in sent]
        return None, tuple(faults)
    try:
        return model.model_validate(sent), tuple(faults)
    except ValidationError as error:
        return None, (*faults, *faults_of(error))


async def _body(
    request: web.Request, operation: Operation
) -> tuple[BaseModel | None, tuple[Fault, ...]]:
    if operation.body is None:
        return None, ()
    raw = await body_of(request, operation.largest)
    if not raw and operation.body_optional:
        return operation.body(), ()
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        return operation.body.model_validate_json(raw), ()
    except ValidationError as error:
        return None, faults_of(error)


def faults_of(error: ValidationError) -> tuple[Fault, ...]:
    """Return every fault by its JSON pointer, and none of what was sent."""
    return tuple(
        Fault(pointer="".join(f"/{_escaped(part)}" for part in each["loc"]), says=each["msg"])
        for each in error.errors(include_input=False, include_url=False)
    )


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
