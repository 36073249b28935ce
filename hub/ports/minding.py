"""What an administrator minds: changes of contacts by two people, publishers, processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from hub.directory import Contact
from hub.frozen import replace
from hub.vocabulary import AgencyId

COOLING: Final = timedelta(hours=24)
"""How long a new address is only asked to ring us before somebody may say that it is theirs."""


class Step(StrEnum):
    """How far a change of a contact has come."""

    ASKED = "waits for a second person"
    REFUSED = "refused"
    COOLING = "in use, only to ask for a call"
    VERIFIED = "verified"


class Came(StrEnum):
    """What became of a decision about a change."""

    DONE = "done"
    OVER = "it was decided already"
    SAME = "the person who asked cannot be the second"
    MOVED = "the contact has been changed since it was asked for"
    EARLY = "it is too early to say that it is theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """One change of a contact's address or name that somebody asks for, with their reason."""

    id: str
    was: Contact
    wanted: Contact
    """As it is to be; a new address is unverified until the second step."""
    asked_by: str
    asked_for: AgencyId
    """Whose administrator or lead enquiry officer asked; the second person is of the same."""
    why: str = field(repr=False)
    """A person's own words. They stay in the register; no log has them."""
    asked: datetime
    step: Step = Step.ASKED
    decided: datetime | None = None
    decided_by: str = ""
    verified: datetime | None = None
    verified_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Living:
    """One process of the hub that lives, or was last heard of not long ago."""

    name: str
    roles: tuple[str, ...]
    since: datetime
    seen: datetime


class MindsContacts(Protocol):
    """Keeps changes that two people make, and knows who publishes and which processes live."""

    async def ask_change(self, change: ContactChange) -> bool:
        """Write a change down, with its leaf; False where one of this contact waits already."""
        ...

    async def changes(self, limit: int = 100) -> tuple[ContactChange, ...]:
        """Return changes, those that wait for somebody first, then the newest."""
        ...

    async def decide_change(self, change: str, by: str, *, agreed: bool) -> Came:
        """Agree to a change or refuse it, in one commit with its leaf.

        Agreed, the contact is put into the directory, and its old version is kept. What waits in
        the queue for it meets the new address as for any corrected contact: one that is unverified
        is told that the process exists and no more (`hub.directory.carries`).
        """
        ...

    async def verify_change(self, change: str, by: str) -> Came:
        """Say, once the cooling-off has passed, that the new address is theirs."""
        ...

    async def publishing(self) -> Mapping[str, datetime]:
        """Return when an event of each source came in last (UTC)."""
        ...

    async def living(self) -> tuple[Living, ...]:
        """Return the processes, the longest living first."""
        ...


def changed(was: Contact, name: str, address: str) -> Contact:
    """Return the contact as it is to be; another address must be verified anew."""
    if address.casefold() == was.address.casefold():
        return replace(was, name=name)
    return replace(was, name=name, address=address, usable=True, unverified=True, verified_on=None)
