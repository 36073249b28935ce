"""Who has been told of closure, who has not, and what a LEO may confirm (004 11.1, M101, M102)."""

from __future__ import annotations

from typing import Final

from hub.attestation import Attestation, Waiver
from hub.closure.flagged import left_by_others, left_out, one_person_twice
from hub.closure.known import Closing, Gap, Notified
from hub.closure.missing import gaps
from hub.closure.told import (
    CLOSURE_NOTICE,
    STATUTORY_MINIMUM,
    all_notified,
    closure_notices,
    closure_set,
)

ESCALATION: Final = "qsig-escalation"
"""The template of the notice that escalates a concern to QSIG (10.4)."""

__all__ = [
    "CLOSURE_NOTICE",
    "ESCALATION",
    "STATUTORY_MINIMUM",
    "Attestation",
    "Closing",
    "Gap",
    "Notified",
    "Waiver",
    "all_notified",
    "closure_notices",
    "closure_set",
    "gaps",
    "left_by_others",
    "left_out",
    "one_person_twice",
]
