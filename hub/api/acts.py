"""What the API takes, and what it says of what was done."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from hub.api.base import GivenInstant, Instant, Model, Sent
from hub.repeat import Verdict, Why
from hub.vocabulary import AckStrength, DeclinedBecause, Role, Rung

Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
Said = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


class Acknowledge(Sent):
    """A notice has been read; its reference is repeated, as it stands at its top."""

    reference: Words


class Decline(Acknowledge):
    """A notice is not for whoever read it."""

    because: DeclinedBecause
    reason: Words


class Call(Sent):
    """A LEO records a call: with whom, how, and when it was."""

    name: Words
    role: Words
    how: Words
    at: GivenInstant
    because: DeclinedBecause | None = None
    """Null: they said that they have read it. Else why it is not for them."""
    reason: Words | None = None

    @model_validator(mode="after")
    def _declined_with_its_reason(self) -> Self:
        if (self.because is None) != (self.reason is None):
            msg = "`because` and `reason` come together"
            raise ValueError(msg)
        return self


class AnsweredShown(Model):
    """An answer, as it is written down; `again` where it had been before."""

    notice: str
    at: Instant
    name: str
    role: str
    organisation: str
    strength: AckStrength
    declined_because: DeclinedBecause | None
    reason: str | None
    again: bool
    people_awaited: int
    revision: int | None
    newer_revision: int | None


class TakeInHand(Sent):
    """For how long a LEO has something in hand."""

    minutes: Annotated[int, Field(ge=1, le=1440)]


class InHandShown(Model):
    """It is in somebody's hands until a time. It is still owed."""

    obligation: str
    taken_by: str
    taken_until: Instant


class Chasing(Sent):
    """Have the next step of the ladder of a notice's answer taken now."""

    reason: Annotated[str, Field(max_length=1000)] = ""
    """Why; without it nothing is chased."""
    step: Annotated[int, Field(ge=0)] | None = None
    """The step that a dry run showed; where another has come since, it is refused."""
    dry_run: bool = True
    """Say what it would do, and do nothing. It is so unless `false` is said."""


class ChaseShown(Model):
    """What a chase does; or, by a dry run, would do."""

    notice: str
    obligation: str | None
    """The answer that is owed; null: none is."""
    step: int | None
    does: tuple[str, ...]
    """One sentence a contact or desk; it names no address."""
    why_not: str | None
    """Why nobody may chase now; null: somebody may."""
    chased_at: Instant | None
    """When; null: it was a dry run, and nothing was done."""
    chased_by: str | None
    again: bool


class Waived(Sent):
    """A party that is confirmed without its evidence, and who says so, and why."""

    agency: Words
    role: Role
    reason: Said
    name: Words


class Confirmation(Sent):
    """What a LEO confirms closure with."""

    waivers: tuple[Waived, ...] = ()


class ReachedShown(Model):
    """How far one party's closure notice had come."""

    agency: str
    role: str
    rung: Rung


class WaivedShown(Model):
    """A party that was confirmed without its evidence."""

    agency: str
    role: str
    reason: str
    name: str


class AttestationShown(Model):
    """The LEO's confirmation that closure notices were sent."""

    id: str
    concern: str
    by: str
    role: str
    at: Instant
    reached: tuple[ReachedShown, ...]
    waivers: tuple[WaivedShown, ...]
    flags: tuple[str, ...]
    again: bool


class Replaying(Sent):
    """Send again what was sent of one concern: all of it, or what this names of it."""

    delivery: Id | None = None
    agency: Id | None = None
    to: Id | None = None
    """A mailbox or webhook, by its id in the directory."""
    since: GivenInstant | None = None
    until: GivenInstant | None = None
    why: Why
    note: Annotated[str, StringConstraints(max_length=500)] = ""
    dry_run: bool = True
    """Count, and send nothing. It is so unless `false` is said."""


class WouldReplay(Model):
    """How many deliveries are meant, and what becomes of each kind."""

    meant: int
    again: int
    verdicts: dict[Verdict, int]


class ReplayShown(WouldReplay):
    """What a dry run counted, or an order that the hub carries out from now on."""

    replay: str | None
    """The order's id; null: it was a dry run, and nothing is sent."""
    ordered_at: Instant | None
