"""What is held, releasing it by two people, and the stop that holds at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from hub.access import Act, Official
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.amending import Release, Wanted
from hub.answers.console import may_place, may_release
from hub.answers.releasing import STOPS, Releasing, Result, hold_of
from hub.concern import Party, PlacedHold
from hub.ports import ConcernRecord
from hub.routes.concerns import of_this_person, seen
from hub.routes.deps import WEB, Web
from hub.routes.fresh import fresh
from hub.routes.held import held_from
from hub.routes.holding import (
    boxes,
    left_out,
    named_left_out,
    placed_holds,
    waits,
    would_go,
)
from hub.routes.hosted import hosted
from hub.routes.naming import HELD_FOR, party_name
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form, signed_in
from hub.routes.step_up import stepped_up
from hub.vocabulary import AgencyId, HoldKind, InfoClass, Role

MOST_ASKED: Final = 20
"""How many releases that were asked for one page shows, the newest."""


def add_routes(app: web.Application) -> None:
    """Add what is held, over concerns and of one; the release; the stop."""
    app.router.add_get("/held", everywhere)
    app.router.add_get("/concerns/{concern}/held", held)
    app.router.add_get("/concerns/{concern}/release", release)
    app.router.add_post("/concerns/{concern}/release", ask)
    app.router.add_get("/concerns/{concern}/releases/{request}", second)
    app.router.add_post("/concerns/{concern}/releases/{request}", decide)
    app.router.add_get("/concerns/{concern}/stop", stop)
    app.router.add_post("/concerns/{concern}/stop", put)


async def everywhere(request: web.Request) -> web.Response:
    """List what is held, over all concerns of the signed-in person's authority."""
    session = await signed_in(request, Act.READ_CONCERNS)
    live = await fresh(request, session)
    mine = await hosted(request.app[WEB], session.person, "held")
    directory = await request.app[WEB].register.directory()
    found = [
        (each.concern, held_from(each.holds, directory, session.person)) for each in mine.records
    ]
    return page(
        "held_all.html.j2",
        title="Held",
        session=session,
        concerns=[(concern, holds) for concern, holds in found if holds],
        left_out=mine.left_out,
        live=live,
    )


async def held(request: web.Request) -> web.Response:
    """Show what is held from whom on one concern, and what waits for a second person."""
    session = await signed_in(request, Act.READ_CONCERNS)
    live = await fresh(request, session)
    record = await of_this_person(request, session, "held")
    deps = request.app[WEB]
    directory, now = await deps.register.directory(), deps.clock.now()
    asked = await deps.register.releases_asked([record.concern.id], MOST_ASKED)
    return page(
        "held.html.j2",
        title="What is held",
        session=session,
        concern=record.concern,
        holds=held_from(record.holds, directory, session.person),
        placed=placed_holds(
            record,
            directory,
            session.person,
            now,
            await ours(request.app[WEB], session.person, record),
        ),
        asked=waits(asked, record, directory, session.person, now),
        most=MOST_ASKED,
        may=session.person.may(Act.RELEASE) and deps.tools_for is not None,
        live=live,
    )


async def release(request: web.Request) -> web.Response:
    """Show exactly what would go if this were released, and ask why it should be."""
    session, record = await seen(request, "release")
    # Before anything is typed: what is sent too late is not kept.
    await stepped_up(request, session)
    return await _release(request, session, record, dict(request.query), {})


async def ask(request: web.Request) -> web.Response:
    """Ask for a release. It releases nothing: another person must agree."""
    session, form = await session_form(request, Act.RELEASE)
    record = await of_this_person(request, session, "release")
    # Words about a case are never put into an address: what was ticked comes back, not the reason.
    ticked = {name: each for name, each in form.items() if each == "yes"}
    back = urlencode({"hold": form.get("hold", ""), **ticked, "again": "yes"})
    await stepped_up(request, session, f"{request.path}?{back}")
    result = await _releasing(request).ask(
        record,
        _hold(record, form).id,
        _chosen(form, _hold(record, form)),
        form.get("reason", ""),
        session.person,
        left_out(form),
        form.get("seen", ""),
    )
    if isinstance(result, Incomplete):
        return await _release(request, session, record, form, _faults(result))
    return _after(result, f"/concerns/{record.concern.id}/held")


async def second(request: web.Request) -> web.Response:
    """Show a release that waits, with exactly what would go, to whoever may decide on it."""
    session, record = await seen(request, "release")
    return await _second(request, session, record, dict(request.query), {})


async def decide(request: web.Request) -> web.Response:
    """Agree, which releases at once; or refuse, with a reason."""
    session, form = await session_form(request, Act.RELEASE)
    record = await of_this_person(request, session, "release")
    wanted, releasing = request.match_info["request"], _releasing(request)
    match form.get("answer", ""):
        case "agree":
            await stepped_up(request, session, f"{request.path}?answer=agree&again=yes")
            seen = form.get("seen", "")
            result = await releasing.agree(record, wanted, session.person, seen)
        case "refuse":
            reason = form.get("reason", "")
            result = await releasing.refuse(record, wanted, reason, session.person)
        case _:
            faults = {"answer": "Choose whether you agree"}
            return await _second(request, session, record, form, faults)
    if isinstance(result, Incomplete):
        return await _second(request, session, record, form, _faults(result))
    return _after(result, f"/concerns/{record.concern.id}/held")


async def stop(request: web.Request) -> web.Response:
    """Ask who must not be told any more, and why."""
    session, record = await seen(request, "stop")
    return await _stop(request, session, record, {}, {})


async def put(request: web.Request) -> web.Response:
    """Hold everything from one party at once. Nothing that waits for it is sent."""
    session, form = await session_form(request, Act.RELEASE)
    record = await of_this_person(request, session, "stop")
    party, kind = _party(form.get("party", "")), form.get("kind", "")
    faults = {}
    if party is None:
        faults["party"] = "Choose who must not be told"
    if kind not in {str(each) for each in STOPS}:
        faults["kind"] = "Choose why they must not be told"
    if party is None or faults:
        return await _stop(request, session, record, form, faults)
    result = await _releasing(request).stop(
        record, party, HoldKind(kind), form.get("reason", ""), session.person
    )
    if isinstance(result, Incomplete):
        return await _stop(request, session, record, form, _faults(result))
    return _after(result, f"/concerns/{record.concern.id}/held")


async def _release(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    hold = _hold(record, typed)
    may = session.person.may(Act.RELEASE) and (
        await ours(request.app[WEB], session.person, record)
    )(hold)
    if not may:
        raise web.HTTPNotFound
    directory = await request.app[WEB].register.directory()
    chosen = _chosen(typed, hold) or hold.classes
    left, desk = left_out(typed), _releasing(request)
    wanted = Wanted(hold=hold, classes=chosen, leave_out=left)
    preview = whole = await desk.preview(record, wanted, session.person)
    if left and not isinstance(preview, Release):
        whole = await desk.preview(record, Wanted(hold=hold, classes=chosen), session.person)
    return page(
        "release.html.j2",
        title="Release what is held",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        hold=hold,
        name=party_name(hold.party, directory),
        classes=[(info.name.lower(), str(info), info in chosen) for info in _in_order(hold)],
        facts=boxes(whole, left),
        left_out=named_left_out(preview),
        seen=preview.sha256 if isinstance(preview, Release) else "",
        would=would_go(preview, directory) if isinstance(preview, Release) else (),
        refused=[f.says for f in preview.faults] if isinstance(preview, Incomplete) else (),
        typed={field: typed.get(field, "") for field in ("reason", "again")},
        faults=faults,
    )


async def _second(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    deps, wanted = request.app[WEB], request.match_info["request"]
    directory, now = await deps.register.directory(), deps.clock.now()
    found = await deps.register.releases_asked([record.concern.id])
    asked = next((each for each in found if each.id == wanted), None)
    if asked is None or not session.person.may(Act.RELEASE):
        raise web.HTTPNotFound
    hold, preview = hold_of(record, asked.hold), None
    if hold is not None and asked.pending(now):
        wanted_now = Wanted(hold=hold, classes=asked.classes, leave_out=asked.left_out)
        preview = await _releasing(request).preview(record, wanted_now, session.person)
    return page(
        "release_asked.html.j2",
        title="A release waits for a second person",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        asked=waits((asked,), record, directory, session.person, now)[0],
        would=would_go(preview, directory) if isinstance(preview, Release) else (),
        refused=[f.says for f in preview.faults] if isinstance(preview, Incomplete) else (),
        seen=preview.sha256 if isinstance(preview, Release) else "",
        stands=hold is not None,
        typed={field: typed.get(field, "") for field in ("answer", "reason", "again")},
        faults=faults,
    )


async def _stop(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    deps = request.app[WEB]
    directory = await deps.register.directory()
    tools = (
        None if deps.tools_for is None else deps.tools_for(record.concern.partnership, directory)
    )
    if tools is None or not session.person.may(Act.RELEASE):
        raise web.HTTPNotFound
    provider = record.concern.provider
    parties = (provider, *(p for p in record.concern.parties() if p != provider))
    return page(
        "stop.html.j2",
        title="Stop: tell them nothing more",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        parties=[(f"{p.agency}|{p.role}", party_name(p, directory)) for p in parties],
        kinds=[
            (str(kind), HELD_FOR[kind].capitalize())
            for kind in STOPS
            if may_place(session.person, kind, record.concern, tools.pack)
        ],
        typed={field: typed.get(field, "") for field in ("party", "kind", "reason")},
        faults=faults,
    )


def _releasing(request: web.Request) -> Releasing:
    deps = request.app[WEB]
    if deps.tools_for is None:
        raise web.HTTPNotFound
    return Releasing(register=deps.register, clock=deps.clock, tools_for=deps.tools_for)


async def ours(deps: Web, person: Official, record: ConcernRecord) -> Callable[[PlacedHold], bool]:
    """Return what says whether this person's authority may release a hold."""
    directory = await deps.register.directory()
    tools = deps.planning(record.concern.partnership, directory)
    return lambda hold: tools is not None and may_release(person, hold, record.concern, tools.pack)


def _hold(record: ConcernRecord, typed: Mapping[str, str]) -> PlacedHold:
    found = hold_of(record, typed.get("hold", ""))
    if found is None:
        raise web.HTTPNotFound
    return found


def _chosen(typed: Mapping[str, str], hold: PlacedHold) -> frozenset[InfoClass]:
    return frozenset(info for info in hold.classes if typed.get(info.name.lower()) == "yes")


def _in_order(hold: PlacedHold) -> tuple[InfoClass, ...]:
    return tuple(info for info in InfoClass if info in hold.classes)


def _party(typed: str) -> Party | None:
    agency, _, role = typed.rpartition("|")
    known = {str(each): each for each in Role}
    return Party(agency=AgencyId(agency), role=known[role]) if agency and role in known else None


def _faults(result: Incomplete) -> dict[str, str]:
    """Return faults by field; what is of no field stands above the form."""
    return {(f.pointer.rpartition("/")[2] or "whole"): f.says for f in result.faults}


def _after(result: Result, back: str) -> web.Response:
    match result:
        case NotYours():
            return error_page(403, says=result.says)
        case NotFound():
            raise web.HTTPNotFound
        case _:
            return web.Response(status=303, headers={"Location": back})
