"""What is sent and what came of it, to rows and back: notices, deliveries, attempts, receipts."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final, assert_never

import orjson
from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from hub.adapters.register.records import (
    Row,
    body_row,
    classes_of,
    classes_text,
    pairs_of,
    pairs_text,
    party_of,
    party_row,
    plain,
)
from hub.exact import exact
from hub.notice import Accepted, Deferred, Delivery, InDoubt, Notice, Outcome, Refused
from hub.receipt import Acknowledgement, Declination, Receipt
from hub.vocabulary import (
    AttemptId,
    Channel,
    ConcernId,
    ContactId,
    DecisionId,
    DeliveryId,
    EndpointId,
    EventId,
    Lane,
    NoticeId,
    Rung,
    Setback,
)

_ACKNOWLEDGEMENT: Final = TypeAdapter(Acknowledgement)
_DECLINATION: Final = TypeAdapter(Declination)


def notice_rows(notice: Notice, now: datetime) -> tuple[Row, Row]:
    """Return a notice, and its words as a body of their own, so that they can be erased."""
    words = {
        "text": notice.text,
        "html": notice.html,
        "facts": [list(fact) for fact in notice.facts],
        "ack_code": notice.ack_code,
        "printed": [list(page) for page in notice.printed],
    }
    data = exact(orjson.dumps(words))
    body = body_row(f"notice:{notice.id}", data, concern=notice.concern)
    row = {
        "id": notice.id,
        "decision_id": notice.decision,
        "concern_id": notice.concern,
        "event_id": notice.event,
        **party_row(notice.party),
        "template": notice.template,
        "reference": notice.reference,
        "classes": classes_text(notice.classes),
        "required": notice.required.value,
        "lane": notice.lane.value,
        "body_id": body["id"],
        "reply_due": notice.reply_due,
        "composed": notice.composed_at,
        "recorded": now,
        "subject": notice.subject or None,
        "revision": notice.revision if notice.subject else None,
    }
    return row, body


def notice_of(row: RowMapping) -> Notice:
    """Return a notice from its row joined to its body."""
    words = orjson.loads(row["bytes"])
    return Notice(
        id=NoticeId(row["id"]),
        decision=DecisionId(row["decision_id"]),
        concern=ConcernId(row["concern_id"]),
        event=EventId(row["event_id"]),
        party=party_of(row),
        template=row["template"],
        reference=row["reference"],
        classes=classes_of(row["classes"]),
        required=Rung(row["required"]),
        lane=Lane(row["lane"]),
        reply_due=row["reply_due"],
        text=words["text"],
        html=words["html"],
        facts=tuple((name, value) for name, value in words["facts"]),
        ack_code=words["ack_code"],
        composed_at=row["composed"],
        printed=tuple((name, page) for name, page in words.get("printed", ())),
        subject=row["subject"] or "",
        revision=row["revision"] or 1,
    )


def delivery_rows(delivery: Delivery, now: datetime) -> tuple[Row, Row, Row]:
    """Return a delivery, its bytes as a body, and its row in the queue."""
    body = body_row(f"delivery:{delivery.id}", delivery.body, concern=delivery.concern)
    row = {
        "id": delivery.id,
        "notice_id": delivery.notice,
        "concern_id": delivery.concern,
        **party_row(delivery.party),
        "channel": delivery.channel.value,
        "target": delivery.target,
        "dest": delivery.dest,
        "lane": delivery.lane.value,
        "classes": classes_text(delivery.classes),
        "body_id": body["id"],
        "sha256": delivery.sha256,
        "instead_of": delivery.instead_of,
        "due": delivery.due_at,
        "recorded": now,
    }
    queued = {
        "delivery_id": delivery.id,
        "lane": delivery.lane.value,
        "next_at": delivery.due_at,
        "token": 0,
        "attempts": 0,
        "dest": delivery.dest,
        "order_key": order_key(delivery),
        "turn": _number(delivery.notice),
        "endpoint_id": delivery.target if delivery.channel is Channel.WEBHOOK else None,
        "worker": None,
        "first_tried": None,
        "maybe_sent": False,
    }
    return row, body, queued


def delivery_of(row: RowMapping) -> Delivery:
    """Return a delivery from its row joined to its body."""
    channel = Channel(row["channel"])
    target: str = row["target"]
    return Delivery(
        id=DeliveryId(row["id"]),
        notice=NoticeId(row["notice_id"]),
        concern=ConcernId(row["concern_id"]),
        party=party_of(row),
        channel=channel,
        target=EndpointId(target) if channel is Channel.WEBHOOK else ContactId(target),
        dest=row["dest"],
        lane=Lane(row["lane"]),
        classes=classes_of(row["classes"]),
        body=row["bytes"],
        sha256=row["sha256"],
        due_at=row["due"],
        instead_of=None if row["instead_of"] is None else DeliveryId(row["instead_of"]),
    )


def receipt_row(receipt: Receipt, concern: ConcernId, now: datetime) -> Row:
    """Return a receipt. An equal answer of a person to the same notice has an equal key."""
    written = _answer_text(receipt)
    key = None if written is None else sha256(f"{receipt.notice}\n{written}".encode()).hexdigest()
    return {
        "notice_id": receipt.notice,
        "concern_id": concern,
        "delivery_id": receipt.delivery,
        "attempt_id": receipt.attempt,
        "source": receipt.source,
        "rung": None if receipt.rung is None else receipt.rung.value,
        "setback": None if receipt.setback is None else receipt.setback.value,
        "acknowledgement": written,
        "acknowledgement_key": key,
        "detail": plain(receipt.detail),
        "evidence": pairs_text(receipt.evidence),
        "fenced": receipt.fenced,
        "at": receipt.at,
        "recorded": now,
    }


def _answer_text(receipt: Receipt) -> str | None:
    """Return what a person answered, as JSON: that they have read it, or that it is not theirs."""
    if receipt.declination is not None:
        return _DECLINATION.dump_json(receipt.declination).decode()
    if receipt.acknowledgement is not None:
        return _ACKNOWLEDGEMENT.dump_json(receipt.acknowledgement).decode()
    return None


def receipt_of(row: RowMapping) -> Receipt:
    """Return a receipt from its row."""
    written = row["acknowledgement"]
    declined = row["setback"] == Setback.DECLINED
    return Receipt(
        notice=NoticeId(row["notice_id"]),
        delivery=None if row["delivery_id"] is None else DeliveryId(row["delivery_id"]),
        attempt=None if row["attempt_id"] is None else AttemptId(row["attempt_id"]),
        at=row["at"],
        source=row["source"],
        rung=None if row["rung"] is None else Rung(row["rung"]),
        setback=None if row["setback"] is None else Setback(row["setback"]),
        acknowledgement=(
            None if written is None or declined else _ACKNOWLEDGEMENT.validate_json(written)
        ),
        declination=(
            None if written is None or not declined else _DECLINATION.validate_json(written)
        ),
        detail=row["detail"],
        evidence=pairs_of(row["evidence"]),
        fenced=row["fenced"],
    )


def outcome_word(outcome: Outcome | None) -> str:
    """Return what an attempt's row says of its end."""
    match outcome:
        case None:
            return "not tried"
        case Accepted():
            return "accepted"
        case Deferred():
            return "deferred"
        case Refused():
            return "refused"
        case InDoubt():
            return "in doubt"
        case _:
            assert_never(outcome)


def order_key(delivery: Delivery) -> int:
    """Return what the deliveries share that are sent one notice after another."""
    # The lane is part of it, so that the one index on it is the only way to look for older rows.
    party = delivery.party
    return _number(f"{delivery.lane}\n{delivery.concern}\n{party.agency}\n{party.role}")


def _number(words: str) -> int:
    """Return 63 bits that stand for these words; a rare collision only costs one wait."""
    return int.from_bytes(sha256(words.encode()).digest()[:8], "big") >> 1
