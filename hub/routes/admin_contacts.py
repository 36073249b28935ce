"""A contact is corrected by two people: one asks with a reason, another agrees or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from hub.access import Act, Official
from hub.directory import Agency, Contact
from hub.pack.directory_file import ContactTable
from hub.ports.minding import COOLING, Came, ContactChange, Step, changed
from hub.routes.admin import MOST_CHANGES, may_see
from hub.routes.deps import WEB, Web
from hub.routes.naming import named
from hub.routes.rendering import page
from hub.routes.sessions import Session
from hub.routes.sign_in import session_form, signed_in
from hub.routes.step_up import stepped_up
from hub.vocabulary import ContactId

LONGEST_WHY: Final = 500
DECISIONS: Final = ("agree", "refuse", "verify")
ANOTHER_AUTHORITY: Final = "The second person is of the same authority as the first"
_FIELDS: Final = ("name", "address", "why")


def add_routes(app: web.Application) -> None:
    """Add asking for a change, and deciding about one."""
    app.router.add_get("/admin/contacts/{contact}", ask)
    app.router.add_post("/admin/contacts/{contact}", take)
    app.router.add_get("/admin/changes/{change}", decide)
    app.router.add_post("/admin/changes/{change}", decided)


async def ask(request: web.Request) -> web.Response:
    """Show a contact to an administrator, with its address: the one form that has it."""
    session = await signed_in(request, Act.ADMINISTER)
    contact = await _contact(request)
    typed = {"name": contact.name, "address": contact.address, "why": ""}
    return await _form(request, session, contact, typed, {})


async def take(request: web.Request) -> web.Response:
    """Write the change down for a second person; until they agree, nothing is different."""
    session, form = await session_form(request, Act.ADMINISTER)
    contact = await _contact(request)
    typed = {field: form.get(field, "").strip() for field in _FIELDS}
    asked = await ask_for_change(request.app[WEB], contact, typed, session.person)
    if isinstance(asked, ContactChange):
        return web.Response(status=303, headers={"Location": "/admin/changes?said=asked"})
    return await _form(request, session, contact, typed, asked)


async def ask_for_change(
    deps: Web, contact: Contact, typed: Mapping[str, str], by: Official
) -> ContactChange | dict[str, str]:
    """Write a change down for a second person; return it, or what is wrong by its field."""
    agency = (await deps.register.directory()).agency(contact.agency)
    faults = _faults(contact, agency, typed)
    if faults:
        return faults
    change = ContactChange(
        id=deps.answers.mint.id(),
        was=contact,
        wanted=changed(contact, typed["name"], typed["address"]),
        asked_by=by.id,
        asked_for=by.agency,
        why=typed["why"],
        asked=deps.clock.now(),
    )
    if await deps.register.ask_change(change):
        return change
    return {"why": "A change of this contact waits already for a second person"}


async def decide(request: web.Request) -> web.Response:
    """Show one change to who may be its second person."""
    session = await signed_in(request, Act.OPERATE)
    return await _decision(request, session, await _change(request, session.person), {})


async def decided(request: web.Request) -> web.Response:
    """Agree, refuse, or say after the cooling-off that the new address is theirs."""
    session, form = await session_form(request, Act.OPERATE)
    change = await _change(request, session.person)
    deps, person, does = request.app[WEB], session.person, form.get("does", "")
    if does not in DECISIONS:
        return await _decision(request, session, change, {"does": "Say what you decide"})
    if does != "refuse" and not is_second_of(change, person):
        return await _decision(request, session, change, {"does": ANOTHER_AUTHORITY})
    if does != "refuse":
        await stepped_up(request, session)
    fault = await decide_on(deps, change, does, person)
    if fault:
        return await _decision(request, session, await _change(request, person), {"does": fault})
    return web.Response(status=303, headers={"Location": "/admin/changes?said=decided"})


def is_second_of(change: ContactChange, person: Official) -> bool:
    """Whether this person is of the authority whose second person decides."""
    return change.asked_for == person.agency


async def decide_on(deps: Web, change: ContactChange, does: str, by: Official) -> str:
    """Do one of DECISIONS about a change; return why it cannot be done, or nothing."""
    if does != "refuse" and not is_second_of(change, by):
        return ANOTHER_AUTHORITY
    if does == "verify":
        came = await deps.register.verify_change(change.id, by.id)
    else:
        came = await deps.register.decide_change(change.id, by.id, agreed=does == "agree")
    return "" if came is Came.DONE else f"{came[:1].upper()}{came[1:]}"


def _faults(contact: Contact, agency: Agency | None, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a change, by its field."""
    faults: dict[str, str] = {}
    try:
        ContactTable.model_validate(
            {
                "id": contact.id,
                "agency": contact.agency,
                "roles": sorted(contact.roles),
                "name": typed["name"],
                "address": typed["address"],
            }
        )
    except ValidationError as wrong:
        for fault in wrong.errors():
            field = str(fault["loc"][0])
            says = {"name": "Say what it is, such as a duty desk"}
            faults[field] = says.get(field, "This is no address that the hub can send to")
    domain = typed["address"].rpartition("@")[2].casefold()
    known = agency.mail_domains if agency else ()
    fits = any(domain == each or domain.endswith(f".{each}") for each in known)
    if "address" not in faults and "@" in typed["address"] and known and not fits:
        faults["address"] = f"{agency.name if agency else ''} has no mailbox at this domain"
    if (typed["name"], typed["address"]) == (contact.name, contact.address):
        faults["name"] = "Nothing is different"
    if not typed["why"]:
        faults["why"] = "Say why, and who told you"
    if len(typed["why"]) > LONGEST_WHY:
        faults["why"] = f"Use at most {LONGEST_WHY} characters"
    return faults


async def _contact(request: web.Request) -> Contact:
    directory = await request.app[WEB].register.directory()
    found = directory.contact(ContactId(request.match_info["contact"]))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _change(request: web.Request, person: Official) -> ContactChange:
    return await change_of(request.app[WEB], request.match_info["change"], person)


async def change_of(deps: Web, wanted: str, person: Official) -> ContactChange:
    """Return a change that this person may see. Raises 404."""
    for each in await deps.register.changes(MOST_CHANGES):
        if each.id == wanted and may_see(each, person):
            return each
    raise web.HTTPNotFound


async def _form(
    request: web.Request,
    session: Session,
    contact: Contact,
    typed: Mapping[str, str],
    faults: Mapping[str, str],
) -> web.Response:
    directory = await request.app[WEB].register.directory()
    return page(
        "admin_contact.html.j2",
        title="Correct a contact",
        session=session,
        status=422 if faults else 200,
        contact=contact,
        agency=named(contact.agency, directory),
        typed=typed,
        faults=faults,
        hours=COOLING.total_seconds() // 3600,
    )


async def _decision(
    request: web.Request, session: Session, change: ContactChange, faults: Mapping[str, str]
) -> web.Response:
    deps, person = request.app[WEB], session.person
    shows = person.may(Act.ADMINISTER)
    ripe = None if change.decided is None else change.decided + COOLING
    return page(
        "admin_change.html.j2",
        title="A change of a contact",
        session=session,
        status=422 if faults else 200,
        change=change,
        agency=named(change.wanted.agency, await deps.register.directory()),
        was=change.was.address if shows else hinted(change.was.address),
        wanted=change.wanted.address if shows else hinted(change.wanted.address),
        own=change.asked_by == person.id,
        asked=change.step is Step.ASKED,
        cooling=change.step is Step.COOLING,
        ripe=ripe,
        may_verify=ripe is not None and deps.clock.now() >= ripe,
        hours=COOLING.total_seconds() // 3600,
        faults=faults,
    )


def hinted(address: str) -> str:
    """Return enough of an address to know whose it is: the first letter and the domain."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else f"{address[:5]}…"
