"""What a service that is asked about its messages can say of them in a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.adapters.scripted import (
    FETCHED,
    GIVEN_UP,
    IN_THE_INBOX,
    NEVER_SENT,
    NO_TELEPHONE,
    NOTHING,
    ON_A_TELEPHONE,
    SWITCHED_OFF,
)
from hub.ports.tracked import Fate
from hub.vocabulary import Channel

AWAY: Final = "away"
"""The service cannot be asked."""
SAYS: Final[Mapping[Channel, Mapping[str, Fate | None]]] = {
    Channel.MESH: {
        AWAY: None,
        "nothing": NOTHING,
        "accepted": IN_THE_INBOX,
        "acknowledged": FETCHED,
        "undelivered": GIVEN_UP,
    },
    Channel.SMS: {
        AWAY: None,
        "nothing": NOTHING,
        "delivered": ON_A_TELEPHONE,
        "permanent-failure": NO_TELEPHONE,
        "temporary-failure": SWITCHED_OFF,
        "technical-failure": NEVER_SENT,
    },
}
"""By each service's own words: what it means to the hub. None: it cannot be asked."""
