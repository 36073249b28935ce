"""The LEO's and the Chair's screens: the list, the board of one concern, and the raw evidence."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from hub.access import Act, Post
from hub.answers import has_left
from hub.answers.hiding import hidden, without_code
from hub.bounce import SOURCE
from hub.closure import all_notified
from hub.ports import ConcernRecord, NoticeRecord
from hub.receipt import SAID, Receipt, fold
from hub.routes.board import board
from hub.routes.deps import WEB, Web
from hub.routes.fresh import fresh
from hub.routes.naming import WENT_WRONG, notice_words, party_name
from hub.routes.navigation import home
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import looked_at, looked_over, session_of, signed_in
from hub.routes.swimlane import SHAPES, swim_lanes
from hub.vocabulary import ConcernId, Stage


def add_routes(app: web.Application) -> None:
    """Add the list, the board, one notice and one delivery's evidence."""
    app.router.add_get("/", everything)
    app.router.add_get("/concerns/{concern}", one)
    app.router.add_get("/concerns/{concern}/notices/{notice}", notice_as_sent)
    app.router.add_get("/concerns/{concern}/evidence/{delivery}", evidence)


async def everything(request: web.Request) -> web.Response:
    """List the concerns of the signed-in person's own authority, newest first; else their home."""
    session = await session_of(request)
    if not session.person.may(Act.READ_CONCERNS):
        begins = home(session.person)
        raise web.HTTPSeeOther(begins) if begins else web.HTTPNotFound
    register = request.app[WEB].register
    own = await register.as_reader(session.person.agency).concerns()
    await looked_over(request, session, "concerns", len(own))
    return page(
        "concerns.html.j2",
        title="Provider concerns",
        session=session,
        concerns=own,
        quarantined=(await register.depths()).quarantined,
    )


async def one(request: web.Request) -> web.Response:
    """Show one concern: who is still untold, and how far the evidence reaches for each party."""
    session = await signed_in(request, Act.READ_CONCERNS)
    live = await fresh(request, session)
    record = await of_this_person(request, session, "board")
    deps = request.app[WEB]
    now = deps.clock.now()
    shown = board(record, await deps.register.directory(), session.person, now)
    chased = await deps.register.chases([record.concern.id])
    return page(
        "concern.html.j2",
        title=f"{record.concern.reference}: {record.concern.service.location_name}",
        session=session,
        concern=record.concern,
        board=shown,
        drawing=swim_lanes(shown, now),
        shapes=SHAPES,
        stages=[(str(stage), stage is record.concern.stage) for stage in Stage],
        stops=session.person.may(Act.RELEASE) and deps.tools_for is not None,
        takes=session.person.post is Post.LEO,
        chases=session.person.may(Act.STEER) and deps.tools_for is not None,
        # Newest first, so that the newest of each notice is the one that stays.
        chased={each.notice: each for each in reversed(chased)},
        placing=all_notified(record.concern, record.standing.history),
        quarantined=(await deps.register.depths()).quarantined,
        live=live,
    )


async def notice_as_sent(request: web.Request) -> web.Response:
    """Show one notice word for word, its answers and its deliveries."""
    session, record = await seen(request, "notice")
    wanted = one_notice(record, request.match_info["notice"])
    directory = await request.app[WEB].register.directory()
    return page(
        "notice.html.j2",
        title=notice_words(wanted.notice.template),
        session=session,
        concern=record.concern,
        record=wanted,
        party=party_name(wanted.notice.party, directory),
        text=without_code(wanted),
        reached=fold(wanted.receipts),
        said=SAID,
        left=has_left(wanted),
        answers=[
            (r, r.acknowledgement or r.declination)
            for r in wanted.receipts
            if r.acknowledgement or r.declination
        ],
    )


async def evidence(request: web.Request) -> web.Response:
    """Show everything that was ever learnt of one delivery, as it came."""
    session, record = await seen(request, "evidence")
    wanted = request.match_info["delivery"]
    for each in record.notices:
        for delivery in each.deliveries:
            if delivery.id == wanted:
                directory = await request.app[WEB].register.directory()
                receipts = [r for r in each.receipts if r.delivery == delivery.id]
                return page(
                    "evidence.html.j2",
                    title="Evidence of one delivery",
                    session=session,
                    concern=record.concern,
                    notice=each.notice,
                    words=notice_words(each.notice.template),
                    delivery=delivery,
                    party=party_name(delivery.party, directory),
                    receipts=receipts,
                    mails=await mails_of(request.app[WEB], each, receipts),
                    said=SAID,
                    went_wrong=WENT_WRONG,
                )
    raise web.HTTPNotFound


async def mails_of(deps: Web, record: NoticeRecord, receipts: Sequence[Receipt]) -> dict[str, str]:
    """Return, by its id, each mail that came back and is the evidence of one of these receipts."""
    register = deps.register
    came = (r for r in receipts if r.source == SOURCE)
    ids = dict.fromkeys(value for r in came for name, value in r.evidence if name == "mail")
    found = {one: await register.mail(one) for one in ids}
    return {
        one: hidden(mail.raw.decode("utf-8", "replace"), record.notice.ack_code)
        for one, mail in found.items()
        if mail is not None
    }


async def seen(request: web.Request, what: str) -> tuple[Session, ConcernRecord]:
    """Return a concern that this person may see, with a leaf that it was seen; else 404."""
    session = await signed_in(request, Act.READ_CONCERNS)
    return session, await of_this_person(request, session, what)


async def of_this_person(request: web.Request, session: Session, what: str) -> ConcernRecord:
    """Return the concern of the path where its host is this person's authority; else 404."""
    wanted = ConcernId(request.match_info["concern"])
    record = await request.app[WEB].register.as_reader(session.person.agency).concern(wanted)
    if record is None:
        raise web.HTTPNotFound
    await looked_at(request, session, wanted, what)
    return record


def one_notice(record: ConcernRecord, wanted: str) -> NoticeRecord:
    """Return one notice of this concern. Raises 404."""
    for each in record.notices:
        if each.notice.id == wanted:
            return each
    raise web.HTTPNotFound
