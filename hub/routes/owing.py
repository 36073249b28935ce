"""What is owed, as the board shows it: by whom, in whose hands, by how many still. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.answers.replies import mail_of
from hub.directory import Directory
from hub.obligation import Obligation, Taken
from hub.ports import NoticeRecord
from hub.receipt import who_answered
from hub.routes.naming import party_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One open obligation."""

    who: str
    what: str
    due: datetime
    overdue: bool
    id: str
    mail: str
    """The mail that somebody must read; empty: none."""
    taken: Taken | None
    """Who has it in hand now, and until when; None: nobody."""


def owed_as_shown(obligation: Obligation, directory: Directory, now: datetime) -> Owed:
    """Return one open obligation for the board."""
    return Owed(
        who=party_name(obligation.party, directory),
        what=obligation.says or str(obligation.kind),
        due=obligation.due,
        overdue=obligation.due < now,
        id=obligation.id,
        mail=mail_of(obligation),
        taken=in_hand(obligation, now),
    )


def in_hand(obligation: Obligation | None, now: datetime) -> Taken | None:
    """Return who has it in hand at this moment, or None."""
    taken = obligation.taken if obligation else None
    return taken if taken is not None and taken.until > now else None


def quorum_words(record: NoticeRecord) -> str:
    """Return how many of those who must answer have; empty where one person is enough."""
    if record.people == 1:
        return ""
    return f"{len(who_answered(record.receipts))} of {record.people} have answered"
