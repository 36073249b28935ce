"""How an event names what stands elsewhere: a record, a hold, another event."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StringConstraints

from hub.vocabulary import EventId, HoldId

LONGEST_ID: Final = 256
"""Characters of an event's `id`; with `source` it must fit an index entry of every database
(2,704 bytes)."""
LONGEST: Final = 1024
"""Characters of every other attribute of the envelope."""
_NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f-\x9f]+$"

Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{0,63}$")]
"""The number that something has in the records of whoever made it, such as a contract's."""
PlacedHoldId = Annotated[HoldId, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]
"""A hold as whoever places it numbers it."""
AnyHoldId = Annotated[HoldId, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:./-]{0,255}$")]
"""Any hold that stands: one that was placed, or one that the hub itself made of what was said."""
PastEventId = Annotated[
    EventId, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=_NO_CONTROLS)
]
"""The `id` of an event that was taken, with all that an envelope lets stand in it."""
PastSource = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST, pattern=_NO_CONTROLS)
]
"""The `source` of an event that was taken."""
