"""Named points at which a test may kill the process. Unarmed, they do nothing.

`HUB_FAILPOINT=commit.after` kills at the first pass; `HUB_FAILPOINT=commit.after:3` at the third.
"""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = (
    "take.before",  # messages decoded, nothing entered
    "insert.after",  # events entered, not committed
    "commit.before",  # the page is written, not committed
    "commit.after",  # committed, the broker knows nothing
    "ack.after",
    "lease.before",
    "lease.after",  # the intent is committed, no socket yet
    "send.before",  # connected, no content yet
    "send.content",  # content sent, the reply not read: the one place where a duplicate may come
    "send.after",  # the reply is read, nothing written down
    "outcome.before",  # the outcome is written, not committed
    "outcome.after",
)
"""Every failpoint there is, in the order a notice passes them."""

_name, _, _count = os.environ.get("HUB_FAILPOINT", "").partition(":")
_left = {_name: int(_count or "1")} if _name else {}
if _name and _name not in POINTS:
    raise SystemExit(f"HUB_FAILPOINT: no failpoint `{_name}`; there are: {', '.join(POINTS)}")


def failpoint(name: str) -> None:
    """Die here by SIGKILL, if this point is armed and its count has come."""
    if name in _left:
        _left[name] -= 1
        if _left[name] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
