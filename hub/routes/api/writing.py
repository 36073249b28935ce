"""What the API does: all that the console does, with the same words and the same refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.answers import (
    Acknowledged,
    Attested,
    Declined,
    Declines,
    Incomplete,
    NotFound,
    NotYet,
    NotYours,
)
from hub.answers import (
    Call as Telephoned,
)
from hub.answers.taking import InHand, take_in_hand
from hub.api.acts import ReachedShown, WaivedShown
from hub.closure import Waiver
from hub.concern import Party
from hub.ports.keys import Scope
from hub.ports.replaying import Replay
from hub.repeat import Selection, Verdict
from hub.routes.api import views
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.api.reading import concern_of
from hub.vocabulary import AgencyId, ConcernId, DeliveryId, NoticeId
from hub.watch.replaying import judge_by

_GONE: Final = web.HTTPNotFound
_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Nothing was written before."""


async def _acknowledge(call: Call) -> Done:
    notice, sent = NoticeId(call.named("notice")), call.sent(api.Acknowledge)
    return _answered(
        await call.deps.answers.acknowledge_by_account(notice, call.person, sent.reference)
    )


async def _decline(call: Call) -> Done:
    notice, sent = NoticeId(call.named("notice")), call.sent(api.Decline)
    declines = Declines(because=sent.because, reason=sent.reason)
    return _answered(
        await call.deps.answers.decline_by_account(notice, call.person, sent.reference, declines)
    )


async def _record_call(call: Call) -> Done:
    record, sent = await concern_of(call, "call"), call.sent(api.Call)
    notice = call.named("notice")
    if all(each.notice.id != notice for each in record.notices):
        raise _GONE
    declines = Declines(because=sent.because, reason=sent.reason or "") if sent.because else None
    said = Telephoned(name=sent.name, role=sent.role, how=sent.how, at=sent.at, declines=declines)
    return _answered(await call.deps.answers.record_call(NoticeId(notice), call.person, said))


def _answered(result: Acknowledged | Declined | Incomplete | NotFound | NotYours) -> Done:
    match result:
        case Acknowledged() | Declined():
            return Done(said=views.answered(result), status=200 if result.again else 201)
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise _GONE


async def _take(call: Call) -> Done:
    record, sent = await concern_of(call, "owed"), call.sent(api.TakeInHand)
    result = await take_in_hand(
        call.deps.register,
        call.deps.clock,
        record.concern.id,
        call.named("obligation"),
        call.person,
        timedelta(minutes=sent.minutes),
    )
    match result:
        case InHand():
            taken = result.taken
            said = api.InHandShown(
                obligation=result.obligation.id, taken_by=taken.by, taken_until=taken.until
            )
            return Done(said=said)
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise _GONE


async def _attest(call: Call) -> Done:
    sent, concern = call.sent(api.Confirmation), ConcernId(call.named("concern"))
    waivers = [
        Waiver(party=Party(agency=AgencyId(w.agency), role=w.role), reason=w.reason, name=w.name)
        for w in sent.waivers
    ]
    result = await call.deps.answers.attest(concern, call.person, waivers)
    match result:
        case Attested():
            return Done(said=_attested(result), status=200 if result.again else 201)
        case NotYet():
            gaps = [
                {
                    "agency": gap.party.agency if gap.party else None,
                    "role": gap.party.role if gap.party else None,
                    "says": gap.says,
                    "waivable": gap.waivable,
                }
                for gap in result.gaps
            ]
            raise refuse(409, "Closure cannot be confirmed yet", gaps=gaps)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise _GONE


def _attested(result: Attested) -> api.AttestationShown:
    made = result.attestation
    return api.AttestationShown(
        id=made.id,
        concern=made.concern,
        by=made.by,
        role=made.role,
        at=made.at,
        reached=tuple(
            ReachedShown(agency=party.agency, role=party.role, rung=reached.rung)
            for party, reached in made.reached
        ),
        waivers=tuple(
            WaivedShown(agency=w.party.agency, role=w.party.role, reason=w.reason, name=w.name)
            for w in made.waivers
        ),
        flags=tuple(made.flags),
        again=result.again,
    )


async def _replay(call: Call) -> Done:
    """Count, or order; carried out by whoever watches, by the same verdict for each delivery."""
    deps, sent = call.deps, call.sent(api.Replaying)
    if deps.tools_for is None or not call.person.may(Act.OPERATE):
        raise _GONE
    record = await concern_of(call, "replay")
    now = deps.clock.now()
    meant = Selection(
        delivery=DeliveryId(sent.delivery) if sent.delivery else None,
        concern=record.concern.id,
        agency=AgencyId(sent.agency) if sent.agency else None,
        target=sent.to,
        since=None if sent.since is None else min(max(sent.since, _FIRST), now),
        until=max(min(sent.until or now, now), _FIRST),
    )
    counts = await deps.register.would_replay(meant, judge_by(deps.planning))
    order = None
    if not sent.dry_run:
        order = Replay(
            id=deps.new_id(),
            selection=meant,
            asked_by=call.person.id,
            why=sent.why,
            note=sent.note,
            at=now,
        )
        await deps.register.order_replay(order)
    said = api.ReplayShown(
        meant=sum(counts.values()),
        again=counts.get(Verdict.AGAIN, 0),
        verdicts=dict(counts),
        replay=order.id if order else None,
        ordered_at=order.at if order else None,
    )
    return Done(said=said, status=202 if order else 200)


OPERATIONS: Final = (
    Operation(
        id="acknowledge_notice",
        method="POST",
        path="/v1/notices/{notice}/acknowledgement",
        says="Acknowledge a notice to your own agency, in the name that your key has.",
        act=Act.ANSWER,
        scope=Scope.ANSWERS,
        body=api.Acknowledge,
        answer=api.AnsweredShown,
        carry=_acknowledge,
        statuses=(200, 201),
        once=True,
    ),
    Operation(
        id="decline_notice",
        method="POST",
        path="/v1/notices/{notice}/declination",
        says="Say that a notice to your own agency is not for you.",
        act=Act.ANSWER,
        scope=Scope.ANSWERS,
        body=api.Decline,
        answer=api.AnsweredShown,
        carry=_decline,
        statuses=(200, 201),
        once=True,
    ),
    Operation(
        id="record_call",
        method="POST",
        path="/v1/concerns/{concern}/notices/{notice}/calls",
        says="Record a call in which somebody said that they have read a notice, or that it is "
        "not for them.",
        act=Act.READ_CONCERNS,
        scope=Scope.STEERS,
        body=api.Call,
        answer=api.AnsweredShown,
        carry=_record_call,
        statuses=(200, 201),
        problems=(403,),
        once=True,
    ),
    Operation(
        id="take_in_hand",
        method="POST",
        path="/v1/concerns/{concern}/owed/{obligation}/taken",
        says="Take what is owed in hand until a time; then it is asked again.",
        act=Act.READ_CONCERNS,
        scope=Scope.STEERS,
        body=api.TakeInHand,
        answer=api.InHandShown,
        carry=_take,
        problems=(403,),
        once=True,
        if_match=True,
    ),
    Operation(
        id="confirm_closure",
        method="POST",
        path="/v1/concerns/{concern}/attestation",
        says="Confirm that closure notices were sent; 409 names every gap.",
        act=Act.READ_CONCERNS,
        scope=Scope.STEERS,
        body=api.Confirmation,
        body_optional=True,
        answer=api.AttestationShown,
        carry=_attest,
        proved=True,
        statuses=(200, 201),
        problems=(403, 409),
        once=True,
        if_match=True,
    ),
    Operation(
        id="replay",
        method="POST",
        path="/v1/concerns/{concern}/replays",
        says="Send again what was sent, where it may still be told; a dry run unless said.",
        act=Act.READ_CONCERNS,
        scope=Scope.STEERS,
        body=api.Replaying,
        answer=api.ReplayShown,
        carry=_replay,
        statuses=(200, 202),
        once=True,
        if_match=True,
    ),
)
"""Everything that is done."""
