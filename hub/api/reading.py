"""What the API shows: a LEO's and a Chair's concerns, an agency's notices, an operator's faults."""

from __future__ import annotations

from datetime import date

from hub.api.base import Instant, Model
from hub.vocabulary import (
    AckStrength,
    Channel,
    DeclinedBecause,
    HoldKind,
    ObligationKind,
    Rung,
    Setback,
    Stage,
)


class PartyShown(Model):
    """An agency, and what it is to this concern."""

    agency: str
    name: str
    role: str


class ServiceShown(Model):
    """The service that the concern is about."""

    provider: str
    provider_name: str
    location_name: str
    postcode: str


class ConcernSummary(Model):
    """One concern of a list."""

    id: str
    reference: str
    opened_at: Instant
    stage: Stage
    host_authority: str
    service: ServiceShown


class ConcernList(Model):
    """The concerns that the caller's own authority hosts, the newest first."""

    concerns: tuple[ConcernSummary, ...]


class OwedShown(Model):
    """Something that is owed until it is done."""

    id: str
    party: PartyShown
    kind: ObligationKind
    says: str
    due: Instant
    notice: str | None
    taken_by: str | None
    taken_until: Instant | None


class ConcernShown(ConcernSummary):
    """One concern: who leads, what is owed, and how far it is."""

    version: int
    leo: str
    chair: str | None
    lead_agency: str | None
    parties: tuple[PartyShown, ...]
    owed: tuple[OwedShown, ...]
    closure_confirmed: bool


class BoardNotice(Model):
    """One notice to one party, and how far the evidence reaches."""

    id: str
    says: str
    written: Instant
    rung: Rung
    rung_since: Instant | None
    required: Rung
    setbacks: tuple[Setback, ...]
    answer_due: Instant | None
    overdue: bool
    answered: bool
    declined: bool
    owed: str | None
    revision: int
    newer_revision: int | None


class BoardParty(Model):
    """One party: how it stands, and why."""

    party: PartyShown
    stands: str
    why: str
    notices: tuple[BoardNotice, ...]


class HeldShown(Model):
    """What is held from one party; why, only for who may know it."""

    party: str
    must_not_hear: str
    kind: HoldKind | None
    waits_for: str | None
    ground: str | None


class BoardShown(Model):
    """The board of one concern, the most pressing party first."""

    concern: str
    parties: tuple[BoardParty, ...]
    untold: int
    held: tuple[HeldShown, ...]


class LogEntry(Model):
    """One act as the log has it: ids and times, no names and no words."""

    seq: int
    at: Instant
    kind: str
    ids: dict[str, str | int | bool]


class Timeline(Model):
    """What became of one concern, act by act, the newest first."""

    concern: str
    entries: tuple[LogEntry, ...]


class HeldOfConcern(Model):
    """What is held in one concern."""

    concern: str
    reference: str
    held: tuple[HeldShown, ...]


class HeldList(Model):
    """The caller's concerns in which something is held, the newest first."""

    concerns: tuple[HeldOfConcern, ...]


class NoticeSummary(Model):
    """One notice to the caller's own agency."""

    id: str
    concern: str
    reference: str
    says: str
    role: str
    written: Instant
    reply_due: Instant | None
    revision: int
    acknowledged: bool
    declined: bool


class NoticeList(Model):
    """Notices to the caller's own agency that have left the hub, the newest first."""

    notices: tuple[NoticeSummary, ...]


class AnswerShown(Model):
    """What somebody answered."""

    at: Instant
    name: str
    role: str
    organisation: str
    strength: AckStrength
    declined_because: DeclinedBecause | None
    reason: str | None


class NoticeShown(NoticeSummary):
    """One notice, word for word, without its code."""

    text: str
    newer: str | None
    answers: tuple[AnswerShown, ...]


class FailedShown(Model):
    """A delivery that failed for good. An operator sees no concern."""

    seq: int
    delivery: str
    channel: Channel
    target: str
    agency: str
    setback: Setback
    at: Instant
    concern: str | None
    notice: str | None


class FailedList(Model):
    """Deliveries that failed for good, the newest first."""

    failed: tuple[FailedShown, ...]


class QuarantineFault(Model):
    """One fault of a message in quarantine."""

    pointer: str
    says: str


class QuarantineShown(Model):
    """A message that could not be taken: its size, its hash and its faults, and no word of it."""

    id: str
    received: Instant
    publisher: str | None
    urgent: bool
    octets: int
    sha256: str
    faults: tuple[QuarantineFault, ...]


class QuarantineList(Model):
    """What is in quarantine, the newest first; `of` is how many there are."""

    messages: tuple[QuarantineShown, ...]
    of: int


class ContactShown(Model):
    """How one mailbox or webhook fares: by what it is, never by its address."""

    id: str
    agency: str
    agency_name: str
    name: str
    channel: Channel
    condition: str
    only_way: tuple[str, ...]
    gap: bool
    taken_at: Instant | None
    failed_at: Instant | None
    failures: int
    verified_on: date | None


class ContactList(Model):
    """The contacts of the agencies that the caller's own concerns have."""

    contacts: tuple[ContactShown, ...]


class OwnContactShown(Model):
    """Where the hub reaches the caller's own organisation: by what it is, never by its address."""

    name: str
    channel: Channel
    condition: str
    verified_on: date | None


class OwnContactList(Model):
    """The mailboxes and webhooks of the caller's own organisation."""

    contacts: tuple[OwnContactShown, ...]


class FigureShown(Model):
    """One key figure; `value` null where there was nothing to measure."""

    key: str
    name: str
    unit: str
    value: float | None
    of: int
    verdict: str
    target: float | None


class FiguresShown(Model):
    """The key figures of a time."""

    since: Instant
    until: Instant
    worked_out_at: Instant
    figures: tuple[FigureShown, ...]
