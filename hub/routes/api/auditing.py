"""An auditor's reading by the API: under the same pseudonyms, and nothing to act upon."""

from __future__ import annotations

from typing import Final

from hub import api
from hub.access import Act
from hub.api.auditing import AuditedAct, AuditedHeld, AuditedSummary
from hub.ports.keys import Scope
from hub.routes.api.operations import Call, Operation
from hub.routes.api.operations import Done as Answered
from hub.routes.audit import concerns_of, found_by, part, under_pseudonyms
from hub.routes.audited import Done, Listed


async def _list(call: Call) -> Answered:
    concerns = await concerns_of(call.deps, call.person)
    some, number, last = part(concerns, call.asked(api.Numbered).page)
    if some:
        await call.looked_at("audit")
    found = await under_pseudonyms(call.deps, some)
    said = api.AuditedList(concerns=tuple(_listed(each) for each in found), of=len(concerns))
    return Answered(said=said, next=_next(number, last))


async def _one(call: Call) -> Answered:
    concern, shown = await found_by(call.deps, call.person, call.named("name"))
    some, number, last = part(shown.done, call.asked(api.Numbered).page)
    await call.looked_at("audit", concern)
    said = api.AuditedShown(
        **dict(_listed(shown.listed)),
        chair=shown.chair,
        done=tuple(_act(each) for each in some),
        of=len(shown.done),
        owed=tuple(_act(each) for each in shown.owed),
        held=tuple(AuditedHeld(whom=whom, why=why, classes=n) for whom, why, n in shown.held),
    )
    return Answered(said=said, next=_next(number, last))


def _listed(each: Listed) -> AuditedSummary:
    return AuditedSummary(
        name=each.name,
        provider=each.provider,
        officer=each.officer,
        stage=each.stage,
        opened=each.opened,
    )


def _act(each: Done) -> AuditedAct:
    return AuditedAct(at=each.at, what=each.what, whom=each.whom, says=each.says, rule=each.rule)


def _next(number: int, last: int) -> dict[str, str] | None:
    return {"page": str(number + 1)} if number < last else None


OPERATIONS: Final = (
    Operation(
        id="list_audited",
        method="GET",
        path="/v1/audit",
        says="The concerns of an auditor's own authority under pseudonyms, the newest first.",
        act=Act.AUDIT,
        scope=Scope.READS,
        query=api.Numbered,
        answer=api.AuditedList,
        carry=_list,
    ),
    Operation(
        id="read_audited",
        method="GET",
        path="/v1/audit/{name}",
        says="What was done in one concern, found by its pseudonym.",
        act=Act.AUDIT,
        scope=Scope.READS,
        query=api.Numbered,
        answer=api.AuditedShown,
        carry=_one,
    ),
)
"""What an auditor reads."""
