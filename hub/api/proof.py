"""How far one notice came and by which evidence, what closure lacks, and what one concern holds."""

from __future__ import annotations

from pydantic import JsonValue

from hub.api.base import Instant, Model
from hub.api.problem import GapShown
from hub.api.reading import AnswerShown, HeldShown, PartyShown
from hub.vocabulary import Channel, HoldKind, InfoClass, Rung, Setback


class DeliveryShown(Model):
    """One notice to one contact by one channel."""

    id: str
    channel: Channel
    target: str
    """The mailbox or webhook, by its id in the directory."""
    due: Instant
    sha256: str
    """Of the bytes, which each try sends."""
    instead_of: str | None
    """The delivery whose contact could not be reached."""


class SentNotice(Model):
    """One notice of a concern word for word, without its code; its answers and its deliveries."""

    id: str
    concern: str
    party: PartyShown
    says: str
    written: Instant
    revision: int
    newer: str | None
    """The notice that stands in its place."""
    rung: Rung
    rung_since: Instant | None
    required: Rung
    reply_due: Instant | None
    setbacks: tuple[Setback, ...]
    left: bool
    """Whether it has left the hub."""
    text: str
    answers: tuple[AnswerShown, ...]
    deliveries: tuple[DeliveryShown, ...]


class Raw(Model):
    """One raw value, as the other side said it."""

    name: str
    value: str


class ReceiptShown(Model):
    """One thing that was learnt of a delivery."""

    at: Instant
    source: str
    rung: Rung | None
    setback: Setback | None
    says: str
    attempt: str | None
    late: bool
    """It came from a try that counts no more: evidence, and no more than that."""
    evidence: tuple[Raw, ...]
    mail: str | None
    """The mail that came back, as it came, without the notice's code; null: none did."""


class EvidenceShown(Model):
    """Everything that was ever learnt of one delivery, as it came."""

    delivery: DeliveryShown
    concern: str
    reference: str
    notice: str
    says: str
    party: PartyShown
    receipts: tuple[ReceiptShown, ...]


class ClosureParty(Model):
    """One party that must be told of closure."""

    party: PartyShown
    notice: str | None
    """Its closure notice; null: it was sent none."""
    rung: Rung | None
    rung_since: Instant | None
    text: str | None
    """The exact notice, without its code."""
    gaps: tuple[str, ...]
    waivable: bool
    """Whether a reason and a name may take the place of what is missing."""


class ClosureShown(Model):
    """What is missing before closure can be confirmed, party by party."""

    concern: str
    reference: str
    confirmed: bool
    parties: tuple[ClosureParty, ...]
    """What is missing comes first."""
    gaps: tuple[GapShown, ...]
    """Of all parties, and of the concern itself."""
    warnings: tuple[str, ...]
    """What goes on the record with the confirmation."""
    may_confirm: bool
    """Whether your post confirms closure."""


class SignedConfirmation(Model):
    """The confirmation of closure with the hub's signature, as `hub verify` reads it."""

    statement: dict[str, JsonValue]
    signature: dict[str, str]
    key: dict[str, str]


class PlacedShown(Model):
    """One hold that a person placed; why, only for who may know it."""

    hold: str
    """Its id, for whoever asks for its release."""
    party: str
    kind: HoldKind | None
    classes: tuple[InfoClass, ...]
    must_not_hear: str
    why: str
    placed_by: str
    review_due: Instant
    overdue: bool
    yours: bool
    """Whether your authority may release it."""


class AskedShown(Model):
    """A release that was asked for."""

    request: str
    party: str
    would_hear: str
    left_out: str | None
    reason: str
    asked_by: str
    asked_at: Instant
    until: Instant
    pending: bool
    yours: bool
    became: str | None
    """How it ended; null while it waits."""


class HeldHere(Model):
    """What is held in one concern, by whom, and which releases were asked for."""

    concern: str
    reference: str
    held: tuple[HeldShown, ...]
    placed: tuple[PlacedShown, ...]
    asked: tuple[AskedShown, ...]
    """The newest of them."""


class UnclaimedMail(Model):
    """A mail that names no notice. Anybody can write any sender."""

    mail: str
    came: Instant
    sender: str
    written: str
    """Its plain text, without anything that may be a code; empty: it has none."""


class UnclaimedList(Model):
    """Mail of the last 30 days that names no notice, as far as you may read it."""

    mails: tuple[UnclaimedMail, ...]
    others: int
    """How many more there are that nobody is shown: they may be for another authority."""


class QuarantineWords(Model):
    """One message in quarantine as it came; nothing was decided because of it."""

    id: str
    octets: int
    came: str
    whole: bool
    """Whether all of it is shown."""


class KeySet(Model):
    """The hub's public keys as a JSON Web Key Set (RFC 7517)."""

    keys: tuple[dict[str, JsonValue], ...]
