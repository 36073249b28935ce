"""Closure: what is missing, party by party, and the LEO's confirmation (004 11.1, M102)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from hub.access import Act, Post
from hub.answers import Attested, NotFound, NotYet, NotYours, Review, review
from hub.answers.hiding import without_code
from hub.closure import Gap, Waiver
from hub.concern import Party
from hub.directory import Directory
from hub.events.model import Code, Line, Text
from hub.ports import ConcernRecord
from hub.receipt import SAID, Reached
from hub.routes.concerns import of_this_person, seen
from hub.routes.deps import WEB
from hub.routes.naming import party_name
from hub.routes.rendering import error_page, page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form
from hub.routes.step_up import stepped_up, way_to_prove
from hub.vocabulary import Role

_SURE = "Tick to say that you confirm this"
_WHY = "Say why, or take the tick away"
_TICK = "Tick to confirm without evidence, or take the reason away"


class _Waived(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    agency: Code
    role: Role
    reason: Text
    name: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One party of the closure set on the page."""

    party: Party
    name: str
    field: str
    """What its form fields are called."""
    says: str
    """How far its closure notice has come; empty where it was sent none."""
    reached: Reached | None
    notice: str
    """Its closure notice; empty: it was sent none."""
    href: str
    text: str
    """The exact notice, without its code."""
    gaps: tuple[Gap, ...]
    waivable: bool


def add_routes(app: web.Application) -> None:
    """Add the page and its sending; programs confirm by the API."""
    app.router.add_get("/concerns/{concern}/closure", check_answers)
    app.router.add_post("/concerns/{concern}/closure", confirm)


async def check_answers(request: web.Request) -> web.Response:
    """Show what is missing; where nothing is, what may be confirmed; after that, the panel."""
    session, record = await seen(request, "closure")
    return await _page(request, session, record, {}, {})


async def confirm(request: web.Request) -> web.Response:
    """Confirm closure, or show what is missing."""
    session, form = await session_form(request, Act.READ_CONCERNS)
    record = await of_this_person(request, session, "closure")
    waivers, faults = _waivers(form, session)
    if form.get("sure") != "yes":
        faults["sure"] = _SURE
    if faults:
        return await _page(request, session, record, form, faults)
    if session.person.post is Post.LEO:
        await stepped_up(request, session)
    concern = record.concern.id
    result = await request.app[WEB].answers.attest(concern, session.person, waivers)
    match result:
        case Attested():
            return web.Response(status=303, headers={"Location": f"/concerns/{concern}/closure"})
        case NotYet():
            return await _page(request, session, record, form, {"gaps": "Closure is not confirmed"})
        case NotYours():
            return error_page(403, says=result.says)
        case NotFound():
            raise web.HTTPNotFound


def _field(party: Party) -> str:
    return f"{party.agency}|{party.role}"


def _waivers(form: Mapping[str, str], session: Session) -> tuple[list[Waiver], dict[str, str]]:
    """Read the ticked waivers; whoever is signed in gives the name. A tick needs a reason."""
    waivers, faults = [], {}
    named = {key.partition(":")[2] for key in form if key.startswith(("waive:", "reason:"))}
    for field in sorted(named):
        agency, _, role = field.partition("|")
        ticked = form.get(f"waive:{field}") == "yes"
        reason = form.get(f"reason:{field}", "").strip()
        if ticked and not reason:
            faults[f"reason:{field}"] = _WHY
        elif reason and not ticked:
            faults[f"waive:{field}"] = _TICK
        elif ticked:
            try:
                read = _Waived(agency=agency, role=Role(role), reason=reason, name="-")
            except ValueError:
                faults[f"reason:{field}"] = "Use plain text of up to 2,000 characters"
                continue
            party = Party(agency=read.agency, role=read.role)
            waivers.append(Waiver(party=party, reason=read.reason, name=session.person.name))
    return waivers, faults


async def _page(
    request: web.Request,
    session: Session,
    record: ConcernRecord,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    deps = request.app[WEB]
    directory = await deps.register.directory()
    now = deps.clock.now()
    found = review(record, session.person, now)
    parties = told_of(found, record, directory)
    return page(
        "closure.html.j2",
        title="Closure is confirmed" if record.attestation else "Confirm closure",
        session=session,
        status=422 if faults else 200,
        concern=record.concern,
        attestation=record.attestation,
        reached=[
            (party_name(party, directory), reached, SAID[reached.rung])
            for party, reached in (record.attestation.reached if record.attestation else ())
        ],
        waived=[
            (party_name(w.party, directory), w)
            for w in (record.attestation.waivers if record.attestation else ())
        ],
        parties=parties,
        missing=[told for told in parties if told.gaps],
        of_concern=[gap for gap in found.gaps if gap.party is None],
        blocked=any(not gap.waivable for gap in found.gaps),
        warnings=found.warnings,
        may_attest=session.person.post is Post.LEO,
        prove_first="" if session.proved_lately(now) else way_to_prove(request.path),
        typed=typed,
        faults=faults,
        summary=_named(faults, parties),
    )


def told_of(found: Review, record: ConcernRecord, directory: Directory) -> tuple[Told, ...]:
    """Return every party of the closure set; what is missing comes first, so that it is seen."""
    told = (_told(party, found, record, directory) for party in found.parties)
    return tuple(sorted(told, key=lambda each: not each.gaps))


def _named(faults: Mapping[str, str], parties: Iterable[Told]) -> dict[str, str]:
    """Say in the summary whom each fault is about; beside its field that is plain to see."""
    names = {told.field: f"{told.name}: " for told in parties}
    return {
        field: f"{names.get(field.partition(':')[2], '')}{says}" for field, says in faults.items()
    }


def _told(party: Party, found: Review, record: ConcernRecord, directory: Directory) -> Told:
    closing = found.closing.get(party)
    mine = tuple(gap for gap in found.gaps if gap.party == party)
    notice = next((n for n in record.notices if closing and n.notice.id == closing.notice), None)
    return Told(
        party=party,
        name=party_name(party, directory),
        field=_field(party),
        says=SAID[closing.reached.rung] if closing else "",
        reached=closing.reached if closing else None,
        notice=closing.notice if closing else "",
        href=f"/concerns/{record.concern.id}/notices/{closing.notice}" if closing else "",
        text=without_code(notice) if notice else "",
        gaps=mine,
        waivable=bool(mine) and all(gap.waivable for gap in mine),
    )
