"""What follows from a failure: when to try again, who else must hear, what is left for a person.

Pure; takes `now`. Retries run until somebody has it in hand, not N times (delivery.md, retries),
and nothing here ever ends in silence (rules.md, escalation 5).
"""

from __future__ import annotations

from hub.escalate.declined import declined, wrong_mailbox
from hub.escalate.outcome import Next, after_outcome, stopped_by
from hub.escalate.owed import (
    PERSON_AFTER,
    PERSON_WITHIN,
    contacts_left,
    next_contact,
    nobody_left,
    reach_instead_of,
    reach_key,
    replace_contact,
    replace_key,
)
from hub.escalate.schedule import again_at
from hub.escalate.waiting import Waits, owed_while_waiting

__all__ = [
    "PERSON_AFTER",
    "PERSON_WITHIN",
    "Next",
    "Waits",
    "after_outcome",
    "again_at",
    "contacts_left",
    "declined",
    "next_contact",
    "nobody_left",
    "owed_while_waiting",
    "reach_instead_of",
    "reach_key",
    "replace_contact",
    "replace_key",
    "stopped_by",
    "wrong_mailbox",
]
