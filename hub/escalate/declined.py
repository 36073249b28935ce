"""What is owed when a person answers that a notice is not for them (receipts.md, acknowledgement).

The next contact is told at once, and a person of the host authority must look: what the party was
to hear has reached nobody there whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hub.concern import Party
from hub.directory import Contact, Directory
from hub.escalate.owed import PERSON_WITHIN, REACH_WITHIN
from hub.notice import Delivery, Notice
from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import AgencyId, Channel, DeclinedBecause, Mint, Role


def declined(
    notice: Notice,
    deliveries: Sequence[Delivery],
    because: DeclinedBecause,
    host_authority: AgencyId,
    *,
    acknowledged: bool,
    now: datetime,
    mint: Mint,
) -> tuple[Obligation, ...]:
    """Return what is owed once somebody has declined a notice; nothing that was owed is met by it.

    `acknowledged`: somebody else there has answered for it. Two answers that disagree are for a
    person, and nobody else is told.
    """
    gap = Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=host_authority, role=Role.HOST_AUTHORITY),
        due=now + PERSON_WITHIN[notice.lane],
        opened_at=now,
        key=f"notice:{notice.id}/declined",
        notice=notice.id,
        required=notice.required,
        says=_says(notice.party, because, acknowledged=acknowledged),
    )
    read = _read_at(deliveries)
    if acknowledged or read is None:
        return (gap,)
    # Not under the delivery's own key: that it was taken makes this no less owed.
    reach = Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.REACH,
        party=notice.party,
        due=now + REACH_WITHIN,
        opened_at=now,
        key=f"notice:{notice.id}/declined/{read.id}",
        notice=notice.id,
        delivery=read.id,
        says=f"one contact of {notice.party.agency} declined the notice: tell the next",
    )
    return (reach, gap)


def wrong_mailbox(
    notice: Notice, deliveries: Sequence[Delivery], directory: Directory
) -> tuple[Contact, ...]:
    """Return the mailbox at which a notice was read by the wrong people, under each of its names.

    Empty where the notice went to several mailboxes: which of them it was, a person must ask.
    """
    targets = {d.target for d in deliveries if d.channel is not Channel.WEBHOOK}
    if len(targets) != 1:
        return ()
    addresses = {c.address.casefold() for c in directory.contacts if c.id in targets}
    return tuple(
        contact
        for contact in directory.contacts
        if contact.usable
        and contact.address.casefold() in addresses
        and contact.agency == directory.answers_for(notice.party.agency)
    )


def _read_at(deliveries: Sequence[Delivery]) -> Delivery | None:
    """Return the delivery in whose place the next contact is told: the newest, mail before all."""
    mails = [d for d in deliveries if d.channel is not Channel.WEBHOOK]
    return next(reversed(mails or list(deliveries)), None)


def _says(party: Party, because: DeclinedBecause, *, acknowledged: bool) -> str:
    who = f"{party.agency} ({party.role})"
    if acknowledged:
        return f"{who} acknowledged the notice and has declined it as well: ring them"
    match because:
        case DeclinedBecause.NOT_FOR_US:
            return f"{who} answered that the notice is not for them: find who it is for"
        case DeclinedBecause.WRONG_CONTACT:
            return f"{who} answered that it went to the wrong contact: ring them, and verify one"
