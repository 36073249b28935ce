"""Emergency access, and what a privacy officer reviews and reads."""

from __future__ import annotations

from hub.api.acts import Said, Words
from hub.api.base import Instant, Model, Sent
from hub.api.reading import ServiceShown
from hub.vocabulary import Stage


class AskEmergency(Sent):
    """A concern of another authority is needed in an emergency, and why."""

    reference: Words
    """As it stands in a notice, such as `PC-7K3M-2QXA`."""
    reason: Said


class EmergencyShown(Model):
    """An access that was given: which concern is shown by it, and until when."""

    id: str
    host_authority: str
    began: Instant
    ends: Instant
    review_due: Instant


class EmergencyNotice(Model):
    """One notice to one party."""

    id: str
    says: str
    written: Instant
    reached: str


class EmergencyParty(Model):
    """One party, and what it has been told."""

    name: str
    stands: str
    notices: tuple[EmergencyNotice, ...]


class EmergencySight(Model):
    """What an access shows of its concern: read-only, until it ends."""

    access: EmergencyShown
    reference: str
    stage: Stage
    service: ServiceShown
    leo: str
    duty_phone: str
    say_nothing_to: tuple[str, ...]
    """From whom something is kept on purpose; not what, nor why."""
    parties: tuple[EmergencyParty, ...]


class EmergencyWords(Model):
    """One notice word for word, without its code."""

    id: str
    party: str
    written: Instant
    words: str


class ReviewShown(Model):
    """What was found of an access, and by whom."""

    judged: str
    reason: str
    by: str
    at: Instant


class GivenShown(EmergencyShown):
    """An access to one of your own authority's concerns."""

    by: str
    post: str
    organisation: str
    reason: str
    overdue: bool
    review: ReviewShown | None


class GivenList(Model):
    """Every access to your authority's concerns, the newest first."""

    given: tuple[GivenShown, ...]


class Judge(Sent):
    """Whether an access was justified, and why."""

    judged: Words
    """`justified` or `not justified`."""
    reason: Said


class LookShown(Model):
    """One look: who, at which concern (by its pseudonym), and on which page."""

    at: Instant
    person: str
    name: str
    organisation: str
    concern: str
    page: str
    emergency: bool


class UnusualShown(Model):
    """Something that somebody should ask about."""

    person: str
    says: str
    at: Instant


class LookList(Model):
    """Who looked at your authority's concerns in the last seven days, the newest first."""

    looks: tuple[LookShown, ...]
    unusual: tuple[UnusualShown, ...]
    """In the same seven days."""
    cut: bool
    """Whether there are more than are answered."""
