"""`/live`: says to who may open a page that it has changed, and nothing else (decisions/0034).

Server-sent events (HTML Living Standard, 9.2). Each process asks the register how far it has come,
so whichever process a page listens to, it hears of what another one wrote.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiohttp import web

from hub.ports import Clock, RegisterAway
from hub.routes.deps import WEB
from hub.routes.failed import not_taken
from hub.routes.fresh import Subject, mark_of, mark_of_failing, subject_of
from hub.routes.sessions import Session, hashed
from hub.routes.sign_in import standing

log = structlog.get_logger()

LOOK_AGAIN: Final = timedelta(seconds=3)
"""A page hears of a change within twice this."""
BEATS: Final = 5
"""A stream with nothing to say says that it is there, once in so many looks: every 15 seconds."""
MOST_OF_A_SESSION: Final = 6
"""Streams of one session at once; our pages listen while they are in view, and so by one or two."""
MOST: Final = 1_000
"""Streams of one process at once."""

_CHANGED: Final = "event: changed\nid: {}\ndata: changed\n\n"
_OVER: Final = "event: over\ndata: over\n\n"
_HERE: Final = ": here\n\n"
_BEGIN: Final = "retry: 3000\nid: {}\n\n"


@dataclass(slots=True)
class _Shared:
    """What all streams of one subject ask of the register: once, not once each."""

    readers: int = 0
    mark: str = ""
    at: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Streams:
    """The streams that are open in this process."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _of_session: defaultdict[str, dict[int, web.Request]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _shared: dict[Hashable, _Shared] = field(default_factory=dict)

    def has_room(self, session: str) -> bool:
        """Whether one more may be opened. One whose page is gone counts no more."""
        mine = sum(
            each.transport is not None for each in self._of_session.get(session, {}).values()
        )
        return self.open < MOST and mine < MOST_OF_A_SESSION

    @property
    def open(self) -> int:
        """How many there are."""
        return sum(len(each) for each in self._of_session.values())

    @contextmanager
    def one_more(self, session: str, request: web.Request, about: Hashable) -> Iterator[_Shared]:
        """Count a stream while it is open, and yield what it shares with others."""
        shared = self._shared.setdefault(about, _Shared())
        shared.readers += 1
        self._of_session[session][id(request)] = request
        try:
            yield shared
        finally:
            shared.readers -= 1
            if not shared.readers:
                del self._shared[about]
            del self._of_session[session][id(request)]
            if not self._of_session[session]:
                del self._of_session[session]

    async def next_look(self, clock: Clock) -> bool:
        """Wait until it is time to look again; False: the process stops."""
        stop = asyncio.ensure_future(self.stopping.wait())
        time = asyncio.ensure_future(clock.sleep(LOOK_AGAIN.total_seconds()))
        try:
            await asyncio.wait((stop, time), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (stop, time):
                waiting.cancel()
            await asyncio.gather(stop, time, return_exceptions=True)
        return not self.stopping.is_set()


STREAMS: Final = web.AppKey("streams", Streams)


def add_routes(app: web.Application) -> None:
    """Add the stream; it ends as soon as the process stops."""
    app[STREAMS] = Streams()

    async def stop(_: web.Application) -> None:
        app[STREAMS].stopping.set()

    app.on_shutdown.append(stop)
    # Of a stream, the head alone would never end.
    app.router.add_get("/live", listen, allow_head=False)


async def listen(request: web.Request) -> web.StreamResponse:
    """Say when the page `of` has changed since the mark that its reader has.

    `since`, or `Last-Event-ID` after a break, is that mark. 404 where they may not open the page;
    204 where nobody is signed in, which ends every try to listen again; 429 past the bounds.
    """
    session = await standing(request)
    if session is None:
        return web.Response(status=204)
    subject = subject_of(request.query.get("of", ""))
    if subject is None or not session.person.may(subject.act):
        raise web.HTTPNotFound
    who = hashed(session.form_token)
    about = (subject, session.person.id, session.person.agency)
    streams = request.app[STREAMS]
    if not streams.has_room(who):
        log.info("web.live.refused", open=streams.open)
        return web.Response(status=429)
    with streams.one_more(who, request, about) as shared:
        return await _listened(request, session, subject, shared)


async def _listened(
    request: web.Request, session: Session, subject: Subject, shared: _Shared
) -> web.StreamResponse:
    known = request.headers.get("Last-Event-ID") or request.query.get("since", "")

    async def ask() -> str:
        return await _asked(request, session, subject)

    # Anew, and not what others heard a moment ago: that may be older than the page.
    mark = await _heard(shared, request.app[WEB].clock.now(), ask, timedelta())
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await response.prepare(request)
    with suppress(ConnectionError):
        said = _CHANGED.format(mark) if known and known != mark else ""
        await response.write((_BEGIN.format(mark) + said).encode())
        await _go_on(request, response, session, _Listening(shared=shared, ask=ask, mark=mark))
    return response


@dataclass(slots=True, kw_only=True)
class _Listening:
    """How far one stream has come."""

    shared: _Shared
    ask: Callable[[], Awaitable[str]]
    mark: str
    """What was said last."""
    looks: int = 0


async def _go_on(
    request: web.Request, response: web.StreamResponse, session: Session, listening: _Listening
) -> None:
    streams, clock = request.app[STREAMS], request.app[WEB].clock
    while await streams.next_look(clock):
        transport = request.transport
        if transport is None:
            return
        says = await _says(request, session, listening, clock.now())
        if not says:
            continue
        if transport.get_write_buffer_size():
            # What was said before lies here still: nobody reads it.
            log.info("web.too_slow", part="stream")
            transport.abort()
            return
        await response.write(says.encode())
        if says is _OVER:
            return


async def _says(request: web.Request, session: Session, to: _Listening, now: datetime) -> str:
    """Return what is said now; empty: nothing."""
    to.looks += 1
    beat = "" if to.looks % BEATS else _HERE
    try:
        still = await standing(request)
        if still is None or still.person != session.person:
            return _OVER
        mark = await _heard(to.shared, now, to.ask, LOOK_AGAIN)
    except RegisterAway:
        return beat
    except web.HTTPNotFound:
        return _OVER
    if mark == to.mark:
        return beat
    to.mark = mark
    return _CHANGED.format(mark)


async def _heard(
    shared: _Shared, now: datetime, ask: Callable[[], Awaitable[str]], within: timedelta
) -> str:
    """Return the mark, as it was at most so long ago."""
    async with shared.asking:
        if shared.at is None or now - shared.at >= within:
            shared.mark = await ask()
            shared.at = now
        return shared.mark


async def _asked(request: web.Request, session: Session, subject: Subject) -> str:
    if subject.not_taken:
        return mark_of_failing(*await not_taken(request, session.person))
    return await mark_of(request, session, subject.concern)
