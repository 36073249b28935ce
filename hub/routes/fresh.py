"""Pages that say so once they no longer show what is so: what each hangs on, and its mark.

A mark says that something is another thing, and nothing of what; it holds no case content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from aiohttp import web

from hub.access import Act
from hub.ports.failing import FailingPage, QuarantinePage
from hub.ports.replaying import Replay
from hub.routes.deps import WEB
from hub.routes.hosted import MOST_READ
from hub.routes.sessions import Session
from hub.vocabulary import ConcernId

_ALL_MINE: Final = frozenset({"/my-work", "/held"})
_NOT_TAKEN: Final = "/failed"
_OF_ONE: Final = re.compile(r"/concerns/([^/?#]+)(?:/held)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a page shows: all concerns of one's authority, one of them, or what was not taken."""

    act: Act
    """Who may open the page, and so who may hear that it has changed."""
    concern: ConcernId | None = None
    not_taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What an open page needs to hear that it has changed."""

    page: str
    mark: str

    @property
    def stream(self) -> str:
        """Return where it listens."""
        return f"/live?of={quote(self.page, safe='/')}"


def subject_of(path: str) -> Subject | None:
    """Return what the page at this path shows; None: it does not say when it has changed."""
    if path in _ALL_MINE:
        return Subject(act=Act.READ_CONCERNS)
    if path == _NOT_TAKEN:
        return Subject(act=Act.OPERATE, not_taken=True)
    found = _OF_ONE.fullmatch(path)
    return found and Subject(act=Act.READ_CONCERNS, concern=ConcernId(found[1]))


async def fresh(request: web.Request, session: Session) -> Fresh:
    """Return the mark of the page of concerns that is asked for, before anything of it is read.

    So a change meanwhile is said once too often, and never missed. Raises 404.
    """
    subject = subject_of(request.path)
    concern = None if subject is None else subject.concern
    return Fresh(page=request.path, mark=await mark_of(request, session, concern))


async def mark_of(request: web.Request, session: Session, concern: ConcernId | None) -> str:
    """Return the mark of this concern, or (None) of all that the person's authority hosts.

    Raises 404 where it does not host it.
    """
    deps = request.app[WEB]
    mark = await deps.register.mark_of(
        session.person.agency, deps.clock.now(), limit=MOST_READ, concern=concern
    )
    if mark is None:
        raise web.HTTPNotFound
    return mark


def mark_of_failing(
    found: FailingPage, quarantine: QuarantinePage, orders: Iterable[Replay]
) -> str:
    """Return the mark of what was not taken, of the lists that the page itself shows. Pure."""
    lines: list[Sequence[object]] = [(found.total, quarantine.total)]
    lines += [(one.delivery, one.state, one.cause, one.tried) for one in found.rows]
    lines += [(one.id,) for one in quarantine.rows]
    lines += [(one.id, one.ended, *sorted(one.counts.items())) for one in orders]
    said = "\n".join(" ".join(map(str, line)) for line in lines)
    return sha256(said.encode()).hexdigest()
