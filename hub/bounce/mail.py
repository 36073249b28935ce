"""One mail that came back, what it was read as, and all that is written of the reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from hub.leaf import Leaf
from hub.notice import Delivery
from hub.obligation import Obligation
from hub.page import Discharge
from hub.receipt import Receipt
from hub.vocabulary import AgencyId, AttemptId, ConcernId, DeliveryId


class ReadAs(StrEnum):
    """What a returned mail is."""

    DELIVERY_REPORT = "delivery report"  # RFC 3464, or a bounce in a mail server's own words
    READ_RECEIPT = "read receipt"  # RFC 8098; kept, never counted
    ABUSE_REPORT = "abuse report"  # RFC 5965; kept, never counted
    AUTOMATIC_REPLY = "automatic reply"  # RFC 3834
    HUMAN_REPLY = "reply by a person"
    UNREADABLE = "unreadable"  # kept whole; a person looks


REPLIES: Final = "r"
"""How the address begins, before its `+`, where people reply to a delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedMail:
    """One mail as it came in at an address of one delivery, kept byte for byte."""

    id: str
    sender: str = field(repr=False)
    """The envelope's sender; empty for the null sender of reports (RFC 5321, 4.5.5)."""
    recipient: str = field(repr=False)
    """The envelope's recipient: where reports, or replies, to one delivery go."""
    raw: bytes = field(repr=False)
    received: datetime
    read_as: ReadAs | None = None
    """None: it has not been read yet."""
    read_at: datetime | None = None

    @property
    def came_as_reply(self) -> bool:
        """Whether it came where people reply, which a notice shows to all who are handed it."""
        return self.recipient.lower().startswith(f"{REPLIES}+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What a report says of one recipient (RFC 3464, 2.3); what is not said is empty."""

    action: str = ""
    """Lower case, as it was written."""
    status: str = ""
    """`5.1.1` and the like (RFC 3463)."""
    final: str = field(default="", repr=False)
    original: str = field(default="", repr=False)
    diagnostic_type: str = ""
    """Lower case: `smtp` for the words of another mail server."""
    diagnostic: str = field(default="", repr=False)
    remote: str = ""
    """The mail server it was handed to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What one mail is, and what a machine can find in it."""

    read_as: ReadAs
    why: str = ""
    """Why it cannot be read, for people."""
    groups: tuple[Group, ...] = ()
    reporter: str = ""
    """The mail server that reports, in lower case, by its own word."""
    envelope_id: str = ""
    """`Original-Envelope-Id`: the attempt's id, as it went out in ENVID."""
    message_ids: tuple[str, ...] = ()
    """Of the mail that is returned or answered, without angle brackets."""
    in_words: bool = False
    """True: no report was found, and the failure was read from a mail server's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the register knows of a delivery that a mail may be about."""

    delivery: Delivery
    host_authority: AgencyId | None
    attempts: tuple[AttemptId, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    """Of this delivery alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The keys in one mail: each names a delivery, or an attempt of one. Any may be empty."""

    address: DeliveryId | None = None
    """By the bounce address it came to, which only this hub can make."""
    attempt: AttemptId | None = None
    messages: tuple[DeliveryId, ...] = ()

    @property
    def deliveries(self) -> tuple[DeliveryId, ...]:
        """Return every delivery that is named, each once."""
        first = () if self.address is None else (self.address,)
        return tuple(dict.fromkeys((*first, *self.messages)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """All that is written, in one transaction, when one mail has been read."""

    mail: str
    read_as: ReadAs
    concern: ConcernId | None
    """None: it names no delivery that the register has."""
    receipts: tuple[Receipt, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    received: DeliveryId | None = None
    """A delivery that was in doubt, and is proven to have been received: it is not tried again."""
    discharges: tuple[Discharge, ...] = ()
    """What this makes needless."""
    leaves: tuple[Leaf, ...] = ()


Addresses = Mapping[DeliveryId, str]
"""The address that each delivery goes to, as the directory has it now."""
