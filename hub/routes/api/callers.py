"""Who calls the API, by `Authorization: Bearer`: a key (RFC 6750), or a person's own session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from hub.access import Act, Official
from hub.ports.keys import PREFIX, Scope, hash_of
from hub.routes.api.limits import address_of, count
from hub.routes.deps import WEB, WHO
from hub.routes.rendering import problem
from hub.routes.sessions import Session
from hub.routes.sign_in import session_by_token

_LONGEST_TOKEN: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever calls, and what for. A person's session has every scope: their post decides."""

    person: Official
    scopes: frozenset[Scope]
    session: Session | None = None
    """Theirs, where a person calls; None: a key does."""


class Refused(Exception):
    """The call goes no further; `response` says why."""

    def __init__(self, response: web.Response) -> None:
        super().__init__(response.status)
        self.response = response


async def caller_of(request: web.Request) -> Caller | None:
    """Return who calls; None: nobody whom this hub knows."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        return None
    if not token.startswith(PREFIX):
        session = await session_by_token(request, token)
        if session is None:
            return None
        return Caller(person=session.person, scopes=frozenset(Scope), session=session)
    deps = request.app[WEB]
    key = await deps.register.key_of(hash_of(token))
    if key is None or not key.live(deps.clock.now()):
        return None
    return Caller(person=key.official, scopes=key.scopes)


async def allowed(request: web.Request, act: Act, scope: Scope) -> Caller:
    """Return who calls, where their key is for this and their post gives it.

    Raises OneTooMany, and Refused: 401 (nobody), 403 (the key is not for this); 404 where the post
    does not give it, since what one may not see is not there.
    """
    caller = await caller_of(request)
    if caller is not None:
        request[WHO] = caller.person.id
    count(request, address_of(request) if caller is None else f"caller {caller.person.id}")
    if caller is None:
        refused = problem(401, "Send a key of the API: `Authorization: Bearer ...`")
        refused.headers["WWW-Authenticate"] = "Bearer"
        raise Refused(refused)
    if scope not in caller.scopes:
        refused = problem(403, f"This key is not for what {scope}: make one that is")
        refused.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise Refused(refused)
    if not caller.person.may(act):
        raise web.HTTPNotFound
    return caller
