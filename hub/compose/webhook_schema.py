"""JSON Schema of a webhook's body: what an agency's system may rely on (webhook_body.py)."""

from __future__ import annotations

from typing import Any, Final

from hub.compose.webhook_body import TYPE
from hub.vocabulary import Role

_MOMENT: Final = {"type": "string", "format": "date-time"}
_ID: Final = {"type": "string", "minLength": 1}
_ADDRESS: Final = {"type": "string", "format": "uri"}


def notice_schema() -> dict[str, Any]:
    """Return the schema of the whole CloudEvent; further fields may come, so readers skip them."""
    party = {"agency": {**_ID, "description": "A published code."}, "role": {"enum": [*Role]}}
    acknowledge = {
        "url": {**_ADDRESS, "description": "Where a system acknowledges, signed."},
        "page": {**_ADDRESS, "description": "Where a person does, with the code in the text."},
    }
    data = {
        "notice": {**_ID, "description": "What is acknowledged."},
        "concern_ref": {**_ID, "description": "The reference that people use."},
        "party": _object(party),
        "template": {**_ID, "description": "Which notice it is, such as `concern-opened`."},
        "reply_due": {"anyOf": [_MOMENT, {"type": "null"}]},
        "acknowledge": _object(acknowledge),
        "text": {"type": "string", "description": "The notice in words."},
        "facts": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "The permitted facts as the text shows them, by name.",
        },
        "policy": {
            "description": "Which version of the partnership's pack decided.",
            "anyOf": [
                _object(dict.fromkeys(("partnership", "version", "hash"), _ID)),
                {"type": "null"},
            ],
        },
    }
    return _object(
        {
            "specversion": {"const": "1.0"},
            "id": {**_ID, "description": "The delivery's id, and the `webhook-id`."},
            "source": {"type": "string", "format": "uri-reference"},
            "type": {"const": TYPE},
            "subject": {"type": "string", "pattern": "^concern/"},
            "time": _MOMENT,
            "datacontenttype": {"const": "application/json"},
            "data": _object(data),
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}
