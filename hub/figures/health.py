"""Whether mailboxes and webhooks can be relied on: a dead duty inbox is a risk in itself (B05).

Pure; takes `now`. No address is in it: a contact is named by its id and by what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Final

from hub.calendar import LONDON
from hub.concern import Party
from hub.directory import Contact, Directory, Endpoint
from hub.vocabulary import AgencyId, Channel, Role, Rung

STALE_AFTER_DAYS: Final = 365
"""How long a mailbox counts as verified: project-default. DCB1596, the one published period for a
channel of health and care, accredits it for one year (mission 2.1)."""


class Condition(IntEnum):
    """How a contact fares, the worst first."""

    BROKEN = 0
    STALE = 1
    UNTRIED = 2
    WELL = 3


SAID: Final[dict[Condition, str]] = {
    Condition.BROKEN: "takes nothing any more",
    Condition.STALE: "nobody has verified it for a year",
    Condition.UNTRIED: "nothing has been sent to it yet",
    Condition.WELL: "takes what is sent",
}
"""What each condition is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of one mailbox or webhook since somebody last corrected it."""

    channel: Channel
    target: str
    taken_at: datetime | None = None
    """When it was last taken, if only by our own mail server; and how far that was known to go."""
    taken: Rung | None = None
    beyond_us_at: datetime | None = None
    """When something was last known to be taken beyond our own mail server."""
    refused_at: datetime | None = None
    returned_at: datetime | None = None
    """When something last failed, came back after it had been taken, or was given up."""
    failures: int = 0
    """How many there were since it was last taken."""

    @property
    def failed_at(self) -> datetime | None:
        """Return when it last failed, in whichever way."""
        return max((at for at in (self.refused_at, self.returned_at) if at), default=None)

    @property
    def broken(self) -> bool:
        """Whether its last failure stands.

        That our own mail server took something later is no answer to a bounce: it always does.
        """
        return _after(self.refused_at, self.taken_at) or _after(self.returned_at, self.beyond_us_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How one mailbox or webhook of the directory fares."""

    target: str
    channel: Channel
    agency: AgencyId
    name: str
    """What it is, such as `Adults duty desk`; never its address."""
    condition: Condition
    tried: Tried
    verified_on: date | None
    """None: nobody ever said, or it is a webhook, whose every answer is its own proof."""
    verified_days: int | None
    only_way: tuple[Role, ...]
    """The roles in which its agency has no other way that works."""

    @property
    def gap(self) -> bool:
        """Whether somebody can no longer be relied on to be reached: broken or stale, and alone."""
        return bool(self.only_way) and self.condition in {Condition.BROKEN, Condition.STALE}


def health_of(directory: Directory, tried: Iterable[Tried], now: datetime) -> tuple[Health, ...]:
    """Return how every contact in use and every webhook fares, coverage gaps first.

    A mailbox under two names is no second way, and neither is one that nobody has verified, nor a
    telephone, which is told of no more than that there is a message.
    """
    known = {(one.channel, one.target): one for one in tried}
    today = now.astimezone(LONDON).date()
    found = [
        *(_of_contact(c, directory, known, today) for c in directory.contacts if c.usable),
        *(_of_endpoint(e, directory, known) for e in directory.endpoints),
    ]
    return tuple(sorted(found, key=lambda h: (not h.gap, h.condition, h.agency, h.target)))


def out_of_reach(directory: Directory, parties: Iterable[Party]) -> tuple[Party, ...]:
    """Return to whom nothing leads: the directory has no mailbox and no webhook in use for them.

    Of contacts that are gone nothing is left whose health could be told.
    """
    return tuple(sorted({p for p in parties if not directory.reachable(p.agency, p.role)}))


_Known = Mapping[tuple[Channel, str], Tried]


def _of_contact(contact: Contact, directory: Directory, known: _Known, today: date) -> Health:
    tried = _tried(contact, known)
    days = None if contact.verified_on is None else (today - contact.verified_on).days
    stale = contact.unverified or days is None or days > STALE_AFTER_DAYS
    return Health(
        target=contact.id,
        channel=contact.channel,
        agency=contact.agency,
        name=contact.name,
        condition=_condition(tried, broken=tried.broken, stale=stale),
        tried=tried,
        verified_on=contact.verified_on,
        verified_days=days,
        only_way=_only_way(contact, directory, known),
    )


def _of_endpoint(endpoint: Endpoint, directory: Directory, known: _Known) -> Health:
    tried = _tried(endpoint, known)
    return Health(
        target=endpoint.id,
        channel=Channel.WEBHOOK,
        agency=endpoint.agency,
        name="Webhook, closed by its agency" if endpoint.parked else "Webhook",
        condition=_condition(tried, broken=_broken(endpoint, known), stale=False),
        tried=tried,
        verified_on=None,
        verified_days=None,
        only_way=_only_way(endpoint, directory, known),
    )


def _condition(tried: Tried, *, broken: bool, stale: bool) -> Condition:
    if broken:
        return Condition.BROKEN
    if stale:
        return Condition.STALE
    return Condition.UNTRIED if tried.taken_at is None else Condition.WELL


def _only_way(one: Contact | Endpoint, directory: Directory, known: _Known) -> tuple[Role, ...]:
    return tuple(sorted(role for role in one.roles if not _another(one, role, directory, known)))


def _another(one: Contact | Endpoint, role: Role, directory: Directory, known: _Known) -> bool:
    """Whether the agency has another way in this role that works."""
    address = one.address.casefold() if isinstance(one, Contact) else None
    others: list[Contact | Endpoint] = [
        c
        for c in directory.contacts_of(one.agency, role)
        if c.id != one.id and _brings_words(c) and c.address.casefold() != address
    ]
    others.extend(e for e in directory.endpoints_of(one.agency, role) if e.id != one.id)
    return any(not _broken(other, known) for other in others)


def _brings_words(contact: Contact) -> bool:
    """Whether it can be told more than that there is something to tell."""
    return not contact.unverified and contact.channel is not Channel.SMS


def _broken(one: Contact | Endpoint, known: _Known) -> bool:
    parked = isinstance(one, Endpoint) and one.parked
    return parked or _tried(one, known).broken


def _tried(one: Contact | Endpoint, known: _Known) -> Tried:
    channel = one.channel if isinstance(one, Contact) else Channel.WEBHOOK
    return known.get((channel, one.id)) or Tried(channel=channel, target=one.id)


def _after(failed: datetime | None, taken: datetime | None) -> bool:
    return failed is not None and (taken is None or failed >= taken)


def said(health: Health) -> str:
    """Return how it fares in words, with what that means for its agency."""
    words = SAID[health.condition]
    if not health.gap:
        return words
    roles = ", ".join(health.only_way)
    return f"{words}; there is no other way that works ({roles})"


def as_json(health: Health) -> dict[str, object]:
    """Return one contact's health for programs. No address is in it."""
    tried = health.tried
    return {
        "contact": health.target,
        "channel": health.channel.value,
        "agency": health.agency,
        "name": health.name,
        "condition": health.condition.name.lower(),
        "coverage_gap": health.gap,
        "only_way_for": [role.value for role in health.only_way],
        "last_taken": _when(tried.taken_at),
        "taken_as_far_as": None if tried.taken is None else tried.taken.value,
        "last_failure": _when(tried.failed_at),
        "failures_since": tried.failures,
        "verified_on": None if health.verified_on is None else health.verified_on.isoformat(),
        "verified_days_ago": health.verified_days,
    }


def _when(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
