"""Notices and what came of them, in one line each, for tests of the figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hub.concern import Party
from hub.figures import Telling
from hub.notice import Notice
from hub.obligation import Obligation, ObligationKind
from hub.receipt import Acknowledgement, Receipt
from hub.vocabulary import (
    AckStrength,
    AgencyId,
    ConcernId,
    DecisionId,
    DeliveryId,
    EventId,
    Lane,
    NoticeId,
    Role,
    Rung,
)

START: Final = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""The first of a month that has 31 days; a Monday."""
END: Final = datetime(2027, 4, 1, tzinfo=UTC)
NOW: Final = datetime(2027, 4, 6, 9, 0, tzinfo=UTC)
CQC: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
SURREY: Final = Party(agency=AgencyId("gss:E10000030"), role=Role.PLACING_AUTHORITY)
KENT: Final = Party(agency=AgencyId("gss:E10000016"), role=Role.PLACING_AUTHORITY)
CONCERN: Final = ConcernId("c-1")
NOBODY: Final = Acknowledgement(name="", role="", organisation="", strength=AckStrength.CODE)


def told(number: int, party: Party = CQC, *proofs: Receipt, **changes: Any) -> Telling:  # noqa: ANN401 - of any field
    """One notice of one event to one party, written as the event was entered."""
    at = changes.pop("at", START)
    notice = Notice(
        id=NoticeId(f"n{number}"),
        decision=DecisionId(f"d{number}"),
        concern=changes.pop("concern", CONCERN),
        event=EventId(changes.pop("event", f"e{number}")),
        party=party,
        template=changes.pop("template", "concern-opened"),
        reference="PC-1",
        classes=frozenset(),
        required=changes.pop("required", Rung.ACKNOWLEDGED),
        lane=Lane.STANDARD,
        reply_due=None,
        text="",
        html="",
        facts=(),
        ack_code="",
        composed_at=at,
    )
    whole: dict[str, Any] = {
        "event_source": "https://cases.example",
        "entered": at,
        "late": False,
        "deliveries": 1,
        "stopped": 0,
    }
    return Telling(notice=notice, receipts=proofs, **(whole | changes))


def proof(after: timedelta, rung: Rung | None = Rung.RELAYED, **changes: Any) -> Receipt:  # noqa: ANN401 - of any field
    """What came `after` the start, about the one delivery there is."""
    whole: dict[str, Any] = {
        "notice": NoticeId("n"),
        "delivery": DeliveryId("d"),
        "attempt": None,
        "source": "smtp",
    }
    return Receipt(at=START + after, rung=rung, **(whole | changes))


def answer(after: timedelta) -> Receipt:
    """A person acknowledged it."""
    return proof(after, Rung.ACKNOWLEDGED, delivery=None, acknowledgement=NOBODY, source="code")


def owed(kind: ObligationKind, number: int, opened: datetime, due: datetime) -> Obligation:
    """Something that is open now."""
    return Obligation(
        id=f"o{number}",
        concern=CONCERN,
        kind=kind,
        party=SURREY,
        due=due,
        opened_at=opened,
        key=f"k{number}",
    )
