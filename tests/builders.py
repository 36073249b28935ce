"""Small true things for tests: an event, its concern, and one page of what follows from it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any, Final

from hub.concern import Concern, Party, after
from hub.decision import Notify, Occasion, OccasionKind, Reason, Shared
from hub.directory import Agency, Contact, Directory, Endpoint, EndpointKey, Publisher
from hub.events import ConcernOpened, LeadAgencySet
from hub.events.envelope import Event, Fault
from hub.notice import Delivery, Notice
from hub.obligation import Obligation, ObligationKind
from hub.page import Page, Poison
from hub.receipt import Receipt
from hub.vocabulary import (
    AgencyId,
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
    OccasionId,
    PackHash,
    PublisherId,
    Role,
    RuleId,
    Rung,
)

LONG_AGO: Final = datetime(2026, 1, 5, 9, 30, 0, 123456, tzinfo=UTC)
"""When these things happen: past on every clock, so that what is due is due now."""

SOURCE: Final = "https://cases.westsussex.example/concerns"
HOST: Final = AgencyId("gss:E10000032")
SURREY: Final = AgencyId("gss:E10000030")
PLACING: Final = Party(agency=SURREY, role=Role.PLACING_AUTHORITY)
REGULATOR: Final = Party(agency=AgencyId("regulator:cqc"), role=Role.REGULATOR)
PROCESS: Final = frozenset({InfoClass.PROCESS})

_number = count(1)


def fresh(kind: str) -> str:
    """Return an id that no other test has."""
    return f"{kind}-{next(_number)}"


def opened(concern: ConcernId | None = None, **changes: Any) -> Event:  # noqa: ANN401 - of any field
    """An authority opens a concern."""
    data = ConcernOpened.model_validate(
        {
            "service": {
                "provider": "cqc:1-1000000001",
                "provider_name": "Rosewood Care Ltd",
                "location_name": "Rosewood House",
                "postcode": "RH19 1AA",
            },
            "host_authority": HOST,
            "host_icb": "ods:QNX",
            "regulator": "regulator:cqc",
            "police": "gss:E23000033",
            "opened_at": "2026-01-05T09:25:00Z",
            "leo": {"name": "Amara Okafor", "role": "Lead Enquiry Officer"},
            "duty_phone": "+44 1632 960100",
            "ground": "significant",
            "themes": [{"question": "safe", "theme": "Unexplained bruising"}],
            "risk_level": "high",
        }
    )
    return _event("concern.opened", data, concern, changes)


def lead_agency_set(concern: ConcernId, **changes: Any) -> Event:  # noqa: ANN401 - of any field
    """A lead agency is named."""
    data = LeadAgencySet.model_validate({"agency": HOST, "kind": "la"})
    return _event("lead.agency.set", data, concern, changes)


def _event(name: str, data: Any, concern: ConcernId | None, changes: dict[str, Any]) -> Event:  # noqa: ANN401 - any data
    body = json.dumps({"type": name, "data": data.model_dump(mode="json")}).encode()
    whole = Event(
        id=EventId(fresh("event")),
        source=SOURCE,
        name=name,
        concern=concern or ConcernId(fresh("concern")),
        partnership="west-sussex",
        occurred=LONG_AGO,
        data=data,
        body=body,
        body_sha256=sha256(body).hexdigest(),
    )
    return replace(whole, **changes)


def concern_of(event: Event) -> Concern:
    """Return the concern that `opened` opens."""
    concern = after(None, event)
    assert isinstance(concern, Concern)
    return concern


def told(event: Event, party: Party = PLACING, **changes: Any) -> Notify:  # noqa: ANN401 - of any field
    """Tell one party about the process."""
    reason = Reason(sentence="It has adults there", paragraph="4.1b", rule=RuleId("P1"))
    whole = Notify(
        id=DecisionId(fresh("decision")),
        occasion=Occasion(
            id=OccasionId(fresh("occasion")),
            kind=OccasionKind.EVENT,
            concern=event.concern,
            event=event.id,
            event_source=event.source,
            event_name=event.name,
            at=LONG_AGO,
        ),
        party=party,
        pack=PackHash("0" * 64),
        reason=reason,
        notice="concern-opened",
        lane=Lane.STANDARD,
        required=Rung.ACKNOWLEDGED,
        reply_due=LONG_AGO + timedelta(days=1),
        shared=(
            Shared(info=InfoClass.PROCESS, purpose="protect", basis="public task", reason=reason),
        ),
    )
    return replace(whole, **changes)


def notice_of(decision: Notify, **changes: Any) -> Notice:  # noqa: ANN401 - of any field
    """Return that decision in words."""
    whole = Notice(
        id=NoticeId(fresh("notice")),
        decision=decision.id,
        concern=decision.occasion.concern,
        event=decision.occasion.event,
        party=decision.party,
        template=decision.notice,
        reference="PC-7K3M-2QXA",
        classes=frozenset(shared.info for shared in decision.shared),
        required=decision.required,
        lane=decision.lane,
        reply_due=decision.reply_due,
        text="Ring the duty desk – today.",
        html="<p>Ring the duty desk – today.</p>",
        facts=(("duty_phone", "+44 1632 960100"),),
        ack_code="7K3M2Q",
        composed_at=LONG_AGO,
    )
    return replace(whole, **changes)


def delivery_of(notice: Notice, **changes: Any) -> Delivery:  # noqa: ANN401 - of any field
    """Return that notice to one mailbox."""
    body = f"Subject: {notice.reference}\r\n\r\n{notice.text} {fresh('body')}\r\n".encode()
    whole = Delivery(
        id=DeliveryId(fresh("delivery")),
        notice=notice.id,
        concern=notice.concern,
        party=notice.party,
        channel=Channel.EMAIL,
        target=ContactId("surrey-duty"),
        dest="email:surrey.example",
        lane=notice.lane,
        classes=notice.classes,
        body=body,
        sha256=sha256(body).hexdigest(),
        due_at=LONG_AGO,
    )
    return replace(whole, **changes)


def webhook_of(notice: Notice, **changes: Any) -> Delivery:  # noqa: ANN401 - of any field
    """Return that notice to one endpoint."""
    to_endpoint = {
        "channel": Channel.WEBHOOK,
        "target": EndpointId("surrey-hook"),
        "dest": "webhook:surrey-hook",
    }
    return delivery_of(notice, **(to_endpoint | changes))


def page_of(event: Event, *deliveries: Delivery, **changes: Any) -> Page:  # noqa: ANN401 - of any field
    """Return the page that opens a concern; what it tells is given by the changes."""
    whole = Page(
        id=event.concern,
        concern=concern_of(event),
        version=0,
        at=LONG_AGO,
        applied=((event.source, event.id),),
        deliveries=deliveries,
    )
    return replace(whole, **changes)


def telling(event: Event, party: Party = PLACING, **changes: Any) -> Page:  # noqa: ANN401 - of any field
    """Return a whole page: one decision, its notice, its delivery by email."""
    decision = told(event, party)
    notice = notice_of(decision)
    whole = page_of(event, delivery_of(notice), decisions=(decision,), notices=(notice,))
    return replace(whole, **changes)


def obligation_of(concern: ConcernId, **changes: Any) -> Obligation:  # noqa: ANN401 - of any field
    """The placing authority owes an answer."""
    whole = Obligation(
        id=fresh("obligation"),
        concern=concern,
        kind=ObligationKind.ANSWER,
        party=PLACING,
        due=LONG_AGO + timedelta(days=1),
        opened_at=LONG_AGO,
        key=fresh("key"),
    )
    return replace(whole, **changes)


def receipt_of(delivery: Delivery, **changes: Any) -> Receipt:  # noqa: ANN401 - of any field
    """Their mail server took it."""
    whole = Receipt(
        notice=delivery.notice,
        delivery=delivery.id,
        attempt=None,
        at=LONG_AGO,
        source="smtp",
        rung=Rung.SUBMITTED,
        detail="250 taken",
        evidence=(("reply", "250 2.0.0 Ok: queued as 4F"),),
    )
    return replace(whole, **changes)


def directory() -> Directory:
    """Surrey with a mailbox and a webhook, and a publisher."""
    return Directory(
        agencies=(
            Agency(id=SURREY, name="Surrey County Council", mail_domains=("surrey.example",)),
        ),
        contacts=(
            Contact(
                id=ContactId("surrey-duty"),
                agency=SURREY,
                roles=frozenset({Role.PLACING_AUTHORITY}),
                name="Adults duty desk",
                address="duty@surrey.example",
            ),
        ),
        endpoints=(
            Endpoint(
                id=EndpointId("surrey-hook"),
                agency=SURREY,
                roles=frozenset({Role.PLACING_AUTHORITY}),
                url="https://hooks.surrey.example/hub",
                hosts=("hooks.surrey.example",),
                keys=(EndpointKey(id="k1", secret=bytes(range(256))[100:140]),),
            ),
        ),
        publishers=(Publisher(id=PublisherId("wscc"), agency=HOST, source=SOURCE, prefix="wscc"),),
    )


def poison_of(publisher: str | None, **changes: Any) -> Poison:  # noqa: ANN401 - of any field
    """Return a message that could not be taken, of this publisher or of nobody known."""
    poison = Poison(
        body=b"{}",
        headers=(),
        publisher=None if publisher is None else PublisherId(publisher),
        routing_key="wscc.x",
        faults=(Fault(pointer="/type", says="is missing"),),
        urgent=True,
        received=LONG_AGO,
    )
    return replace(poison, **changes)
