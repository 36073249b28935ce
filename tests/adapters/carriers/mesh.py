"""What the tests of MESH share: our mailbox there, and a carrier to a scripted service."""

from hub.adapters.clock import SystemClock
from hub.adapters.mesh import Account, MeshCarrier
from hub.adapters.webhook import Deadlines
from hub.adapters.webhook.wire import tls_context
from hub.ports import Clock

OURS = Account(mailbox="X26HUB01", password="a password", shared_key=b"the shared key")
OUTBOX = "/messageexchange/X26HUB01/outbox"
TRACKING = f"{OUTBOX}/tracking"
TAKEN = b'{"message_id": "20260615093000000000_ABCDEF"}'


def mesh(
    url: str, *, clock: Clock | None = None, deadlines: Deadlines | None = None
) -> MeshCarrier:
    return MeshCarrier(
        url,
        account=OURS,
        workflow="CONCERN_TEST",
        clock=clock or SystemClock(),
        tls=tls_context(None),
        deadlines=deadlines,
    )
