"""What was not delivered and what is in quarantine; and sending it again, counted first.

A lead enquiry officer sees and acts for the concerns of their own authority, an administrator for
destinations, without a word of any case. Both ask by the one engine for sending again, which judges
each delivery by the rules as they stand now (`hub.plan.replaying`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aiohttp import web

from hub.access import Act, Official
from hub.bounce.words import as_it_came
from hub.leaf import leaf
from hub.ports.failing import Failing, FailingPage, QuarantinePage
from hub.ports.replaying import Replay
from hub.repeat import Selection, Verdict, Why
from hub.routes.deps import WEB, Web
from hub.routes.failing import counted, for_good, groups, may_see
from hub.routes.fresh import Fresh, mark_of_failing
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form, signed_in
from hub.vocabulary import AgencyId, ConcernId
from hub.watch.replaying import judge_by

MOST: Final = 300
"""Deliveries of one page."""
MOST_MESSAGES: Final = 50
"""Messages in quarantine of one page."""
MOST_CONCERNS: Final = 1_000
"""Of how many concerns, newest first, a lead enquiry officer sees other people's orders."""
LONGEST_NOTE: Final = 500
_SAID: Final = {
    "ordered": "It is ordered. The hub sends it again behind whatever is urgent.",
    "stopped": "The order is stopped. What it had queued already is still sent.",
    "over": "This order had ended already. Nothing has changed.",
}


def add_routes(app: web.Application) -> None:
    """Add the list, sending again, stopping that, and one message in quarantine."""
    app.router.add_get("/failed", everything)
    app.router.add_get("/failed/again", count)
    app.router.add_post("/failed/again", order)
    app.router.add_post("/failed/orders/{order}/stop", stop)
    app.router.add_get("/failed/quarantine/{message}", message)


async def everything(request: web.Request) -> web.Response:
    """Show what was not delivered by cause and destination, orders, and the quarantine."""
    session = await signed_in(request, Act.OPERATE)
    register, person = request.app[WEB].register, session.person
    found, quarantine, orders = shown = await not_taken(request, person)
    await looked_at_failed(request.app[WEB], person, (one.concern for one in found.rows))
    return page(
        "failed.html.j2",
        title="Not taken",
        session=session,
        groups=groups(found.rows, await register.directory(), person),
        shown=len(found.rows),
        total=found.total,
        orders=[(one, counted(one.counts, person), sum(one.counts.values())) for one in orders],
        quarantine=quarantine,
        reads=person.may(Act.READ_CONCERNS),
        said=_SAID.get(request.query.get("said", "")),
        live=Fresh(page=request.path, mark=mark_of_failing(*shown)),
    )


async def not_taken(
    request: web.Request, person: Official
) -> tuple[FailingPage, QuarantinePage, tuple[Replay, ...]]:
    """Return what this person's page shows: deliveries, the quarantine, orders to send again."""
    register = request.app[WEB].register
    return (
        await register.failing(_host(person), MOST),
        await register.poisoned(_host(person), MOST_MESSAGES),
        await orders_of(request.app[WEB], person),
    )


async def count(request: web.Request) -> web.Response:
    """Say what would become of each delivery that is meant, before anybody asks for it."""
    session = await signed_in(request, Act.OPERATE)
    return await _form(request, session, request.query, {})


async def order(request: web.Request) -> web.Response:
    """Write the order down; the hub carries it out, and judges each delivery again as it goes."""
    session, form = await session_form(request, Act.OPERATE)
    deps, person = request.app[WEB], session.person
    found = selection(await meant(deps, person, form))
    faults = _faults(form)
    if faults or found is None:
        return await _form(request, session, form, faults)
    await order_again(deps, found, Why[form["why"]], form.get("note", ""), person)
    return web.Response(status=303, headers={"Location": "/failed?said=ordered"})


async def order_again(deps: Web, found: Selection, why: Why, note: str, by: Official) -> Replay:
    """Write down that these are to be sent again, and return the order."""
    made = Replay(
        id=deps.answers.mint.id(),
        selection=found,
        asked_by=by.id,
        why=why,
        note=note.strip(),
        at=deps.clock.now(),
    )
    await deps.register.order_replay(made)
    return made


async def stop(request: web.Request) -> web.Response:
    """End an order: nothing more of it is queued."""
    session, _ = await session_form(request, Act.OPERATE)
    stopped = await stop_order(request.app[WEB], request.match_info["order"], session.person)
    said = "stopped" if stopped else "over"
    return web.Response(status=303, headers={"Location": f"/failed?said={said}"})


async def stop_order(deps: Web, wanted: str, by: Official) -> bool:
    """Stop an order that this person may see; False: it had ended. Raises 404."""
    if wanted not in {one.id for one in await orders_of(deps, by)}:
        raise web.HTTPNotFound
    return await deps.register.stop_replaying(wanted, by.id)


async def message(request: web.Request) -> web.Response:
    """Show one message in quarantine as it came, to who may read cases of the authority it is of.

    Raises 404 for everybody else: an administrator sees sizes, hashes and faults alone.
    """
    session = await signed_in(request, Act.READ_CONCERNS)
    raw = await poison_seen(request.app[WEB], session.person, request.match_info["message"])
    return page(
        "quarantined.html.j2",
        title="A message in quarantine",
        session=session,
        size=len(raw),
        came=as_it_came(raw),
        whole=len(as_it_came(raw)) >= len(raw.decode("utf-8", "replace")),
    )


async def poison_seen(deps: Web, person: Official, wanted: str) -> bytes:
    """Return a message in quarantine for who may read it; the look is on the log. Raises 404."""
    reads = person.may(Act.READ_CONCERNS) and person.may(Act.OPERATE)
    raw = await deps.register.poison_of(wanted, person.agency) if reads else None
    if raw is None:
        raise web.HTTPNotFound
    note = leaf("quarantine.seen", deps.clock.now(), person=person.id, message=wanted)
    await deps.register.receive((), (), (note,))
    return raw


async def _form(
    request: web.Request, session: Session, asked: Mapping[str, str], faults: Mapping[str, str]
) -> web.Response:
    deps, person = request.app[WEB], session.person
    found = await meant(deps, person, asked)
    chosen = selection(found)
    if chosen is None:
        raise web.HTTPNotFound
    await looked_at_failed(deps, person, (one.concern for one in found))
    counts = await deps.register.would_replay(chosen, judge_by(deps.planning))
    return page(
        "send_again.html.j2",
        title="Send it again",
        session=session,
        status=422 if faults else 200,
        groups=groups(found, await deps.register.directory(), person),
        number=len(found),
        again=counts.get(Verdict.AGAIN, 0),
        counts=counted(counts, person),
        asked={name: asked.get(name, "") for name in ("delivery", "cause", "target")},
        choices=[(why.name, why.value.capitalize()) for why in Why],
        typed={name: asked.get(name, "") for name in ("why", "note")},
        faults=faults,
    )


async def meant(deps: Web, person: Official, asked: Mapping[str, str]) -> tuple[Failing, ...]:
    """Return what this person means and may act on: one `delivery`, or those of one group.

    A group is a `cause` (its name in `Cause`) and a `target`.
    """
    found = await deps.register.failing(_host(person), MOST)
    one, group = asked.get("delivery", ""), (asked.get("cause", ""), asked.get("target", ""))
    failed = for_good(found.rows)
    if one:
        return tuple(each for each in failed if each.delivery == one)
    return tuple(each for each in failed if (each.cause.name, each.target) == group)


def selection(found: Sequence[Failing]) -> Selection | None:
    """Return exactly these deliveries; None where there are none."""
    if not found:
        return None
    concerns = {one.concern for one in found}
    return Selection(
        deliveries=tuple(one.delivery for one in found),
        concern=found[0].concern if len(concerns) == 1 else None,
    )


def _faults(form: Mapping[str, str]) -> dict[str, str]:
    faults = {}
    note = form.get("note", "").strip()
    if form.get("why", "") not in Why.__members__:
        faults["why"] = "Say why it is sent again"
    elif form["why"] == Why.OTHER.name and not note:
        faults["note"] = "Say in your own words why it is sent again"
    if len(note) > LONGEST_NOTE:
        faults["note"] = f"Use at most {LONGEST_NOTE} characters"
    return faults


async def orders_of(deps: Web, person: Official) -> tuple[Replay, ...]:
    """Return the orders that this person may see and stop."""
    register = deps.register
    found = await register.replays()
    ids = {one.selection.concern for one in found} - {None}
    known = await register.concerns(MOST_CONCERNS) if ids else ()
    own = frozenset(c.id for c in known if c.host_authority == person.agency)
    return tuple(one for one in found if may_see(one, person, own))


def _host(person: Official) -> AgencyId | None:
    """Return whose concerns are listed; None: every destination, without a word of a case."""
    return person.agency if person.may(Act.READ_CONCERNS) else None


async def looked_at_failed(deps: Web, person: Official, concerns: Iterable[ConcernId]) -> None:
    """Leave a leaf of each concern that this person sees something of; in one commit."""
    if not person.may(Act.READ_CONCERNS):
        return
    now, seen = deps.clock.now(), sorted(set(concerns))
    leaves = [
        leaf("concern.seen", now, one, person=person.id, agency=person.agency, page="failed")
        for one in seen
    ]
    if leaves:
        await deps.register.receive((), (), leaves)
