"""What the API reads: each answer holds what its reader may see, and nothing else is there."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act, Post
from hub.answers import NotFound
from hub.concern import Concern
from hub.ports import ConcernRecord
from hub.ports.keys import Scope
from hub.routes.api import views
from hub.routes.api.operations import Call, Done, Operation
from hub.routes.board import board
from hub.routes.contacts import minded, own_contacts
from hub.vocabulary import ConcernId, NoticeId


async def concern_of(call: Call, what: str) -> ConcernRecord:
    """Return the concern of the path where its host is the caller's authority; else 404."""
    wanted = ConcernId(call.named("concern"))
    record = await call.deps.register.as_reader(call.person.agency).concern(wanted)
    if record is None:
        raise web.HTTPNotFound
    await call.looked_at(what, wanted)
    return record


async def shown(call: Call, record: ConcernRecord) -> api.ConcernShown:
    """Return one concern as `GET /v1/concerns/{concern}` answers it."""
    return views.concern(record, await call.deps.register.directory())


async def board_shown(call: Call, record: ConcernRecord) -> api.BoardShown:
    """Return the board as `GET /v1/concerns/{concern}/board` answers it."""
    directory = await call.deps.register.directory()
    found = board(record, directory, call.person, call.deps.clock.now())
    return views.board(found, directory, call.person, record)


async def _concerns(call: Call) -> Done:
    asked = call.asked(api.BeforeConcern)
    found = await _page_of_concerns(call, asked, only_held=False)
    await call.looked_at("concerns")
    summaries = tuple(views.summary(one) for one in found)
    return Done(said=api.ConcernList(concerns=summaries), next=_next(asked, found))


async def _concern(call: Call) -> Done:
    return Done(said=await shown(call, await concern_of(call, "concern")))


async def _board(call: Call) -> Done:
    return Done(said=await board_shown(call, await concern_of(call, "board")))


async def _timeline(call: Call) -> Done:
    record, asked = await concern_of(call, "timeline"), call.asked(api.Before)
    # One look leaves a leaf itself, which stands in the next answer.
    found = await call.deps.register.log_of(
        record.concern.id, before=asked.before, limit=asked.limit
    )
    entries = tuple(views.entry(one, call.person) for one in found)
    said = api.Timeline(concern=record.concern.id, entries=entries)
    return Done(said=said, next=_behind(asked, [one.seq for one in found]))


async def _held(call: Call) -> Done:
    asked = call.asked(api.BeforeConcern)
    found = await _page_of_concerns(call, asked, only_held=True)
    register = call.deps.register
    holds = await register.holds_of([one.id for one in found])
    directory = await register.directory()
    await call.looked_at("held")
    concerns = tuple(
        api.HeldOfConcern(
            concern=one.id,
            reference=one.reference,
            held=views.held((h for of, h in holds if of == one.id), directory, call.person),
        )
        for one in found
    )
    return Done(said=api.HeldList(concerns=concerns), next=_next(asked, found))


async def _notices(call: Call) -> Done:
    asked = call.asked(api.Before)
    found = await call.deps.register.notices_to(
        call.person.agency, before=asked.before, limit=asked.limit
    )
    await call.looked_at("notices")
    said = api.NoticeList(notices=tuple(views.listed(one) for one in found))
    return Done(said=said, next=_behind(asked, [one.seq for one in found]))


async def _notice(call: Call) -> Done:
    wanted = NoticeId(call.named("notice"))
    record = await call.deps.answers.own_notice(wanted, call.person)
    if isinstance(record, NotFound):
        raise web.HTTPNotFound
    await call.looked_at("notice", record.notice.concern)
    return Done(said=views.notice(record))


async def _failed(call: Call) -> Done:
    asked, mine = call.asked(api.Before), call.person.post is not Post.ADMINISTRATOR
    found = await call.deps.register.failed(
        call.person.agency if mine else None, before=asked.before, limit=asked.limit
    )
    if mine:
        await call.looked_at("failed")
    said = api.FailedList(failed=tuple(views.failed(one, of_a_concern=mine) for one in found))
    return Done(said=said, next=_behind(asked, [one.seq for one in found]))


async def _quarantine(call: Call) -> Done:
    register = call.deps.register
    found = await register.quarantined(call.asked(api.Listing).limit)
    messages = tuple(views.quarantined(one) for one in found)
    of = (await register.depths()).quarantined
    return Done(said=api.QuarantineList(messages=messages, of=of))


async def _contacts(call: Call) -> Done:
    found = await minded(call.deps, call.person.agency)
    if found.hosted:
        await call.looked_at("contacts")
    contacts = tuple(views.contact(one, found.directory) for one in found.shown)
    return Done(said=api.ContactList(contacts=contacts))


async def _own_contacts(call: Call) -> Done:
    # Of no concern: nothing is looked at that the log would have to know.
    mine = await own_contacts(call.deps, call.person.agency)
    return Done(said=api.OwnContactList(contacts=tuple(views.own_contact(one) for one in mine)))


async def _figures(call: Call) -> Done:
    latest = call.deps.figures
    report = None if latest is None else await latest()
    if report is None:
        raise web.HTTPNotFound
    return Done(said=views.figures(report))


async def _page_of_concerns(
    call: Call, asked: api.BeforeConcern, *, only_held: bool
) -> tuple[Concern, ...]:
    before = None if asked.before is None else _read(asked.before)
    return await call.deps.register.concerns_of(
        call.person.agency, before=before, limit=asked.limit, only_held=only_held
    )


def _read(cursor: str) -> tuple[datetime, ConcernId]:
    """Read where a page ended. Raises 404: there is no such page."""
    try:
        whole = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        stamp, _, concern = whole.partition(" ")
        at = datetime.fromisoformat(stamp)
    except (binascii.Error, ValueError):
        raise web.HTTPNotFound from None
    if at.tzinfo is None or not concern.isprintable():
        raise web.HTTPNotFound
    return at, ConcernId(concern)


def _next(asked: api.BeforeConcern, found: tuple[Concern, ...]) -> dict[str, str] | None:
    if len(found) < asked.limit:
        return None
    ended = f"{found[-1].opened_at.isoformat()} {found[-1].id}".encode()
    return {"before": urlsafe_b64encode(ended).decode().rstrip("=")}


def _behind(asked: api.Before, seqs: list[int]) -> dict[str, str] | None:
    return {"before": str(seqs[-1])} if len(seqs) == asked.limit else None


_READS: Final = Scope.READS

OPERATIONS: Final = (
    Operation(
        id="list_concerns",
        method="GET",
        path="/v1/concerns",
        says="The concerns that your authority hosts, the newest first.",
        act=Act.READ_CONCERNS,
        scope=_READS,
        query=api.BeforeConcern,
        answer=api.ConcernList,
        carry=_concerns,
    ),
    Operation(
        id="read_concern",
        method="GET",
        path="/v1/concerns/{concern}",
        says="One concern: who leads it and what is owed.",
        act=Act.READ_CONCERNS,
        scope=_READS,
        answer=api.ConcernShown,
        carry=_concern,
    ),
    Operation(
        id="read_board",
        method="GET",
        path="/v1/concerns/{concern}/board",
        says="Who has been told, how far the evidence reaches, and what is held.",
        act=Act.READ_CONCERNS,
        scope=_READS,
        answer=api.BoardShown,
        carry=_board,
    ),
    Operation(
        id="read_timeline",
        method="GET",
        path="/v1/concerns/{concern}/timeline",
        says="What the log has of one concern, the newest first.",
        act=Act.READ_CONCERNS,
        scope=_READS,
        query=api.Before,
        answer=api.Timeline,
        carry=_timeline,
    ),
    Operation(
        id="list_held",
        method="GET",
        path="/v1/held",
        says="What is held in your concerns.",
        act=Act.READ_CONCERNS,
        scope=_READS,
        query=api.BeforeConcern,
        answer=api.HeldList,
        carry=_held,
    ),
    Operation(
        id="list_notices",
        method="GET",
        path="/v1/notices",
        says="The notices to your own agency, the newest first.",
        act=Act.ANSWER,
        scope=_READS,
        query=api.Before,
        answer=api.NoticeList,
        carry=_notices,
    ),
    Operation(
        id="read_notice",
        method="GET",
        path="/v1/notices/{notice}",
        says="One notice to your own agency, word for word.",
        act=Act.ANSWER,
        scope=_READS,
        answer=api.NoticeShown,
        carry=_notice,
    ),
    Operation(
        id="list_failed",
        method="GET",
        path="/v1/failed",
        says="Deliveries that failed for good; without their concerns for an administrator.",
        act=Act.OPERATE,
        scope=_READS,
        query=api.Before,
        answer=api.FailedList,
        carry=_failed,
    ),
    Operation(
        id="list_quarantine",
        method="GET",
        path="/v1/quarantine",
        says="Messages that could not be taken: sizes, hashes and faults.",
        act=Act.OPERATE,
        scope=_READS,
        query=api.Listing,
        answer=api.QuarantineList,
        carry=_quarantine,
    ),
    Operation(
        id="list_contacts",
        method="GET",
        path="/v1/contacts",
        says="How the contacts of your concerns' agencies fare, without their addresses.",
        act=Act.MIND_CONTACTS,
        scope=_READS,
        answer=api.ContactList,
        carry=_contacts,
    ),
    Operation(
        id="list_own_contacts",
        method="GET",
        path="/v1/own-contacts",
        says="Where we reach your own organisation, and how that fares.",
        act=Act.ANSWER,
        scope=_READS,
        answer=api.OwnContactList,
        carry=_own_contacts,
    ),
    Operation(
        id="read_figures",
        method="GET",
        path="/v1/figures",
        says="The key figures of the last days.",
        act=Act.READ_FIGURES,
        scope=_READS,
        answer=api.FiguresShown,
        carry=_figures,
    ),
)
"""Everything that is read."""
