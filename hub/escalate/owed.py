"""What is owed when a try fails: another contact must be told, or a person must look.

Every key is `notice:<notice>/<delivery>/<why>`: one prefix finds all that is owed about a notice,
or about one delivery of it. What is owed of a dead contact itself is `contact:<contact>:`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from hub.concern import Party
from hub.directory import Contact, Directory, carries
from hub.escalate.schedule import DAY
from hub.frozen import replace
from hub.notice import Delivery, Leased, Notice
from hub.obligation import Obligation, ObligationKind
from hub.vocabulary import AgencyId, Channel, Lane, Mint, Role

FAILURES_BEFORE_ANOTHER: Final = 3
"""Tries that fail in the immediate lane before the next contact is told as well."""

ANOTHER_AFTER: Final = {
    Lane.IMMEDIATE: timedelta(minutes=5),
    Lane.STANDARD: timedelta(hours=2),
    Lane.BULK: DAY,
}
"""How long one contact is tried before the next one is told as well."""

PERSON_AFTER: Final = {
    Lane.IMMEDIATE: timedelta(minutes=15),
    Lane.STANDARD: DAY,
    Lane.BULK: DAY,
}
"""How long after it was due an untaken delivery is in a person's hands. The tries go on."""

PERSON_AFTER_OURS: Final = timedelta(hours=1)
"""The same, at most, where the fault is our own: nobody else will notice it."""

REACH_WITHIN: Final = timedelta(seconds=60)
"""How soon the next contact must have been told."""

PERSON_WITHIN: Final = {
    Lane.IMMEDIATE: timedelta(minutes=15),
    Lane.STANDARD: timedelta(hours=4),
    Lane.BULK: timedelta(hours=4),
}
"""How soon a person must have looked."""


REPLACE_WITHIN: Final = DAY
"""How soon a dead contact must have been replaced: the next notice may be the urgent one."""


def next_contact(notice: Notice, tried: Sequence[Delivery], directory: Directory) -> Contact | None:
    """Return the party's next usable mailbox that this notice has not been sent to, or None."""
    return next(iter(contacts_left(notice, tried, directory)), None)


def contacts_left(
    notice: Notice, tried: Sequence[Delivery], directory: Directory, on: date | None = None
) -> tuple[Contact, ...]:
    """Return the party's usable mailboxes that this notice has not been sent to, duty first.

    One that may not carry its classes on that day is none (H7). A mailbox with the address of one
    that was tried is the same mailbox under another name.
    """
    targets = {delivery.target for delivery in tried}
    addresses = {c.address.casefold() for c in directory.contacts if c.id in targets}
    return tuple(
        contact
        for contact in directory.contacts_of(notice.party.agency, notice.party.role)
        if contact.id not in targets
        and contact.address.casefold() not in addresses
        and notice.classes <= carries(contact, on)
    )


def nobody_left(
    notice: Notice, delivery: Delivery, host_authority: AgencyId, *, now: datetime, mint: Mint
) -> Obligation:
    """Return what the host authority owes where a party has no further contact to try."""
    party = notice.party
    return Obligation(
        id=mint.id(),
        concern=notice.concern,
        kind=ObligationKind.PERSON,
        party=Party(agency=host_authority, role=Role.HOST_AUTHORITY),
        due=now + PERSON_WITHIN[notice.lane],
        opened_at=now,
        key=f"{key_of(delivery)}/nobody",
        notice=notice.id,
        delivery=delivery.id,
        required=notice.required,
        says=f"nobody is left to try at {party.agency} ({party.role}): ring them",
    )


def reach_key(delivery: Delivery) -> str:
    """Return the key of the obligation to reach another contact in place of this delivery."""
    return f"{key_of(delivery)}/reach"


def late(
    leased: Leased, again: datetime, now: datetime, mint: Mint, *, ours: bool
) -> tuple[Obligation, ...]:
    """Return what must move before the next try comes: by then it would be too late."""
    delivery = leased.delivery
    lane = delivery.lane
    owed = []
    failures = leased.attempts + (not ours)
    enough = lane is Lane.IMMEDIATE and failures >= FAILURES_BEFORE_ANOTHER
    waited = again - (leased.first_tried_at or now) >= ANOTHER_AFTER[lane]
    # Another mailbox helps against whatever keeps a webhook shut, not against our own relay.
    helps = not ours or delivery.channel is Channel.WEBHOOK
    if helps and (enough or waited):
        owed.append(reach(leased, now, mint))
    allowed = min(PERSON_AFTER[lane], PERSON_AFTER_OURS) if ours else PERSON_AFTER[lane]
    deadline = delivery.due_at + allowed
    if again >= deadline:
        said = "not taken yet; the tries go on"
        owed.append(replace(person(leased, "late", said, now, mint), due=max(now, deadline)))
    return tuple(owed)


def reach(leased: Leased, now: datetime, mint: Mint) -> Obligation:
    """Return the obligation to tell the party's next contact."""
    return reach_instead_of(leased.delivery, now, mint)


def reach_instead_of(delivery: Delivery, now: datetime, mint: Mint) -> Obligation:
    """Return the same for a delivery that came back."""
    return Obligation(
        id=mint.id(),
        concern=delivery.concern,
        kind=ObligationKind.REACH,
        party=delivery.party,
        due=now + REACH_WITHIN,
        opened_at=now,
        key=reach_key(delivery),
        notice=delivery.notice,
        delivery=delivery.id,
        says=f"one contact of {delivery.party.agency} could not be reached: tell the next",
    )


def person(leased: Leased, why: str, said: str, now: datetime, mint: Mint) -> Obligation:
    """Return the host authority's obligation to look at this delivery."""
    return person_of(leased.delivery, leased.host_authority, why, said, now=now, mint=mint)


def person_of(
    delivery: Delivery,
    host: AgencyId | None,
    why: str,
    said: str,
    *,
    now: datetime,
    mint: Mint,
) -> Obligation:
    """Return the same for a delivery that is in nobody's hands."""
    party = delivery.party
    return Obligation(
        id=mint.id(),
        concern=delivery.concern,
        kind=ObligationKind.PERSON,
        party=party if host is None else Party(agency=host, role=Role.HOST_AUTHORITY),
        due=now + PERSON_WITHIN[delivery.lane],
        opened_at=now,
        key=f"{key_of(delivery)}/{why}",
        notice=delivery.notice,
        delivery=delivery.id,
        says=f"{delivery.channel} to {party.agency} ({party.role}): {said}",
    )


def replace_contact(
    delivery: Delivery, host_authority: AgencyId | None, now: datetime, mint: Mint
) -> Obligation:
    """Return what is owed where a mailbox or webhook is found to be dead: another in its place.

    It is of the contact and not of one notice, so a concern owes it once however much fails there.
    Correcting the contact in the directory discharges it.
    """
    party = delivery.party
    host = Party(agency=host_authority or party.agency, role=Role.HOST_AUTHORITY)
    return Obligation(
        id=mint.id(),
        concern=delivery.concern,
        kind=ObligationKind.REPLACE_CONTACT,
        party=party if host_authority is None else host,
        due=now + REPLACE_WITHIN,
        opened_at=now,
        key=replace_key(delivery.target),
        says=f"`{delivery.target}` of {party.agency} takes nothing any more: ask for another",
    )


def replace_key(target: str) -> str:
    """Return the key of the obligation to name another contact in place of this one."""
    return f"contact:{target}:"


def key_of(delivery: Delivery) -> str:
    """Return the prefix of every key of what is owed about this delivery."""
    return f"notice:{delivery.notice}/{delivery.id}"
