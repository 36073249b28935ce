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
    r"^(gss:[ENSW][0-9]{8}|ods:[A-Z0-9]{3,8}|regulator:(cqc|ciw|care-inspectorate|rqia)"
    r"|cqc:1-[0-9]{3,12}|unit:[a-z0-9]+(-[a-z0-9]+)*)$"
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
    # From here on: they join a concern when an event names them, or when it has adults of theirs.
    ADULTS = "adults and carers"  # the worker who tells them: they have no address here (7.3)
    OTHER_HOST = "other host authority"  # harm occurred in its area too (2.1)
    HEADS_OF_SERVICE = "heads of service"
    QSIG = "quality and safeguarding group"  # QSIG, also QASIG (10.4)
    SPCG = "strategic provider concerns group"
    HEALTHWATCH = "healthwatch"
    ADVOCACY = "advocacy service"  # advocates and IMCAs (4.1d, 7.5)
    COMMUNICATIONS = "communications lead"
    PROFESSIONAL_REGULATOR = "professional regulator"
    DBS = "disclosure and barring service"
    PUBLIC_GUARDIAN = "public guardian"
    FIRE = "fire and rescue"
    HSE = "health and safety executive"
    BUILDING_CONTROL = "building control"
    EMERGENCY_PLANNING = "emergency planning"
    NHS_SERVICES = "nhs services"  # ambulance, hospital and community services in an emergency
    SAB = "safeguarding adults board"
    DATA_PROTECTION = "data protection officer"
    PARTICIPANT = "participating agency"  # whoever else takes part (3.1)


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
    BODY = "other body"  # a board, a group, a service: whatever has no kind of its own


class Nation(StrEnum):
    """Whose bank holidays an agency keeps."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


class Channel(StrEnum):
    """How a delivery travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    CJSM = "cjsm"  # mail by the gateway of Criminal Justice Secure Mail, to x@agency.cjsm.net
    MESH = "mesh"  # the NHS's Message Exchange for Social Care and Health, to mesh:X26OT123
    SMS = "sms"  # a text message by GOV.UK Notify, to tel:+447700900123


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
    DECLINED = "declined"  # a person answered that it is not for them


class AckStrength(StrEnum):
    """How an acknowledgement was made, the strongest first; shown wherever one is claimed."""

    SIGNED = "signed"
    ACCOUNT = "account"
    KEY = "key"  # a program of the agency, in a person's name; nobody signed in
    CODE = "code"
    REPLY = "reply"
    RECORDED = "recorded"


class DeclinedBecause(StrEnum):
    """Why a person says that a notice is not theirs to answer (receipts.md, acknowledgement)."""

    NOT_FOR_US = "not for us"
    WRONG_CONTACT = "wrong contact"


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


class ObligationKind(StrEnum):
    """What must happen before an obligation is discharged. Nothing here ever ends by itself."""

    ANSWER = "answer"  # the party reaches the required rung
    REACH = "reach another contact"  # a contact could not be reached
    PERSON = "a person must look"  # policy refusal, our configuration, a voided code
    CONSULT_POLICE = "consult the police"  # criminal status unknown or suspected (rules.md)
    ENDORSE = "endorse or refuse the hold"  # H9 on the lead agency (3.1)
    INTERIM_PROTECTION = "say who keeps people safe"  # the provider is held (M122)
    FIND_FUNDER = "find who funds this place"  # blocks "all notified" (M004)
    REVIEW_HOLD = "review the hold"  # review date; never a release
    DECIDE_DISCLOSURE = "decide whether to disclose"  # a `need` of the sharing matrix
    INITIATE = "decide whether to initiate"  # M002, M058
    COMPLETE_TRIGGER = "complete what was reported"  # M003
    GIVE_INFORMATION = "answer the request for information"  # M012, M013
    CONTRIBUTE = "contribute as asked"  # M034
    ACT = "do what was agreed"  # M027, N043
    ARRANGE_ADVOCACY = "arrange advocacy"  # M028
    ARRANGE_SUPPORT = "arrange support"  # M079
    AGREE_RESPONSIBILITY = "agree who is responsible"  # M029
    CHECK_WELFARE = "check that people are safe"  # M033, M054
    REVIEW_INVOLVEMENT = "decide the provider's part"  # M020
    NAME_LEAD = "name the lead agency"  # M047
    HOLD_MEETING = "hold the meeting"  # M088 to M091, M120
    TELL_ADULTS = "tell adults and carers"  # M073, M124
    PROVIDER_INFORMATION = "ask the provider for its information"  # M117
    ANSWER_PLACEMENTS = "say who places adults here"  # M119
    REPLACE_CONTACT = "name another contact"  # M019
    RESOLVE_DISAGREEMENT = "resolve the disagreement"  # N045
    RESOLVE_ESCALATED = "resolve the escalated disagreement"  # N045
    REPORT_BREACH = "report the breach"  # B03; UK GDPR Art 33: 72 hours
    ARRANGE_CARE = "arrange other care"  # N034
    SIGN_AGREEMENT = "sign the agreement"  # N008
    COOPERATE = "co-operate as asked"  # N033
    BE_CANDID = "be open with those concerned"  # N031, N032
    DECIDE_ESCALATION = "decide whether to escalate"  # M098, M099
    DECIDE_CLOSURE_PLAN = "decide on the closure response plan"  # M123
    GIVE_PAPERS = "give the provider its papers"  # M084, Davis
    ANSWER_BOARD = "answer the Board"  # Care Act s45
    ANSWER_SUBJECT = "answer who asks for their own data"  # UK GDPR Art 12(3)
    MEET_DEADLINE = "meet the deadline"  # M014, N049
    REVIEW_PLAN = "review the plan"  # M081
    RENEW_CHECK = "renew the check"  # N007
    REVIEW_ACCESS = "review the emergency access"  # B06; the host's privacy officer


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
