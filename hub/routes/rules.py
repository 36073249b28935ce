"""The rules in force: explain an event, play a scenario, see the map, try a draft. Nothing is kept.

Whatever is explained is planned by the pack in force on a copy; scenarios and drafts run in a
process of their own (`hub.routes.bench`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

from hub.access import Act
from hub.directory import Directory
from hub.events.envelope import Fault
from hub.prove.chart import Chart, chapter_names, chart
from hub.routes.bench import NotDone
from hub.routes.deps import BODY_BYTES, WEB
from hub.routes.explaining import (
    Told,
    bench_of,
    events_of,
    explain_given,
    explain_of,
    own_concern,
    tools_of,
)
from hub.routes.heat import KINDS, columns, drawing, kind_of
from hub.routes.heat_by_stage import HEADINGS, StageMaps, stages_drawing
from hub.routes.naming import named
from hub.routes.reading import form_of, from_our_page
from hub.routes.rendering import page
from hub.routes.sessions import Session, knows_token
from hub.routes.sign_in import looked_at, session_form, signed_in
from hub.vocabulary import AgencyId, ConcernId

DRAFT_BYTES: Final = 4 * BODY_BYTES
"""A file of a pack, as a form sends it."""
MOST_CONCERNS: Final = 50
MOST_ROWS: Final = 400
QUIET: Final = frozenset({"not due", "withheld", "evidence"})
"""Rows of a simulation that are shown only when asked for."""
VERDICTS: Final = {
    "notify": ("Told", "green"),
    "hold": ("Held", "yellow"),
    "withhold": ("Withheld", "red"),
    "not due": ("Nothing due", "grey"),
}


MAPS: Final = web.AppKey("stage maps", StageMaps)
"""The maps by stages that were drawn last."""


def add_routes(app: web.Application) -> None:
    """Add the rules in force and what can be tried out with them."""
    app[MAPS] = StageMaps()
    app.router.add_get("/rules", in_force)
    app.router.add_get("/rules/explain", explained)
    app.router.add_post("/rules/explain", pasted)
    app.router.add_get("/rules/map", mapped)
    app.router.add_post("/rules/simulate", simulated)
    app.router.add_get("/rules/draft", draft)
    app.router.add_post("/rules/draft", drafted)


async def in_force(request: web.Request) -> web.Response:
    """Show which packs decide now, and what can be asked of them."""
    session = await signed_in(request, Act.READ_RULES)
    return await _front(request, session, (), {})


async def explained(request: web.Request) -> web.Response:
    """Explain an example that ships, or one event of a concern of the LEO's own authority."""
    session = await signed_in(request, Act.READ_RULES)
    if request.query.get("concern"):
        return await _of_a_concern(request, session)
    raw = bench_of(request.app[WEB]).example(request.query.get("example", ""))
    if raw is None:
        raise web.HTTPNotFound
    return await _explained(request, session, raw, {})


async def pasted(request: web.Request) -> web.Response:
    """Explain an event that somebody pastes; what is wrong with it is listed whole."""
    session, form = await session_form(request, Act.READ_RULES)
    typed = form.get("event", "")
    if not typed.strip():
        return await _front(request, session, (), {"event": "Paste an event"})
    return await _explained(request, session, typed.encode(), {"event": typed})


async def mapped(request: web.Request) -> web.Response:
    """Show the map by stages; or one chapter of it, parties by kinds of event."""
    session = await signed_in(request, Act.READ_RULES)
    tools = await tools_of(request.app[WEB], request.query.get("partnership", ""))
    chapters = chapter_names()
    wanted = request.query.get("chapter")
    if tools is None or wanted not in {None, *chapters}:
        raise web.HTTPNotFound
    if wanted is None:
        lines = await request.app[MAPS].of(tools.pack)
        return page(
            "rules_stages.html.j2",
            title="Who is told what: parties by stages",
            session=session,
            pack=tools.pack,
            chapters=chapters,
            drawing=stages_drawing(lines),
            kinds=KINDS,
            headings=HEADINGS,
            lines=lines,
        )
    found: Chart = await asyncio.to_thread(chart, tools.pack, wanted)
    roles = columns(found)
    return page(
        "rules_map.html.j2",
        title=f"Who is told what: {wanted}",
        session=session,
        pack=tools.pack,
        chapters=chapters,
        chapter=wanted,
        drawing=drawing(found),
        kinds=KINDS,
        roles=roles,
        rows=[
            (row.event, [(cell, kind_of(cell)) for cell in row.cells if cell.role in roles])
            for part in found.chapters
            for row in part.rows
        ],
        everywhere=found.everywhere,
    )


async def simulated(request: web.Request) -> web.Response:
    """Play a scenario that ships, and show what would happen when."""
    session, form = await session_form(request, Act.READ_RULES)
    wanted, whole = form.get("scenario", ""), form.get("everything") == "yes"
    found = await bench_of(request.app[WEB]).play(wanted)
    if isinstance(found, NotDone):
        return await _front(request, session, found.says, {})
    directory = await request.app[WEB].register.directory()
    rows = [
        (row, _party(row.get("party"), directory))
        for row in found
        if whole or row["what"] not in QUIET
    ]
    return page(
        "simulated.html.j2",
        title="What would happen",
        session=session,
        scenario=wanted,
        rows=rows[:MOST_ROWS],
        total=len(rows),
    )


async def draft(request: web.Request) -> web.Response:
    """Ask for the text of one file of a draft."""
    session = await signed_in(request, Act.READ_RULES)
    return _draft(request, session, request.query, {}, ())


async def drafted(request: web.Request) -> web.Response:
    """Say what would change; nothing is put in force, approved or kept."""
    session = await signed_in(request, Act.READ_RULES)
    if not from_our_page(request):
        raise web.HTTPForbidden
    form = await form_of(request, DRAFT_BYTES)
    if not knows_token(session, form.get("token", "")):
        raise web.HTTPForbidden
    partnership, file = form.get("partnership", ""), form.get("file", "")
    faults = {}
    if file not in bench_of(request.app[WEB]).files(partnership):
        faults["file"] = "Choose which file of the pack this is"
    if not form.get("text", "").strip():
        faults["text"] = "Paste the whole text of the file as it would be"
    if faults:
        return _draft(request, session, form, faults, ())
    text = form["text"].replace("\r\n", "\n")
    found = await bench_of(request.app[WEB]).compare(partnership, file, text)
    if isinstance(found, NotDone):
        return _draft(request, session, form, {"text": "This draft cannot be used"}, found.says)
    return page(
        "drafted.html.j2",
        title="What the draft would change",
        session=session,
        partnership=partnership,
        file=file,
        found=found,
    )


async def _front(
    request: web.Request, session: Session, says: Sequence[str], faults: Mapping[str, str]
) -> web.Response:
    deps = request.app[WEB]
    packs = [await tools_of(request.app[WEB], each.partnership) for each in deps.policy().packs]
    concerns = await deps.register.concerns(MOST_CONCERNS) if _reads(session) else ()
    own = [c for c in concerns if c.host_authority == session.person.agency]
    return page(
        "rules.html.j2",
        title="Rules",
        session=session,
        status=422 if faults else 200,
        packs=[tools.pack for tools in packs if tools is not None],
        policy=deps.policy(),
        examples=deps.bench.examples() if deps.bench else (),
        scenarios=deps.bench.scenarios() if deps.bench else (),
        concerns=own,
        says=says,
        faults=faults,
    )


async def _of_a_concern(request: web.Request, session: Session) -> web.Response:
    """Explain one event as its own concern stood, or list them; for its lead enquiry officer."""
    deps, wanted = request.app[WEB], ConcernId(request.query["concern"])
    record = await own_concern(deps, session.person, wanted)
    await looked_at(request, session, wanted, "explained")
    told = await explain_of(deps, record, request.query.get("event", ""))
    if told is None:
        return page(
            "explain_which.html.j2",
            title="Which event?",
            session=session,
            concern=record.concern,
            events=await events_of(deps, record),
        )
    return _shown(session, told)


async def _explained(
    request: web.Request, session: Session, raw: bytes, typed: Mapping[str, str]
) -> web.Response:
    told = await explain_given(request.app[WEB], raw)
    return _shown(session, told) if isinstance(told, Told) else _wrong(session, told, typed)


def _shown(session: Session, told: Told) -> web.Response:
    found = told.found
    return page(
        "explained.html.j2",
        title=f"Who is told, and why: {found.event.name}",
        session=session,
        found=found,
        before=told.before,
        own=told.own,
        verdicts=VERDICTS,
    )


def _wrong(session: Session, found: tuple[Fault, ...], typed: Mapping[str, str]) -> web.Response:
    return page(
        "explain_wrong.html.j2",
        title="This is no event that the hub takes",
        session=session,
        status=422,
        found=found,
        typed=typed.get("event", ""),
        faults={"event": "Put right what is listed, and paste it again"},
    )


def _draft(
    request: web.Request,
    session: Session,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
    says: Sequence[str],
) -> web.Response:
    partnership = typed.get("partnership", "")
    files = bench_of(request.app[WEB]).files(partnership)
    if not files:
        raise web.HTTPNotFound
    return page(
        "draft.html.j2",
        title="Try a draft of the rules",
        session=session,
        status=422 if faults else 200,
        partnership=partnership,
        files=[(name, name) for name in files],
        typed={name: typed.get(name, "") for name in ("file", "text")},
        faults=faults,
        says=says,
    )


def _reads(session: Session) -> bool:
    return session.person.may(Act.READ_CONCERNS) and session.person.may(Act.STEER)


def _party(found: Mapping[str, str] | None, directory: Directory) -> str:
    return f"{named(AgencyId(found['agency']), directory)} ({found['role']})" if found else ""
