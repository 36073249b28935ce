"""What the hub asks of the world: promises that adapters keep, and all the shell relies on."""

from __future__ import annotations

from hub.ports.audited import IN_QUEUE, Audits, Stray, Stuck
from hub.ports.broken import (
    AlreadyAttested,
    BrokerLost,
    BytesChanged,
    RegisterAway,
    RegisterInUse,
    RegisterMissing,
    RegisterRefused,
    RegisterTooNew,
    RegisterTooOld,
    VersionMoved,
)
from hub.ports.records import (
    Completion,
    ConcernRecord,
    Depths,
    LastLook,
    NoticeRecord,
    OutgoingFact,
    Quarantined,
    Received,
    Taking,
)
from hub.ports.register import Entry, Register
from hub.ports.returned import ReturnedMails
from hub.ports.world import Broker, Carrier, Clock, FactsOut, Signer

__all__ = [
    "IN_QUEUE",
    "AlreadyAttested",
    "Audits",
    "Broker",
    "BrokerLost",
    "BytesChanged",
    "Carrier",
    "Clock",
    "Completion",
    "ConcernRecord",
    "Depths",
    "Entry",
    "FactsOut",
    "LastLook",
    "NoticeRecord",
    "OutgoingFact",
    "Quarantined",
    "Received",
    "Register",
    "RegisterAway",
    "RegisterInUse",
    "RegisterMissing",
    "RegisterRefused",
    "RegisterTooNew",
    "RegisterTooOld",
    "ReturnedMails",
    "Signer",
    "Stray",
    "Stuck",
    "Taking",
    "VersionMoved",
]
