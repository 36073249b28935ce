"""What comes back by mail: sorted, matched to what was sent, and never taken for more than it is.

Pure. Raw bytes go in; receipts, and what is owed because of them, come out. Whatever cannot be
read is left to a person, and nothing raises (receipts.md, coming back).
"""

from __future__ import annotations

from hub.bounce.correlate import About, correlate, named_by
from hub.bounce.evidence import SOURCE, claim, file
from hub.bounce.mail import REPLIES, Filing, Group, Named, ReadAs, ReturnedMail, Sent, Sorted
from hub.bounce.sort import MOST_OCTETS, sort

__all__ = [
    "MOST_OCTETS",
    "REPLIES",
    "SOURCE",
    "About",
    "Filing",
    "Group",
    "Named",
    "ReadAs",
    "ReturnedMail",
    "Sent",
    "Sorted",
    "claim",
    "correlate",
    "file",
    "named_by",
    "sort",
]
