"""A notice as the body of a webhook: a CloudEvent, the party and the notice in the signed bytes."""

from __future__ import annotations

from typing import Final

import orjson

from hub.compose.closing import pack_named
from hub.compose.sender import Sender
from hub.exact import exact
from hub.notice import Notice
from hub.vocabulary import DeliveryId

TYPE: Final = "concernhub.notice.v1"


def webhook_bytes(notice: Notice, delivery: DeliveryId, sender: Sender) -> bytes:
    """Return the CloudEvents 1.0 structured JSON of one notice; `id` is also the `webhook-id`.

    Times are RFC 3339 in UTC. A system acknowledges, signed, at `acknowledge.url`; a person at
    `acknowledge.page`, with the code that the text shows. `policy` says which pack decided.
    """
    facts = dict(notice.facts)
    event = {
        "specversion": "1.0",
        "id": delivery,
        "source": sender.source,
        "type": TYPE,
        "subject": f"concern/{notice.concern}",
        "time": notice.composed_at,
        "datacontenttype": "application/json",
        "data": {
            "notice": notice.id,
            "concern_ref": notice.reference,
            "party": {"agency": notice.party.agency, "role": notice.party.role},
            "template": notice.template,
            "reply_due": notice.reply_due,
            "acknowledge": {
                "url": f"{sender.public_url}/v1/notices/{notice.id}/acknowledgements",
                "page": f"{sender.public_url}/acknowledge/{notice.id}",
            },
            "text": notice.text,
            "facts": facts,
            "policy": pack_named(facts) or None,
        },
    }
    return exact(orjson.dumps(event, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z))
