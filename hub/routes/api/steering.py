"""A stop and the kept replies of one concern by the API: the very acts of the console."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.answers import Acknowledged, Declined, Incomplete, NotFound, NotYours
from hub.answers.hiding import hidden
from hub.answers.releasing import Releasing
from hub.answers.replies import Reading, Reply, SetAside, mail_of, waiting_reply
from hub.bounce.words import as_it_came, written
from hub.concern import Party
from hub.directory import Directory
from hub.ports.keys import Scope
from hub.routes.api import views
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.api.reading import concern_of
from hub.vocabulary import AgencyId


async def _stop(call: Call) -> Done:
    """Hold everything from one party at once; it waits for nobody, as at the console."""
    record, sent, deps = await concern_of(call, "stop"), call.sent(api.Stopping), call.deps
    if deps.tools_for is None:
        raise web.HTTPNotFound
    desk = Releasing(register=deps.register, clock=deps.clock, tools_for=deps.tools_for)
    party = Party(agency=AgencyId(sent.party.agency), role=sent.party.role)
    result = await desk.stop(record, party, sent.kind, sent.reason, call.person)
    match result:
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise web.HTTPNotFound
        case _:
            pass
    after = await deps.register.as_reader(call.person.agency).concern(record.concern.id)
    holds = after.concern.holds if after is not None else ()
    mine = [each.id for each in holds if (each.party, each.kind) == (party, sent.kind)]
    said = api.StopShown(
        concern=record.concern.id,
        party=views.party(party, await deps.register.directory()),
        kind=sent.kind,
        hold=mine[-1] if mine else None,
    )
    return Done(said=said, status=201)


async def _replies(call: Call) -> Done:
    record = await concern_of(call, "reply")
    register, directory = call.deps.register, await call.deps.register.directory()
    mails = dict.fromkeys(mail_of(owed) for owed in record.obligations)
    found = [await waiting_reply(register, record, mail) for mail in mails if mail]
    replies = tuple(_shown(each, directory) for each in found if each is not None)
    return Done(said=api.MailList(replies=replies))


async def _means(call: Call) -> Done:
    """Write down what it means; its strength is `reply`, and the kept mail is the evidence."""
    record, sent = await concern_of(call, "reply"), call.sent(api.MailRead)
    mail = call.named("mail")
    reading = Reading(means=sent.means, name=sent.name, role=sent.role, reason=sent.reason)
    result = await call.deps.answers.confirm_reply(record.concern.id, mail, call.person, reading)
    match result:
        case Acknowledged() | Declined():
            said = api.MailReadShown(mail=mail, answer=views.answered(result))
            return Done(said=said, status=200 if result.again else 201)
        case SetAside():
            return Done(said=api.MailReadShown(mail=mail, answer=None), status=201)
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise web.HTTPNotFound


def _shown(reply: Reply, directory: Directory) -> api.MailShown:
    mail, notice = reply.mail, reply.record.notice
    return api.MailShown(
        mail=mail.id,
        notice=notice.id,
        party=views.party(notice.party, directory),
        came=mail.received,
        sender=mail.sender,
        known_sender=reply.known_sender,
        asked=reply.owed.says,
        written=hidden(written(mail.raw, mail.sender), notice.ack_code),
        as_it_came=hidden(as_it_came(mail.raw), notice.ack_code),
    )


OPERATIONS: Final = (
    Operation(
        id="stop_telling",
        method="POST",
        path="/v1/concerns/{concern}/stops",
        says="Hold everything from one party at once; two people release it.",
        act=Act.RELEASE,
        scope=Scope.STEERS,
        body=api.Stopping,
        answer=api.StopShown,
        carry=_stop,
        statuses=(201,),
        problems=(403,),
        once=True,
        if_match=True,
    ),
    Operation(
        id="list_replies",
        method="GET",
        path="/v1/concerns/{concern}/replies",
        says="Replies by mail that wait for a person to say what they mean.",
        act=Act.READ_CONCERNS,
        scope=Scope.READS,
        answer=api.MailList,
        carry=_replies,
    ),
    Operation(
        id="read_reply",
        method="POST",
        path="/v1/concerns/{concern}/replies/{mail}",
        says="Say what a reply by mail means; a lead enquiry officer alone does.",
        act=Act.READ_CONCERNS,
        scope=Scope.STEERS,
        body=api.MailRead,
        answer=api.MailReadShown,
        carry=_means,
        statuses=(200, 201),
        problems=(403,),
        once=True,
    ),
)
"""What a concern's own people do at once."""
