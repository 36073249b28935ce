"""What follows from mistakes, from the Board's requests and from people's own (000 7, 8.2)."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Final

from hub.concern.following import follow
from hub.concern.known import CannotFollow, Concern, Matter, Party
from hub.events.records import (
    BoardRequestAnswered,
    BoardRequestReceived,
    BreachDecided,
    NoticeRecalled,
    SubjectAccessAnswered,
    SubjectAccessRequested,
)
from hub.frozen import replace
from hub.vocabulary import ObligationKind, Role

TO_REPORT: Final = timedelta(hours=72)
"""From the discovery of a personal data breach (UK GDPR Art 33(1))."""

_PLACING: Final = frozenset({Role.PLACING_AUTHORITY, Role.PLACING_ICB})


@follow.register
def _(data: NoticeRecalled, concern: Concern) -> Concern | CannotFollow:
    officer = Party(agency=data.data_protection_officer, role=Role.DATA_PROTECTION)
    owed = concern.owing(
        Matter(
            kind=ObligationKind.REPORT_BREACH,
            key=data.recall_id,
            owner=officer,
            says=f"report the breach of recall {data.recall_id}, or record why not (Art 33)",
            due=data.discovered_at + TO_REPORT,
        )
    )
    wrong = [Party(agency=data.party, role=data.role)]
    # Whom every concern has takes part by right: no recall makes the end forget it (M101).
    if not data.only_by_mistake or wrong[0] in concern.always():
        return owed
    if data.role in _PLACING:
        wrong.append(Party(agency=data.party, role=Role.ADULTS))
    return replace(owed, mistaken=tuple(dict.fromkeys((*owed.mistaken, *wrong))))


@follow.register
def _(data: BreachDecided, concern: Concern) -> Concern | CannotFollow:
    if concern.last(NoticeRecalled, data.recall_id) is None:
        return CannotFollow(why=f"recall `{data.recall_id}` has not come")
    return concern.met(ObligationKind.REPORT_BREACH, data.recall_id)


@follow.register
def _(data: BoardRequestReceived, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.ANSWER_BOARD,
            key=data.request,
            says=f"answer request {data.request} of the Safeguarding Adults Board (s.45)",
            due=data.answer_by,
        )
    )


@follow.register
def _(data: BoardRequestAnswered, concern: Concern) -> Concern | CannotFollow:
    if concern.last(BoardRequestReceived, data.request) is None:
        return CannotFollow(why=f"request `{data.request}` of the Board has not come")
    return concern.met(ObligationKind.ANSWER_BOARD, data.request)


@follow.register
def _(data: SubjectAccessRequested, concern: Concern) -> Concern | CannotFollow:
    return concern.owing(
        Matter(
            kind=ObligationKind.ANSWER_SUBJECT,
            key=data.request,
            says=f"answer the request {data.request} for somebody's own data (Art 12(3))",
            due=one_month_after(data.received_at),
        )
    )


@follow.register
def _(data: SubjectAccessAnswered, concern: Concern) -> Concern | CannotFollow:
    if concern.last(SubjectAccessRequested, data.request) is None:
        return CannotFollow(why=f"request `{data.request}` has not come")
    return concern.met(ObligationKind.ANSWER_SUBJECT, data.request)


def one_month_after(moment: datetime) -> datetime:
    """Return the same day of the next month, or its last day where it has no such day."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
