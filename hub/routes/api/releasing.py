"""Releases by the API: two people who have signed in, each upon what they were shown."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from hub import api
from hub.access import BY_KEY, Act
from hub.answers import Incomplete, NotFound, NotYours
from hub.answers.amending import Release, Wanted
from hub.answers.console import may_release
from hub.answers.releasing import Done as Asked
from hub.answers.releasing import Releasing, Result, hold_of
from hub.concern import PlacedHold
from hub.directory import Directory
from hub.ports import ConcernRecord
from hub.ports.keys import Scope
from hub.ports.releasing import AskedRelease, Became
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.api.reading import concern_of
from hub.routes.holding import would_go
from hub.vocabulary import ConcernId, HoldId, InfoClass

_NO_KEY: Final = "Two people release what is held. A key is none: send a session of your own"


async def _ask(call: Call) -> Done:
    """Show what would go without a word of what is left out, or ask another person to agree."""
    record, desk = await _here(call)
    sent = call.sent(api.Releasing)
    hold = hold_of(record, sent.hold)
    directory = await call.deps.register.directory()
    tools = call.deps.planning(record.concern.partnership, directory)
    if hold is None or tools is None:
        raise web.HTTPNotFound
    if not may_release(call.person, hold, record.concern, tools.pack):
        raise refuse(403, "Another authority releases this hold. Record its decision")
    chosen = frozenset(sent.classes) & hold.classes or hold.classes
    if not frozenset(sent.classes) <= hold.classes:
        raise refuse(422, "The hold does not keep all of these classes back")
    wanted = Wanted(hold=hold, classes=chosen, leave_out=frozenset(sent.leave_out))
    if sent.dry_run:
        return Done(said=await _shown(call, record, desk, wanted, None))
    result = await desk.ask(
        record,
        HoldId(hold.id),
        chosen,
        sent.reason,
        call.person,
        wanted.leave_out,
        sent.sha256 or "",
    )
    asked = await _request(call, _done(result).request)
    return Done(said=await _shown(call, record, desk, wanted, asked), status=201)


async def _decide(call: Call) -> Done:
    """Show what would go now, or agree to it, or refuse it with a reason."""
    record, desk = await _here(call)
    sent, asked = call.sent(api.Deciding), await _request(call, call.named("request"))
    if asked is None:
        raise web.HTTPNotFound
    hold = hold_of(record, asked.hold)
    wanted = None if hold is None else _wanted(asked, hold)
    if not sent.dry_run and sent.answer is api.Answer.AGREE:
        # What went is shown as it went: once the hold has ended there is nothing more to plan.
        before = await _shown(call, record, desk, wanted, asked)
        _done(await desk.agree(record, asked.id, call.person, sent.sha256 or ""))
        return Done(said=before.model_copy(update={"became": Became.AGREED.value, "until": None}))
    if not sent.dry_run:
        _done(await desk.refuse(record, asked.id, sent.reason, call.person))
        asked = await _request(call, asked.id)
    return Done(said=await _shown(call, record, desk, wanted, asked))


async def _here(call: Call) -> tuple[ConcernRecord, Releasing]:
    record, deps = await concern_of(call, "release"), call.deps
    if deps.tools_for is None:
        raise web.HTTPNotFound
    if call.person.id.startswith(BY_KEY):
        raise refuse(403, _NO_KEY)
    desk = Releasing(register=deps.register, clock=deps.clock, tools_for=deps.tools_for)
    return record, desk


async def _request(call: Call, request: str) -> AskedRelease | None:
    found = await call.deps.register.releases_asked([ConcernId(call.named("concern"))])
    return next((each for each in found if each.id == request), None)


def _wanted(asked: AskedRelease, hold: PlacedHold) -> Wanted:
    return Wanted(hold=hold, classes=asked.classes, leave_out=asked.left_out)


def _done(result: Result) -> Asked:
    match result:
        case Asked():
            return result
        case Incomplete():
            raise faulty(result.faults)
        case NotYours():
            raise refuse(403, result.says)
        case NotFound():
            raise web.HTTPNotFound


async def _shown(
    call: Call,
    record: ConcernRecord,
    desk: Releasing,
    wanted: Wanted | None,
    asked: AskedRelease | None,
) -> api.ReleaseShown:
    """Return what would go now, while it may still go; and what became of it."""
    waits = asked is None or asked.pending(call.deps.clock.now())
    preview = await desk.preview(record, wanted, call.person) if wanted and waits else None
    release = preview if isinstance(preview, Release) else None
    classes = asked.classes if asked else wanted.classes if wanted else frozenset[InfoClass]()
    directory = await call.deps.register.directory()
    return api.ReleaseShown(
        concern=record.concern.id,
        request=asked.id if asked else None,
        hold=asked.hold if asked else wanted.hold.id if wanted else "",
        classes=tuple(info for info in InfoClass if info in classes),
        left_out=tuple(sorted(asked.left_out if asked else release.left_out if release else ())),
        sha256=release.sha256 if release else None,
        would=_would(release, directory) if release else (),
        offered=tuple(
            api.Offered(name=name, value=value)
            for name, value in (release.offered if release else ())
        ),
        refused=tuple(f.says for f in preview.faults) if isinstance(preview, Incomplete) else (),
        became=_became(asked),
        until=asked.until if asked and waits else None,
    )


def _would(release: Release, directory: Directory) -> tuple[api.WouldTell, ...]:
    return tuple(
        api.WouldTell(
            party=each.name,
            text=each.text,
            will_see=each.will_see,
            will_not_see=each.will_not_see,
        )
        for each in would_go(release, directory)
    )


def _became(asked: AskedRelease | None) -> str | None:
    if asked is None:
        return None
    return asked.decided.became.value if asked.decided else Became.ASKED.value


OPERATIONS: Final = (
    Operation(
        id="ask_release",
        method="POST",
        path="/v1/concerns/{concern}/releases",
        says="Ask for a release of what is held, whole, by class, or with facts left out; a dry "
        "run shows what would go. A person's session, never a key.",
        act=Act.RELEASE,
        scope=Scope.STEERS,
        body=api.Releasing,
        answer=api.ReleaseShown,
        carry=_ask,
        statuses=(200, 201),
        problems=(403,),
        proved=True,
    ),
    Operation(
        id="decide_release",
        method="POST",
        path="/v1/concerns/{concern}/releases/{request}/decision",
        says="Agree to a release, which then goes at once, or refuse it with a reason; a dry run "
        "shows what would go. A second person's session, never a key.",
        act=Act.RELEASE,
        scope=Scope.STEERS,
        body=api.Deciding,
        answer=api.ReleaseShown,
        carry=_decide,
        problems=(403,),
        proved=True,
    ),
)
"""Both take two people, as the screens do."""
