"""What an administrator does: webhooks, changes of contacts, sessions. No word of any case."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from hub.api.base import Instant, Model, Sent


class WebhookShown(Model):
    """One webhook of an agency."""

    id: str
    agency: str
    name: str
    """Of the agency."""
    closed: bool
    """Whether what is for it waits; it goes in order once it is opened."""
    fares: str | None
    """Null: nothing is known of it yet, or it is closed."""


class WebhookList(Model):
    """Every webhook of the directory."""

    webhooks: tuple[WebhookShown, ...]


class WebhookState(Sent):
    """Close a webhook or open it, and why; a closed list, since the log takes no free text."""

    closed: bool
    why: Literal["asked", "moving", "fails", "unsafe", "mended"]


class PingStep(Model):
    """One thing that the wire said."""

    name: str
    says: str


class PingShown(Model):
    """What came of a signed event with nothing in it."""

    webhook: str
    came: str
    steps: tuple[PingStep, ...]


class DirectoryContact(Model):
    """One contact of the directory, without its address."""

    id: str
    agency: str
    agency_name: str
    name: str
    """What it is, such as a duty desk."""
    usable: bool
    unverified: bool


class DirectoryContacts(Model):
    """Every contact of the directory."""

    contacts: tuple[DirectoryContact, ...]


class ChangeAsked(Sent):
    """A contact as it is to be, and why; until a second person agrees, nothing is different."""

    name: Annotated[str, StringConstraints(max_length=500)]
    address: Annotated[str, StringConstraints(max_length=500)]
    why: Annotated[str, StringConstraints(max_length=500)]


class ChangeDecided(Sent):
    """What the second person does; `verify` says after the cooling-off that it is theirs."""

    does: Literal["agree", "refuse", "verify"]


class ChangeShown(Model):
    """A change of a contact. Who does not administer sees enough of an address to know it by."""

    id: str
    contact: str
    agency: str
    agency_name: str
    name_was: str
    name: str
    address_was: str
    address: str
    why: str
    step: str
    asked_by: str
    asked: Instant
    decided: Instant | None
    verifiable: Instant | None
    """From when somebody may say that the address is theirs; null: nobody has agreed to it."""
    verified: Instant | None


class ChangeList(Model):
    """Changes of contacts that the caller may see, those that wait first."""

    changes: tuple[ChangeShown, ...]


class SignedInShown(Model):
    """A session of somebody who signed in by their organisation's account."""

    person: str
    name: str
    post: str | None
    """Null: they have not chosen one yet."""
    agency: str | None
    began: Instant
    seen: Instant


class SignedInList(Model):
    """Who is signed in."""

    sessions: tuple[SignedInShown, ...]
    cut: bool
    """Whether there are more than are answered."""


class EndSessions(Sent):
    """Why every session of somebody is ended."""

    why: Literal["left", "at risk", "asked"]


class Ended(Model):
    """How many sessions were ended."""

    ended: int


class OwnSession(Model):
    """Where the caller is signed in."""

    handle: str
    """Says which one; it opens nothing."""
    began: Instant
    seen: Instant
    post: str | None
    agency: str | None
    this_one: bool


class OwnSessions(Model):
    """Every session of the caller, the last seen first; a key has none."""

    sessions: tuple[OwnSession, ...]


class EndOwn(Sent):
    """Which of the caller's other sessions to end."""

    which: Annotated[str, StringConstraints(pattern=r"^(all|[0-9a-f]{16})$")]
    """A handle, or `all`."""
