"""A notice, its deliveries and a lease, for tests of what follows from a try."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from hub.concern import Party
from hub.directory import Agency, Contact, Directory
from hub.notice import Delivery, Leased, Notice
from hub.vocabulary import (
    AgencyId,
    AttemptId,
    Channel,
    ConcernId,
    ContactId,
    DecisionId,
    DeliveryId,
    EndpointId,
    EventId,
    InfoClass,
    Lane,
    NoticeId,
    Role,
    Rung,
)

NOW: Final = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SURREY: Final = AgencyId("gss:E10000030")
HOST: Final = AgencyId("gss:E10000032")
PARTY: Final = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
CONCERN: Final = ConcernId("0193c0de-0000-7000-8000-000000000001")
BODY: Final = b"Message-ID: <d-1@hub.example>\r\n\r\nRing the duty desk.\r\n"


def notice(**changes: Any) -> Notice:  # noqa: ANN401 - of any field
    whole = Notice(
        id=NoticeId("n-1"),
        decision=DecisionId("dec-1"),
        concern=CONCERN,
        event=EventId("ev-1"),
        party=PARTY,
        template="concern-opened",
        reference="PC-7K3M-2QXA",
        classes=frozenset({InfoClass.PROCESS}),
        required=Rung.ACKNOWLEDGED,
        lane=Lane.STANDARD,
        reply_due=None,
        text="Ring the duty desk.",
        html="<p>Ring the duty desk.</p>",
        facts=(),
        ack_code="7K3M2Q",
        composed_at=NOW,
    )
    return replace(whole, **changes)


def delivery(lane: Lane = Lane.STANDARD, **changes: Any) -> Delivery:  # noqa: ANN401 - of any field
    whole = Delivery(
        id=DeliveryId("d-1"),
        notice=NoticeId("n-1"),
        concern=CONCERN,
        party=PARTY,
        channel=Channel.EMAIL,
        target=ContactId("surrey-duty"),
        dest="email:surrey.example",
        lane=lane,
        classes=frozenset({InfoClass.PROCESS}),
        body=BODY,
        sha256=sha256(BODY).hexdigest(),
        due_at=NOW,
    )
    return replace(whole, **changes)


def webhook(lane: Lane = Lane.STANDARD) -> Delivery:
    return delivery(
        lane,
        id=DeliveryId("d-2"),
        channel=Channel.WEBHOOK,
        target=EndpointId("surrey-hook"),
        dest="webhook:surrey-hook",
    )


def leased(
    lane: Lane = Lane.STANDARD,
    *,
    attempts: int = 0,
    first_tried_at: datetime | None = None,
    maybe_sent: bool = False,
    of: Delivery | None = None,
) -> Leased:
    return Leased(
        delivery=of or delivery(lane),
        attempt=AttemptId("a-1"),
        token=1,
        attempts=attempts,
        first_tried_at=first_tried_at,
        expires_at=NOW + timedelta(minutes=15),
        maybe_sent=maybe_sent,
        host_authority=HOST,
    )


def contact(id_: str, address: str, order: int, **changes: Any) -> Contact:  # noqa: ANN401 - of any field
    whole = Contact(
        id=ContactId(id_),
        agency=SURREY,
        roles=frozenset({Role.PLACING_AUTHORITY}),
        name="Adults duty desk",
        address=address,
        order=order,
    )
    return replace(whole, **changes)


def directory(*contacts: Contact) -> Directory:
    return Directory(agencies=(Agency(id=SURREY, name="Surrey"),), contacts=contacts)
