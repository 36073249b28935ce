"""Emergency access by the API, as the console gives it; and what a privacy officer does there."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.answers import Incomplete, NotFound
from hub.answers.breaking_glass import Opened, Ours, may_break_glass
from hub.answers.hiding import without_code
from hub.leaf import leaf
from hub.ports.emergency_access import EmergencyAccess, SeenInEmergency, Unopened
from hub.ports.keys import Scope
from hub.routes.api import views
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.emergency_access import REFUSED, TOO_OFTEN, glass
from hub.routes.looked import filter_of, looked
from hub.routes.looks import unusual
from hub.routes.naming import named, party_name
from hub.routes.sighted import sighted

_MOST: Final = 1_000


async def _ask(call: Call) -> Done:
    sent = call.sent(api.AskEmergency)
    if not may_break_glass(call.person):
        raise refuse(403, "Emergency access is a person's: sign in, a key cannot have it")
    match await glass(call.deps).ask(sent.reference, sent.reason, call.person, call.others):
        case Opened(access=access):
            return Done(said=_shown(access), status=201)
        case Ours():
            raise refuse(409, "Your own authority hosts this concern: read it as any other")
        case Incomplete(faults=faults):
            raise faulty(faults)
        case Unopened.TOO_OFTEN:
            raise refuse(429, TOO_OFTEN)
        case Unopened.REFUSED:
            raise refuse(404, REFUSED)


async def _sight(call: Call) -> Done:
    found = await _seen(call, "emergency")
    directory = await call.deps.register.directory()
    shown = sighted(found.record, directory, call.person, call.deps.clock.now())
    known = views.summary(shown.concern)
    said = api.EmergencySight(
        access=_shown(found.access),
        reference=known.reference,
        stage=known.stage,
        service=known.service,
        leo=shown.concern.leo.name,
        duty_phone=shown.safety.duty_phone,
        say_nothing_to=shown.silent,
        parties=tuple(
            api.EmergencyParty(
                name=each.name,
                stands=each.stands,
                notices=tuple(
                    api.EmergencyNotice(
                        id=one.id, says=one.says, written=one.written, reached=one.reached
                    )
                    for one in each.notices
                ),
            )
            for each in shown.parties
        ),
    )
    return Done(said=said)


async def _words(call: Call) -> Done:
    found, wanted = await _seen(call, "emergency notice"), call.named("notice")
    record = next((one for one in found.record.notices if one.notice.id == wanted), None)
    if record is None:
        raise web.HTTPNotFound
    directory = await call.deps.register.directory()
    said = api.EmergencyWords(
        id=record.notice.id,
        party=party_name(record.notice.party, directory),
        written=record.notice.composed_at,
        words=without_code(record),
    )
    return Done(said=said)


async def _seen(call: Call, what: str) -> SeenInEmergency:
    found = await glass(call.deps).seen(call.named("access"), call.person, call.others)
    if found is None:
        raise web.HTTPNotFound
    await call.looked_at(what, found.record.concern.id, access=found.access.id)
    return found


async def _given(call: Call) -> Done:
    register, agency = call.deps.register, call.person.agency
    now, directory = call.deps.clock.now(), await register.directory()
    given = await register.emergency_access_to(agency)
    if given:
        await call.looked_at("emergency reviews")
    said = api.GivenList(
        given=tuple(
            api.GivenShown(
                **dict(_shown(each)),
                by=each.by.name,
                post=each.by.post,
                organisation=named(each.agency, directory),
                reason=each.reason,
                overdue=each.overdue(now),
                review=_review(each),
            )
            for each in given
        )
    )
    return Done(said=said)


async def _judge(call: Call) -> Done:
    sent, wanted = call.sent(api.Judge), call.named("access")
    match await glass(call.deps).review(wanted, sent.judged, sent.reason, call.person):
        case NotFound():
            raise web.HTTPNotFound
        case Incomplete(faults=faults):
            raise faulty(faults)
        case _:
            pass
    given = await call.deps.register.emergency_access_to(call.person.agency)
    found = next((_review(each) for each in given if each.id == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    return Done(said=found, status=201)


async def _looks(call: Call) -> Done:
    deps, who = call.deps, call.person
    asked, _ = filter_of({}, deps.clock.now())
    found = await looked(deps, who.agency, asked)
    refused = await deps.register.refused_access(who.agency, asked.since)
    # It leaves the hub, so it is on the log before it does, as a file of it is.
    note = leaf(
        "looks.exported", deps.clock.now(), person=who.id, agency=who.agency, looks=len(found.rows)
    )
    await deps.register.receive((), (), (note,))
    rows = found.rows[:_MOST]
    said = api.LookList(
        looks=tuple(
            api.LookShown(
                at=row.at,
                person=row.person,
                name=row.who,
                organisation=row.organisation,
                concern=row.concerns,
                page=row.page,
                emergency=row.emergency,
            )
            for row in rows
        ),
        unusual=tuple(
            api.UnusualShown(person=one.person, says=one.says, at=one.at)
            for one in unusual(found.looks, refused)
        ),
        cut=found.cut or len(rows) < len(found.rows),
    )
    return Done(said=said)


def _shown(access: EmergencyAccess) -> api.EmergencyShown:
    return api.EmergencyShown(
        id=access.id,
        host_authority=access.host,
        began=access.began,
        ends=access.ends,
        review_due=access.review_due,
    )


def _review(access: EmergencyAccess) -> api.ReviewShown | None:
    if access.review is None:
        return None
    found = access.review
    return api.ReviewShown(judged=found.judged, reason=found.reason, by=found.by.name, at=found.at)


OPERATIONS: Final = (
    Operation(
        id="ask_emergency_access",
        method="POST",
        path="/v1/emergency-access",
        says="Read one concern of another authority for an hour, in an emergency. A person asks, "
        "never a key; what is refused is refused in one way.",
        act=Act.BREAK_GLASS,
        scope=Scope.READS,
        body=api.AskEmergency,
        answer=api.EmergencyShown,
        carry=_ask,
        statuses=(201,),
        problems=(409,),
        proved=True,
    ),
    Operation(
        id="read_in_emergency",
        method="GET",
        path="/v1/emergency-access/{access}",
        says="The concern that an access shows; 404 from the instant at which it ends.",
        act=Act.BREAK_GLASS,
        scope=Scope.READS,
        answer=api.EmergencySight,
        carry=_sight,
    ),
    Operation(
        id="read_notice_in_emergency",
        method="GET",
        path="/v1/emergency-access/{access}/notices/{notice}",
        says="One notice of that concern, word for word.",
        act=Act.BREAK_GLASS,
        scope=Scope.READS,
        answer=api.EmergencyWords,
        carry=_words,
    ),
    Operation(
        id="list_emergency_access",
        method="GET",
        path="/v1/privacy/emergency-access",
        says="Every emergency access to your authority's concerns, and its review.",
        act=Act.PROTECT_PRIVACY,
        scope=Scope.PROTECTS,
        answer=api.GivenList,
        carry=_given,
    ),
    Operation(
        id="review_emergency_access",
        method="POST",
        path="/v1/privacy/emergency-access/{access}/review",
        says="Say once whether an access was justified; nobody reviews their own.",
        act=Act.PROTECT_PRIVACY,
        scope=Scope.PROTECTS,
        body=api.Judge,
        answer=api.ReviewShown,
        carry=_judge,
        statuses=(201,),
    ),
    Operation(
        id="list_looks",
        method="GET",
        path="/v1/privacy/looks",
        says="Who looked at your authority's concerns in the last seven days. It is on the log.",
        act=Act.PROTECT_PRIVACY,
        scope=Scope.PROTECTS,
        answer=api.LookList,
        carry=_looks,
        proved=True,
    ),
)
"""Emergency access, its reviews, and who looked."""
