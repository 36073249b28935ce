"""What a comparison says, as data for JSON (`hub diff --json`)."""

from __future__ import annotations

from collections.abc import Sequence

from hub.prove.approval import Approval
from hub.prove.compare import Comparison, Example, Group
from hub.prove.outcome import Change
from hub.prove.replay import Heard

_Json = dict[str, object]


def comparison_json(found: Comparison, heard: Sequence[Heard], approval: Approval | None) -> _Json:
    """Return all that differs, what of it is newly disclosed, and whether that is approved."""
    return {
        "old": found.old,
        "new": found.new,
        "cases": found.cases,
        "same_cells": found.same,
        "changes": [_group(group) for group in found.groups],
        "newly_disclosed": {
            "digest": found.disclosed or None,
            "changes": [_group(group) for group in found.newly_told],
            "approval": approval.model_dump(mode="json") if approval else None,
        },
        "recorded": [_heard(one) for one in heard],
    }


def _group(group: Group) -> _Json:
    return {
        **_change(group.change),
        "roles": [role.value for role in group.roles],
        "events": list(group.events),
        "cases": group.cases,
        "example": _example(group.example),
    }


def _change(change: Change) -> _Json:
    return {
        "kind": change.kind.value,
        "classes": [info.value for info in change.classes],
        "says": change.says,
    }


def _example(example: Example) -> _Json:
    return {
        "event": example.event,
        "role": example.role.value,
        "facts": dict(example.facts),
        "released": [info.value for info in example.released],
        "decided": example.decided,
    }


def _heard(one: Heard) -> _Json:
    return {
        "concern": one.concern,
        "event": one.event,
        "name": one.name,
        "agency": one.party.agency,
        "role": one.party.role.value,
        "occasion": one.occasion.value,
        "changes": [_change(change) for change in one.changes],
    }
