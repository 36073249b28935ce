"""What the API takes and says of releases: what would go, word for word, and who decided."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from hub.api.base import Instant, Model, Sent
from hub.vocabulary import InfoClass

Reason = Annotated[str, Field(max_length=1000)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Answer(StrEnum):
    """What the second person answers."""

    AGREE = "agree"
    REFUSE = "refuse"


class Releasing(Sent):
    """Ask for a release, whole, by class, or with facts left out."""

    hold: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    classes: tuple[Annotated[InfoClass, Field(strict=False)], ...] = ()
    """Empty: all that the hold keeps back."""
    leave_out: tuple[FactName, ...] = ()
    """Facts by name, of those that are `offered`."""
    reason: Reason = ""
    sha256: Hash | None = None
    """Of what a dry run showed; where anything is left out, nothing else is asked for."""
    dry_run: bool = True
    """Show what would go, and ask for nothing. It is so unless `false` is said."""


class Deciding(Sent):
    """Agree to a release, which then goes at once; or refuse it, with a reason."""

    answer: Annotated[Answer, Field(strict=False)]
    reason: Reason = ""
    sha256: Hash | None = None
    """Of what a dry run showed; where anything is left out, nobody agrees without it."""
    dry_run: bool = True
    """Show what would go, and decide nothing. It is so unless `false` is said."""


class WouldTell(Model):
    """One notice that would go, without its code."""

    party: str
    text: str
    will_see: str
    will_not_see: str


class Offered(Model):
    """A fact that may be left out, and what it says."""

    name: str
    value: str


class ReleaseShown(Model):
    """What would go, or what was asked for or decided."""

    concern: str
    request: str | None
    """Its id, for whoever decides; null: nothing was asked for yet."""
    hold: str
    classes: tuple[InfoClass, ...]
    left_out: tuple[str, ...]
    sha256: str | None
    """Of all that would go, but for its codes and the times to answer by; null: nothing can go."""
    would: tuple[WouldTell, ...]
    offered: tuple[Offered, ...]
    refused: tuple[str, ...]
    """Why it cannot be released as things stand; empty: it can."""
    became: str | None
    """`asked`, `agreed` or `refused`; null: nothing was done."""
    until: Instant | None
    """Until when it may be agreed to."""
