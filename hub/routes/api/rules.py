"""The rules by the API: what the console's own pages answer. Nothing is kept or sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from hub import api
from hub.access import Act
from hub.api.rules import (
    ClassKept,
    ClassTold,
    DraftChange,
    EventShown,
    PackShown,
    PartyExplained,
    Played,
    PlayedParty,
)
from hub.calendar import is_past
from hub.directory import Directory
from hub.events.envelope import Fault
from hub.explain import Explained, KeptClass, ToldClass
from hub.ports.keys import Scope
from hub.prove.chart import chapter_names
from hub.routes.api.operations import Call, Done, Operation, faulty, refuse
from hub.routes.bench import NotDone
from hub.routes.explaining import (
    Told,
    bench_of,
    events_of,
    explain_given,
    explain_of,
    own_concern,
    tools_of,
)
from hub.routes.naming import named
from hub.routes.rules import DRAFT_BYTES, MOST_ROWS, QUIET
from hub.vocabulary import AgencyId, ConcernId

_EVENT: Final = "/event"


async def _rules(call: Call) -> Done:
    deps = call.deps
    policy, bench, now = deps.policy(), deps.bench, deps.clock.now()
    found = [await tools_of(deps, each.partnership) for each in policy.packs]
    packs = tuple(
        PackShown(
            partnership=tools.pack.partnership,
            name=tools.pack.name,
            version=tools.pack.version,
            hash=tools.pack.hash,
            review_by=tools.pack.review_by,
            review_overdue=is_past(tools.pack.review_by, now),
            files=bench.files(tools.pack.partnership) if bench else (),
        )
        for tools in found
        if tools is not None
    )
    said = api.RulesShown(
        packs=packs,
        newer_refused=bool(policy.refused),
        examples=bench.examples() if bench else (),
        scenarios=bench.scenarios() if bench else (),
        chapters=chapter_names(),
    )
    return Done(said=said)


async def _events(call: Call) -> Done:
    wanted = ConcernId(call.named("concern"))
    record = await own_concern(call.deps, call.person, wanted)
    await call.looked_at("explained", wanted)
    events = tuple(
        EventShown(id=each.id, name=each.name, occurred=each.occurred)
        for each in await events_of(call.deps, record)
    )
    said = api.EventList(concern=wanted, reference=record.concern.reference, events=events)
    return Done(said=said)


async def _explain(call: Call) -> Done:
    told = await _told(call, call.sent(api.Explaining))
    found = told.found
    said = api.ExplanationShown(
        event=found.event.name,
        id=found.event.id,
        partnership=found.pack.partnership,
        version=found.pack.version,
        hash=found.pack.hash,
        concern=told.own or None,
        after=told.before,
        waits=found.waits,
        refused=tuple(str(fault) for fault in found.refused),
        parties=tuple(_party(each) for each in found.parties),
    )
    return Done(said=said)


async def _told(call: Call, sent: api.Explaining) -> Told:
    deps = call.deps
    if sent.concern is not None and sent.event_id is not None:
        wanted = ConcernId(sent.concern)
        record = await own_concern(deps, call.person, wanted)
        await call.looked_at("explained", wanted)
        own = await explain_of(deps, record, sent.event_id)
        if own is None:
            raise web.HTTPNotFound
        return own
    bench = bench_of(deps)
    raw = json.dumps(sent.event).encode() if sent.event is not None else None
    if sent.example is not None:
        raw = bench.example(sent.example)
    if raw is None:
        raise web.HTTPNotFound
    told = await explain_given(deps, raw)
    if not isinstance(told, Told):
        raise faulty(tuple(Fault(pointer=_EVENT + f.pointer, says=f.says) for f in told))
    return told


def _party(each: Explained) -> PartyExplained:
    return PartyExplained.model_validate(
        {
            "agency": each.party.agency,
            "role": each.party.role.value,
            "name": each.name,
            "occasion": each.occasion.value,
            "verdict": each.verdict,
            "rule": each.rule,
            "paragraph": each.paragraph,
            "reason": each.reason,
            "notice": each.notice,
            "reply_due": each.reply_due,
            "told": tuple(_class_told(one) for one in each.told),
            "held": tuple(_class_kept(one) for one in each.held),
            "withheld": tuple(_class_kept(one) for one in each.withheld),
        }
    )


def _class_told(one: ToldClass) -> ClassTold:
    return ClassTold(
        info=one.info,
        facts=tuple(one.facts),
        purpose=one.purpose,
        basis=one.basis,
        rule=one.rule,
        paragraph=one.paragraph,
        reason=one.reason,
    )


def _class_kept(one: KeptClass) -> ClassKept:
    return ClassKept(
        info=one.info,
        facts=one.facts,
        rule=one.rule,
        paragraph=one.paragraph,
        reason=one.reason,
        kind=one.kind,
        released_by=one.released_by,
    )


async def _simulate(call: Call) -> Done:
    sent = call.sent(api.Simulating)
    found = await bench_of(call.deps).play(sent.scenario)
    if isinstance(found, NotDone):
        raise _not_done(found, "/scenario")
    directory = await call.deps.register.directory()
    rows = [row for row in found if sent.everything or row["what"] not in QUIET]
    said = api.SimulationShown(
        scenario=sent.scenario,
        rows=tuple(_row(row, directory) for row in rows[:MOST_ROWS]),
        of=len(rows),
    )
    return Done(said=said)


def _row(row: Mapping[str, Any], directory: Directory) -> Played:
    party = row.get("party")
    whom = party and PlayedParty(**party, name=named(AgencyId(party["agency"]), directory))
    names = ("at", "what", "concern", "says")
    return Played.model_validate({name: row.get(name) for name in names} | {"party": whom or None})


async def _draft(call: Call) -> Done:
    sent = call.sent(api.Drafting)
    text = sent.text.replace("\r\n", "\n")
    found = await bench_of(call.deps).compare(sent.partnership, sent.file, text)
    if isinstance(found, NotDone):
        raise _not_done(found, "/text")
    said = api.DraftShown(
        old=found["old"],
        new=found["new"],
        cases=found["cases"],
        newly_disclosed=found["newly_disclosed"]["digest"],
        changes=tuple(_change(each) for each in found["changes"]),
    )
    return Done(said=said)


def _change(each: Mapping[str, Any]) -> DraftChange:
    return DraftChange.model_validate({name: each[name] for name in DraftChange.model_fields})


def _not_done(found: NotDone, pointer: str) -> Exception:
    """Return what ends a call that the bench did not do: 409 where it may be asked again."""
    if found.again:
        return refuse(409, " ".join(found.says))
    return faulty(tuple(Fault(pointer=pointer, says=says) for says in found.says))


OF_RULES: Final[Mapping[str, Any]] = {"act": Act.READ_RULES, "scope": Scope.READS}
"""Whoever may see the rules may try them out."""

OPERATIONS: Final = (
    Operation(
        id="read_rules",
        method="GET",
        path="/v1/rules",
        says="Which rules are in force, and what can be asked of them.",
        answer=api.RulesShown,
        carry=_rules,
        **OF_RULES,
    ),
    Operation(
        id="explain_event",
        method="POST",
        path="/v1/rules/explain",
        says="Who is told on an event, who is not, and why; of a concern of your own, for its "
        "lead enquiry officer alone. Nothing is kept.",
        body=api.Explaining,
        answer=api.ExplanationShown,
        carry=_explain,
        **OF_RULES,
    ),
    Operation(
        id="simulate",
        method="POST",
        path="/v1/rules/simulate",
        says="Play a scenario that ships; 409 while somebody else tries something out.",
        body=api.Simulating,
        answer=api.SimulationShown,
        carry=_simulate,
        problems=(409,),
        **OF_RULES,
    ),
    Operation(
        id="compare_draft",
        method="POST",
        path="/v1/rules/draft",
        says="What a draft of one file of a pack would change against what is in force. Nothing "
        "is put in force; 409 while somebody else tries something out.",
        body=api.Drafting,
        largest=DRAFT_BYTES,
        answer=api.DraftShown,
        carry=_draft,
        problems=(409,),
        **OF_RULES,
    ),
    Operation(
        id="list_events",
        method="GET",
        path="/v1/concerns/{concern}/events",
        says="The events of a concern, which `explain_event` explains as it stood.",
        act=Act.STEER,
        scope=Scope.READS,
        answer=api.EventList,
        carry=_events,
    ),
)
"""The rules, and what they decide."""
