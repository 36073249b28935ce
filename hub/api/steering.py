"""What a lead enquiry officer or a Chair does with one concern at once: a stop, a kept reply."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from hub.api.acts import AnsweredShown, Id
from hub.api.base import Instant, Model, Sent
from hub.api.reading import PartyShown
from hub.vocabulary import HoldKind, Role

Means = Literal["acknowledged", "not for us", "wrong contact", "no answer"]
Typed = Annotated[str, StringConstraints(max_length=2000)]


class PartyNamed(Sent):
    """One party of the concern: an agency, and what it is to it."""

    agency: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    role: Annotated[Role, Field(strict=False)]


class Stopping(Sent):
    """Tell one party nothing more, from this moment on."""

    party: PartyNamed
    kind: Literal[HoldKind.H1, HoldKind.H3]
    """`H1`: the police ask for it. `H3`: an adult's or the referrer's safety does."""
    reason: Annotated[str, StringConstraints(max_length=1000)] = ""
    """Why; without it nothing is held."""


class StopShown(Model):
    """It is in force: nothing that waits for this party is sent until two people release it."""

    concern: str
    party: PartyShown
    kind: HoldKind
    hold: str | None
    """Its id, for whoever asks for its release; null: two people have released it since."""


class MailShown(Model):
    """A reply by mail that waits for a person. It claims nothing until one says what it means."""

    mail: Id
    notice: str
    party: PartyShown
    came: Instant
    sender: str
    """As its envelope says; anybody can write any. Empty: nobody, by its envelope."""
    known_sender: bool
    """Whether that is a mailbox of this party's agency, by the directory as it is now."""
    asked: str
    """Why a person is asked."""
    written: str
    """Its plain text, without the notice's code; empty: it has none that can be read."""
    as_it_came: str


class MailList(Model):
    """Every reply of one concern that waits for a person."""

    replies: tuple[MailShown, ...]


class MailRead(Sent):
    """What a reply means, and whose answer it is."""

    means: Means
    name: Typed = ""
    role: Typed = ""
    reason: Typed = ""
    """Why it is not for them, where it is not."""


class MailReadShown(Model):
    """What was written down of a reply."""

    mail: str
    answer: AnsweredShown | None
    """Null: it answers nothing, and was set aside."""
