"""What an auditor does about an obligation that nobody will look at. Pure; takes `now` (UTC)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from hub.concern import Concern, Party
from hub.escalate.ladder import ladder_called, nation_of_party, step_due
from hub.frozen import replace
from hub.obligation import Climb, Obligation, ObligationKind, ObligationState, asks_key
from hub.plan.tools import Tools
from hub.vocabulary import Mint, Role

LOOK_WITHIN: Final = timedelta(minutes=15)
"""How soon a person must look at what the hub cannot do by itself."""


def rightful(owed: Obligation, climb: Climb, tools: Tools, now: datetime) -> Climb:
    """Return the climb of `owed` with the instant at which its next step is really due.

    Counted from the anchor as ever, so that nothing is taken before its time. One that a hold
    keeps waiting is only looked at again: the hold stands until somebody releases it.
    """
    if climb.state is ObligationState.HELD:
        return replace(climb, next_at=now)
    ladder = ladder_called(tools.pack.ladders, climb.ladder)
    nation = nation_of_party(owed.party, tools.directory)
    due = step_due(ladder, climb.step, climb.anchor, tools.pack.calendar, nation)
    return replace(climb, next_at=due)


def look_at(owed: Obligation, concern: Concern, mint: Mint, now: datetime) -> Obligation:
    """Return what the host authority owes where the hub could not do what was due of `owed`.

    It is put away with `owed` itself.
    """
    return Obligation(
        id=mint.id(),
        concern=owed.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY),
        due=now + LOOK_WITHIN,
        opened_at=now,
        key=f"{asks_key(owed.kind, owed.key)}#audit",
        notice=owed.notice,
        says=f"the hub could not do what was due of this, somebody must: {owed.says or owed.kind}",
    )


def untold(key: str, name: str, concern: Concern, mint: Mint, now: datetime) -> Obligation:
    """Return what the host authority owes for an urgent event that was refused in silence (M001).

    `key` names the event as whoever refused it would have.
    """
    return Obligation(
        id=mint.id(),
        concern=concern.id,
        kind=ObligationKind.PERSON,
        party=Party(agency=concern.host_authority, role=Role.HOST_AUTHORITY),
        due=now,
        opened_at=now,
        key=key,
        says=f"look at `{name}` now: it is in quarantine, and nobody had been told",
    )
