"""A client of the API: what the hub says, as the models that the hub itself answers with.

One key or session, one base address, one connection pool. Each operation of the API has a method of
its own name. A problem (RFC 9457) is raised whole; 429 and 503 say when to come again, and an act
with an `Idempotency-Key` (`once`) may then be sent again as it is.
"""

from __future__ import annotations

from hub.client.administering import Administering
from hub.client.closing import Closing
from hub.client.concerns import Concerns
from hub.client.connection import HubUnreachable, Refused
from hub.client.guarding import Guarding
from hub.client.notices import Notices
from hub.client.operating import Operating
from hub.client.rules import Rules


class Client(Concerns, Closing, Notices, Operating, Administering, Guarding, Rules):
    """Asks one hub with one key or session. Use it in `async with`."""


__all__ = ["Client", "HubUnreachable", "Refused"]
