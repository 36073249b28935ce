"""What GOV.UK Notify says, read: ids, kinds of error, statuses; kept without number or words.

Its documentation asks that nothing rest on the wording of an error: the status and the kind do not
change, the words may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from hub.adapters.service import shown
from hub.adapters.webhook.wire import Answer
from hub.ports.tracked import Fate
from hub.vocabulary import Rung

_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_KEPT: Final = frozenset(
    {
        *("id", "reference", "type", "status"),
        *("created_at", "sent_at", "completed_at", "status_code", "errors"),
    }
)
"""What is kept of an answer: who was written to and what they read stand in it as well."""
_GONE: Final[dict[str, tuple[bool, str]]] = {
    "permanent-failure": (True, "no such telephone, or its network refuses it, by Notify's word"),
    "temporary-failure": (False, "the telephone took nothing in three days, by Notify's word"),
    "technical-failure": (False, "never sent: a fault between Notify and the network"),
}
"""The statuses of a text that will never arrive: whether its number is to blame, and words."""


def read(answer: Answer) -> dict[str, Any]:
    """Return the JSON object that was answered; empty where it was none."""
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def id_in(said: Mapping[str, Any]) -> str:
    """Return Notify's own id of a text; empty: there is none that is one."""
    found = said.get("id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def kind_of_error(said: Mapping[str, Any]) -> str:
    """Return the kind of the first error, such as `ValidationError`; empty: there is none."""
    errors = said.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    kind = first.get("error") if isinstance(first, dict) else None
    return kind if isinstance(kind, str) else ""


def listed(said: Mapping[str, Any], reference: str) -> tuple[Mapping[str, Any], ...] | None:
    """Return the texts under our reference, newest first; None: it was no list of texts."""
    found = said.get("notifications")
    if not isinstance(found, list):
        return None
    return tuple(
        one
        for one in found
        if isinstance(one, dict) and one.get("reference") == reference and id_in(one)
    )


def fate_in(answer: Answer, now: datetime) -> Fate:
    """Return what became of one text. A word that nobody knows raises nothing, claims nothing."""
    said = read(answer) if answer.status == 200 else {}
    status = said.get("status")
    evidence = (("status", str(answer.status)), ("reply", kept(answer)))
    if status == "delivered":
        # Also said of a text that the reader's telephone blocks: a network's word, no person's.
        detail = "taken by the telephone's network, by Notify's word"
        return Fate(at=now, detail=detail, rung=Rung.RELAYED, evidence=evidence)
    if isinstance(status, str) and status in _GONE:
        dead, detail = _GONE[status]
        return Fate(at=now, detail=detail, lost=True, dead=dead, evidence=evidence)
    return Fate(at=now, detail="Notify says nothing of it that counts", evidence=evidence)


def kept(answer: Answer) -> str:
    """Return what may be kept of an answer, fit to be shown: no number, no words of the text."""
    said = read(answer)
    if not said:
        return shown(answer.body)
    try:
        return shown(orjson.dumps({name: said[name] for name in sorted(_KEPT & said.keys())}))
    except orjson.JSONEncodeError:  # it was nested deeper than anything is written
        return "(an answer of no form that is known)"
