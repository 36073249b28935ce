"""The words of the hub, spelled once: ids, roles, stages, information classes, holds, rungs.

Every word is the framework's own ("004 section" in the comments) or the field's standard term.
Values are what people read in packs, on screens and on the wire.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NewType, Protocol

ConcernId = NewType("ConcernId", str)
EventId = NewType("EventId", str)
"""The CloudEvents `id`; unique together with its `source`."""
AgencyId = NewType("AgencyId", str)
"""An agency by a published code: `gss:E10000032`, `ods:QNX`, `regulator:cqc`, `cqc:1-123456`."""
ContactId = NewType("ContactId", str)
EndpointId = NewType("EndpointId", str)
PublisherId = NewType("PublisherId", str)
HoldId = NewType("HoldId", str)
OccasionId = NewType("OccasionId", str)
DecisionId = NewType("DecisionId", str)
NoticeId = NewType("NoticeId", str)
DeliveryId = NewType("DeliveryId", str)
AttemptId = NewType("AttemptId", str)
RuleId = NewType("RuleId", str)
PackHash = NewType("PackHash", str)
"""SHA-256 of the pack's canonical form, lower-case hex."""

AGENCY_ID = re.compile(
    r"^(gss:[ENSW]\d{8}|ods:[A-Z0-9]{3,8}|regulator:(cqc|ciw|care-inspectorate|rqia)"
    r"|cqc:1-\d{3,12}|unit:[a-z0-9]+(-[a-z0-9]+)*)$"
)


class Role(StrEnum):
    """What an agency is to one concern (004 section 4)."""

    REGULATOR = "regulator"
    HOST_AUTHORITY = "host authority"
    HOST_ICB = "host icb"
    PLACING_AUTHORITY = "placing authority"
    PLACING_ICB = "placing icb"
    POLICE = "police"
    PROVIDER = "provider"
    CONTRACTS = "contracts and commissioning"
    EMERGENCY_DUTY_TEAM = "emergency duty team"
    HEAD_OF_SAFEGUARDING = "head of safeguarding"


class Stage(StrEnum):
    """The six stages (004 5.1). Stage 4 is optional and repeatable."""

    DECISION_TO_INITIATE = "decision to initiate"
    INITIAL_MEETING = "initial meeting"
    FINDINGS = "findings"
    UPDATE = "update"
    QUALITY_ASSURANCE = "quality assurance"
    CLOSING = "closing"


class InfoClass(StrEnum):
    """The class of one piece of information, C0 to C7; a field has exactly one."""

    PROCESS = "process"  # C0: that the process exists, stage, dates, whom to ring
    THEMES = "themes"  # C1: anonymised themes, risk, counts
    PLACED_ADULT = "placed adult"  # C2: facts about the reader's own adults
    PERSON_ALLEGED = "person alleged"  # C3: named staff, people in positions of trust
    CRIMINAL = "criminal"  # C4: police intelligence; that an investigation exists
    REGULATORY = "regulatory"  # C5: planned inspection or enforcement
    COMMERCIAL = "commercial"  # C6: contract, finance
    REFERRER = "referrer"  # C7: who raised it


class HoldKind(StrEnum):
    """Why something is not told yet (mission 1.0). No timer ever ends a hold."""

    H1 = "H1"  # police
    H2 = "H2"  # provider excluded, endorsed by the lead agency (3.1)
    H3 = "H3"  # safety of an adult or the referrer
    H4 = "H4"  # regulatory: unannounced inspection
    H5 = "H5"  # consent or capacity
    H6 = "H6"  # no agreement or lawful basis recorded
    H7 = "H7"  # channel not accredited
    H8 = "H8"  # media or communication plan not agreed
    H9 = "H9"  # sign-off pending (Chair, lead agency)
    H10 = "H10"  # recipient unresolved


class AgencyKind(StrEnum):
    """What an agency is, whatever concern there is; it bounds what it can be to one."""

    COUNCIL = "council"
    ICB = "icb"
    NHS = "nhs body"
    REGULATOR = "regulator"
    POLICE = "police"
    PROVIDER = "provider"


class Nation(StrEnum):
    """Whose bank holidays an agency keeps."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


class Channel(StrEnum):
    """How a delivery travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Lane(StrEnum):
    """How urgent a delivery is; each lane has its own budget."""

    IMMEDIATE = "immediate"
    STANDARD = "standard"
    BULK = "bulk"


class Rung(StrEnum):
    """How far the evidence reaches, lowest first (receipts.md)."""

    QUEUED = "queued"
    SUBMITTED = "submitted"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    DISPLAYED = "displayed"
    ACKNOWLEDGED = "acknowledged"


class Setback(StrEnum):
    """What stands beside the rungs; never overwrites one, never satisfies one."""

    IN_DOUBT = "in doubt"
    REFUSED = "refused"
    FAILED = "failed"
    DELAYED = "delayed"
    EXPIRED = "expired"
    COMPLAINED = "complained"
    LATE_FAILURE = "late failure"


class AckStrength(StrEnum):
    """How an acknowledgement was made; shown wherever one is claimed."""

    SIGNED = "signed"
    ACCOUNT = "account"
    CODE = "code"
    REPLY = "reply"
    RECORDED = "recorded"


class CriminalStatus(StrEnum):
    """Whether there is a criminal investigation (004 6.1, M055)."""

    YES = "yes"
    SUSPECTED = "crime suspected"
    CONSULTED_NONE = "consulted, none"
    NONE_SUSPECTED = "none suspected"
    UNKNOWN = "unknown"


class PoliceAdvice(StrEnum):
    """What the police advise about telling the provider (004 7.2, M072)."""

    RELEASE = "release"
    PARTIAL = "partial release"
    HOLD = "hold"
    UNKNOWN = "unknown"


class Ending(StrEnum):
    """How the process formally ends (004 11.1, M100)."""

    IMPROVED = "improved"
    SERVICE_ENDED = "service ended"
    TRANSFERRED = "transferred"
    NOT_INITIATED = "not initiated"
    OPENED_IN_ERROR = "opened in error"


class KeyQuestion(StrEnum):
    """CQC's five key questions (004 4.3, M044)."""

    SAFE = "safe"
    EFFECTIVE = "effective"
    RESPONSIVE = "responsive"
    CARING = "caring"
    WELL_LED = "well-led"


class Mint(Protocol):
    """Makes ids and codes. The core takes one as an argument and never makes its own."""

    def id(self) -> str:
        """Return a new UUIDv7, in time order."""
        ...

    def code(self) -> str:
        """Return a six-character code without 0, O, 1, I or L."""
        ...

    def fraction(self) -> float:
        """Return a number from 0 up to 1, for jitter."""
        ...


class HubError(Exception):
    """Something the hub promises not to do was about to happen."""

    def __str__(self) -> str:
        """Give the docstring as the message, with the detail behind it."""
        head = (type(self).__doc__ or type(self).__name__).strip().splitlines()[0]
        detail = super().__str__()
        return f"{head} {detail}" if detail else head
