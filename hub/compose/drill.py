"""A drill in words: plainly marked, of class C0, with nothing of any concern in it."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

import orjson

from hub.compose.mime import Mail, email_bytes
from hub.compose.sender import Sender
from hub.compose.text_message import personalisation
from hub.directory import Contact, Endpoint
from hub.notice import Delivery, Notice
from hub.vocabulary import Channel, DeliveryId, Lane, Mint

TYPE: Final = "concernhub.drill.v1"

TEXT: Final = (
    "This is a drill. Nothing has happened, and there is nothing to do.",
    "The hub sends this once a week by every way it has to anybody, so that a dead one is found.",
    "If this is not the right place for provider concerns any more, tell the host authority.",
)


def drill_mail(
    notice: Notice, contact: Contact, sender: Sender, mint: Mint, now: datetime
) -> Delivery:
    """Return the drill for one mailbox. Raises UnfitForHeader for what mail cannot carry."""
    id_ = DeliveryId(mint.id())
    if contact.channel is Channel.MESH:
        body = _event(id_, notice, sender, now)
        dest = f"{contact.channel}:{contact.mesh_mailbox}"
        return _delivery(id_, notice, contact, contact.channel, dest, body, now)
    if contact.channel is Channel.SMS:
        body, dest = personalisation(TEXT[0]), f"{contact.channel}:{contact.id}"
        return _delivery(id_, notice, contact, contact.channel, dest, body, now)
    mail = Mail(
        delivery=id_,
        to=contact.address,
        reference=f"{notice.reference}: nothing to do",
        text=notice.text,
        html=notice.html,
        lane=Lane.BULK,
        sent=now,
    )
    domain = contact.address.rpartition("@")[2].lower()
    body = email_bytes(mail, sender)
    dest = f"{contact.channel}:{domain}"
    return _delivery(id_, notice, contact, contact.channel, dest, body, now)


def drill_event(
    notice: Notice, endpoint: Endpoint, sender: Sender, mint: Mint, now: datetime
) -> Delivery:
    """Return the drill for one webhook: a CloudEvent of a type of its own."""
    id_ = DeliveryId(mint.id())
    dest = f"webhook:{endpoint.id}"
    body = _event(id_, notice, sender, now)
    return _delivery(id_, notice, endpoint, Channel.WEBHOOK, dest, body, now)


def _event(id_: DeliveryId, notice: Notice, sender: Sender, now: datetime) -> bytes:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": sender.source,
        "type": TYPE,
        "time": now,
        "datacontenttype": "application/json",
        "data": {"drill": True, "notice": notice.id, "text": notice.text},
    }
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def _delivery(
    id_: DeliveryId,
    notice: Notice,
    to: Contact | Endpoint,
    channel: Channel,
    dest: str,
    body: bytes,
    now: datetime,
) -> Delivery:
    return Delivery(
        id=id_,
        notice=notice.id,
        concern=notice.concern,
        party=notice.party,
        channel=channel,
        target=to.id,
        dest=dest,
        lane=notice.lane,
        classes=notice.classes,
        body=body,
        sha256=sha256(body).hexdigest(),
        due_at=now,
    )
