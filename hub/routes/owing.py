"""One open obligation as the board shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.directory import Directory
from hub.obligation import Obligation
from hub.routes.naming import party_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One open obligation."""

    who: str
    what: str
    due: datetime
    overdue: bool


def owed_as_shown(obligation: Obligation, directory: Directory, now: datetime) -> Owed:
    """Return one open obligation for the board."""
    return Owed(
        who=party_name(obligation.party, directory),
        what=obligation.says or str(obligation.kind),
        due=obligation.due,
        overdue=obligation.due < now,
    )
