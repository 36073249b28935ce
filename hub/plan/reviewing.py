"""What is owed of an emergency access once it is given: that somebody judges it. Pure."""

from __future__ import annotations

from datetime import datetime

from hub.calendar import LONDON, Calendar
from hub.concern import Party
from hub.directory import Directory
from hub.escalate.ladder import UNREVIEWED, begin, nation_of_party
from hub.frozen import replace
from hub.obligation import Obligation, ObligationKind, review_key
from hub.pack.ladder import ladder_for_kind
from hub.pack.rules import Pack
from hub.vocabulary import AgencyId, ConcernId, Role


def review_owed(
    access: str,
    concern: ConcernId,
    host: AgencyId,
    *,
    began: datetime,
    due: datetime,
    pack: Pack | None,
    directory: Directory,
    made: str,
) -> Obligation:
    """Return what the host authority owes of an access, at the foot of its ladder (0036).

    `began` and `due` in UTC; `made` is its id. Without a pack, or where it says nothing of this,
    the hub's own ladder serves. It names neither who looked nor why: that stands with the privacy
    officer.
    """
    party = Party(agency=host, role=Role.HOST_AUTHORITY)
    owed = Obligation(
        id=made,
        concern=concern,
        kind=ObligationKind.REVIEW_ACCESS,
        party=party,
        due=due,
        opened_at=began,
        key=review_key(access),
        says="have the privacy officer review the emergency access of "
        f"{began.astimezone(LONDON):%-d %B %Y at %H:%M}",
    )
    found = pack and ladder_for_kind(pack.ladders, owed.kind, party.role)
    calendar = pack.calendar if pack else Calendar(holidays={})
    climb = begin(owed, found or UNREVIEWED, calendar, nation_of_party(party, directory))
    return replace(owed, climb=climb)
