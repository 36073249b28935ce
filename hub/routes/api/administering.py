"""Administration by the API: webhooks and contacts as the console's own functions change them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from hub import api
from hub.access import BY_KEY, Act
from hub.directory import Directory, Endpoint
from hub.events.envelope import Fault
from hub.figures import health_of
from hub.figures.health import SAID
from hub.ports.keys import Scope
from hub.ports.minding import COOLING, ContactChange
from hub.routes.admin import MOST_CHANGES, may_see
from hub.routes.admin_contacts import ask_for_change, change_of, decide_on, hinted
from hub.routes.admin_webhooks import closed_or_opened, pinged
from hub.routes.admin_words import came_of, steps_of
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.naming import named
from hub.vocabulary import ContactId, EndpointId

_NO_KEY: Final = "Two people change a contact. A key is none: send a session of your own"


async def _webhooks(call: Call) -> Done:
    directory = await call.deps.register.directory()
    return Done(said=api.WebhookList(webhooks=await _shown_of(call, directory.endpoints)))


async def _close_or_open(call: Call) -> Done:
    """Close it where it is open, and open it where it is closed; who and why are on the log."""
    sent, endpoint = call.sent(api.WebhookState), await _webhook(call)
    await closed_or_opened(call.deps, endpoint, sent.why, call.person, closes=sent.closed)
    (said,) = await _shown_of(call, [await _webhook(call)])
    return Done(said=said)


async def _ping(call: Call) -> Done:
    endpoint = await _webhook(call)
    outcome = await pinged(call.deps, endpoint, call.person)
    if outcome is None:
        raise web.HTTPNotFound
    word, _ = came_of(outcome)
    steps = tuple(api.PingStep(name=name, says=says) for name, says in steps_of(outcome))
    return Done(said=api.PingShown(webhook=endpoint.id, came=word, steps=steps))


async def _contacts(call: Call) -> Done:
    directory = await call.deps.register.directory()
    contacts = tuple(
        api.DirectoryContact(
            id=each.id,
            agency=each.agency,
            agency_name=named(each.agency, directory),
            name=each.name,
            usable=each.usable,
            unverified=each.unverified,
        )
        for each in directory.contacts
    )
    return Done(said=api.DirectoryContacts(contacts=contacts))


async def _changes(call: Call) -> Done:
    register = call.deps.register
    directory, found = await register.directory(), await register.changes(MOST_CHANGES)
    mine = (each for each in found if may_see(each, call.person))
    return Done(said=api.ChangeList(changes=tuple(_shown(one, call, directory) for one in mine)))


async def _ask(call: Call) -> Done:
    """Write the change down for a second person; until they agree, nothing is different."""
    sent, directory = call.sent(api.ChangeAsked), await call.deps.register.directory()
    contact = directory.contact(ContactId(call.named("contact")))
    if contact is None:
        raise web.HTTPNotFound
    _must_be_a_person(call)
    typed = {name: value.strip() for name, value in sent.model_dump().items()}
    asked = await ask_for_change(call.deps, contact, typed, call.person)
    if not isinstance(asked, ContactChange):
        raise faulty(tuple(Fault(pointer=f"/{name}", says=says) for name, says in asked.items()))
    return Done(said=_shown(asked, call, directory), status=201)


async def _decide(call: Call) -> Done:
    sent, deps = call.sent(api.ChangeDecided), call.deps
    change = await change_of(deps, call.named("change"), call.person)
    _must_be_a_person(call)
    fault = await decide_on(deps, change, sent.does, call.person)
    if fault:
        raise faulty((Fault(pointer="/does", says=fault),))
    after = await change_of(deps, change.id, call.person)
    return Done(said=_shown(after, call, await deps.register.directory()))


def _must_be_a_person(call: Call) -> None:
    if call.person.id.startswith(BY_KEY):
        raise refuse(403, _NO_KEY)


async def _webhook(call: Call) -> Endpoint:
    directory = await call.deps.register.directory()
    found = directory.endpoint(EndpointId(call.named("webhook")))
    if found is None:
        raise web.HTTPNotFound
    return found


async def _shown_of(call: Call, webhooks: Iterable[Endpoint]) -> tuple[api.WebhookShown, ...]:
    register = call.deps.register
    directory = await register.directory()
    found = health_of(directory, await register.tried(), call.deps.clock.now())
    fares = {each.target: SAID[each.condition] for each in found}
    return tuple(
        api.WebhookShown(
            id=each.id,
            agency=each.agency,
            name=named(each.agency, directory),
            closed=each.parked,
            fares=None if each.parked else fares.get(each.id),
        )
        for each in webhooks
    )


def _shown(one: ContactChange, call: Call, directory: Directory) -> api.ChangeShown:
    whole = call.person.may(Act.ADMINISTER)
    return api.ChangeShown(
        id=one.id,
        contact=one.was.id,
        agency=one.wanted.agency,
        agency_name=named(one.wanted.agency, directory),
        name_was=one.was.name,
        name=one.wanted.name,
        address_was=one.was.address if whole else hinted(one.was.address),
        address=one.wanted.address if whole else hinted(one.wanted.address),
        why=one.why,
        step=one.step,
        asked_by=one.asked_by,
        asked=one.asked,
        decided=one.decided,
        verifiable=None if one.decided is None else one.decided + COOLING,
        verified=one.verified,
    )


OPERATIONS: Final = (
    Operation(
        id="list_webhooks",
        method="GET",
        path="/v1/webhooks",
        says="Every webhook of the directory: whether it is open, and how it fares.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        answer=api.WebhookList,
        carry=_webhooks,
    ),
    Operation(
        id="close_or_open_webhook",
        method="POST",
        path="/v1/webhooks/{webhook}/state",
        says="Close a webhook, so that what is for it waits, or open it; with a reason.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        body=api.WebhookState,
        answer=api.WebhookShown,
        carry=_close_or_open,
        once=True,
    ),
    Operation(
        id="ping_webhook",
        method="POST",
        path="/v1/webhooks/{webhook}/pings",
        says="Post a signed event with nothing in it, and say what came of it.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        answer=api.PingShown,
        carry=_ping,
        once=True,
    ),
    Operation(
        id="list_directory_contacts",
        method="GET",
        path="/v1/directory/contacts",
        says="Every contact of the directory, without its address.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        answer=api.DirectoryContacts,
        carry=_contacts,
    ),
    Operation(
        id="ask_contact_change",
        method="POST",
        path="/v1/directory/contacts/{contact}/changes",
        says="Ask for another address or name of a contact. A person's session, never a key.",
        act=Act.ADMINISTER,
        scope=Scope.ADMINISTERS,
        body=api.ChangeAsked,
        answer=api.ChangeShown,
        carry=_ask,
        statuses=(201,),
        problems=(403,),
        once=True,
    ),
    Operation(
        id="list_contact_changes",
        method="GET",
        path="/v1/contact-changes",
        says="Changes of contacts, those that wait for a second person first.",
        act=Act.OPERATE,
        scope=Scope.READS,
        answer=api.ChangeList,
        carry=_changes,
    ),
    Operation(
        id="decide_contact_change",
        method="POST",
        path="/v1/contact-changes/{change}/decision",
        says="Agree to a change of a contact, refuse it, or say after the cooling-off that the "
        "new address is theirs. A second person's session, never a key.",
        act=Act.OPERATE,
        scope=Scope.ADMINISTERS,
        body=api.ChangeDecided,
        answer=api.ChangeShown,
        carry=_decide,
        problems=(403,),
        proved=True,
    ),
)
"""Webhooks and contacts."""
