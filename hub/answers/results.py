"""What becomes of an answer. Bad input is a value here, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.closure import Attestation, Gap
from hub.events.envelope import Fault
from hub.receipt import Acknowledgement, Declination
from hub.vocabulary import ConcernId, NoticeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Declines:
    """Why a notice is not for whoever read it, as it was typed: which of the reasons, and more."""

    because: str
    """`not for us` or `wrong contact`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a LEO writes down of a call: with whom, in which role, how, and when it was (UTC)."""

    name: str
    role: str
    how: str
    at: datetime
    declines: Declines | None = None
    """None: they said that they have read it. Else why it is not for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """The notice is acknowledged; `again` where this very answer had been written down before."""

    notice: NoticeId
    acknowledgement: Acknowledgement
    at: datetime
    again: bool = False
    awaited: int = 0
    """How many more people of the organisation must acknowledge it; 0: it is answered."""
    revision: int = 1
    """Which revision it is: this one, and no other, is acknowledged."""
    newer: int | None = None
    """The newest revision, which is not acknowledged by this; None: this is the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It is written down that the notice is not for them; `again` where it had been before."""

    notice: NoticeId
    declination: Declination
    at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRefused:
    """Wrong code, void code or unknown notice: from outside they are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """What was sent cannot be read as an answer; every fault, by field. It costs no try."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureRefused:
    """Not signed as it must be; `says` tells a stranger nothing about the notice."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """There is no such notice or concern, or it is not for this person to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYours:
    """This person may see it, and may not do it."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """Closure cannot be confirmed: every gap, by name."""

    concern: ConcernId
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """Closure is confirmed; `again` where it had been confirmed before, by whomever."""

    attestation: Attestation
    again: bool = False
