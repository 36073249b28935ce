"""Agencies, their contacts and endpoints as they stand now, and who may publish.

`directory.toml` only seeds this; the register keeps it live, so a corrected mailbox serves
notices that are already waiting (house.md, the register).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Final

from hub.vocabulary import (
    AgencyId,
    AgencyKind,
    Channel,
    ContactId,
    EndpointId,
    InfoClass,
    Nation,
    PublisherId,
    Role,
)

EVERY_CLASS: Final = frozenset(InfoClass)
_PROCESS: Final = frozenset({InfoClass.PROCESS})
_SECURE_MAIL: Final = "cjsm.net"
_MESH: Final = re.compile(r"mesh:([a-z0-9]{4,20})", re.IGNORECASE | re.ASCII)
_TELEPHONE: Final = re.compile(r"tel:(\+[1-9][0-9]{6,14})", re.IGNORECASE | re.ASCII)
_SCHEMES: Final = {"mesh:": Channel.MESH, "tel:": Channel.SMS}
_REGULATORS: Final = {
    "E": AgencyId("regulator:cqc"),
    "W": AgencyId("regulator:ciw"),
    "S": AgencyId("regulator:care-inspectorate"),
    "N": AgencyId("regulator:rqia"),
}
"""Who regulates care in each nation, by the letter with which its GSS codes begin."""
_FOR_ADULTS: Final = (Role.PLACING_AUTHORITY, Role.PLACING_ICB, Role.HOST_AUTHORITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An organisation, by its published code."""

    id: AgencyId
    name: str
    kind: AgencyKind | None = None
    """None: nobody has said, and it can be nothing to a concern that is opened now."""
    nation: Nation = Nation.ENGLAND_AND_WALES
    out_of_hours_phone: str | None = None
    mail_domains: tuple[str, ...] = ()
    """Where its mailboxes may be; a subdomain counts. Empty: not limited."""
    successor: AgencyId | None = None
    """Which agency has taken its place, as in a merger of councils; what is for it goes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One mailbox or telephone of an agency. `order` 0 is the duty contact, 1 its deputy."""

    id: ContactId
    agency: AgencyId
    roles: frozenset[Role]
    name: str
    """What the mailbox is, such as `Adults duty desk`; a job, not a person, where it can be."""
    address: str = field(repr=False)
    order: int = 0
    verified_on: date | None = None
    usable: bool = True
    unverified: bool = False
    """Nobody has ever made sure that it is theirs: it is only asked to ring us (semantics 9)."""
    accredited: frozenset[InfoClass] | None = None
    """What may travel here besides that the process exists (DCB1596 and its like); None: all."""
    accredited_until: date | None = None
    """The last day of the accreditation (DCB1596: one year); None: no end is recorded."""

    @property
    def channel(self) -> Channel:
        """Return how it is reached: what its address says, and no other way is ever tried.

        `mesh:X26OT123` is a mailbox of MESH, `tel:+447700900123` a telephone that is sent texts; no
        mail but Secure Mail's own reaches `cjsm.net`.
        """
        return _channel(self.address)

    @property
    def mesh_mailbox(self) -> str:
        """Return the id of its MESH mailbox, such as `X26OT123`; empty: it has none that is one."""
        found = _MESH.fullmatch(self.address)
        return found[1].upper() if found else ""

    @property
    def telephone(self) -> str:
        """Return its number for texts, such as `+447700900123` (E.164); empty: it has none."""
        found = _TELEPHONE.fullmatch(self.address)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointKey:
    """One signing key of a webhook endpoint (Standard Webhooks `v1`), 24 to 64 bytes."""

    id: str
    secret: bytes = field(repr=False)
    since: datetime | None = None
    """From when on it signs (UTC); None: it always has."""
    until: datetime | None = None
    """From when on it signs no more (UTC); None: nobody has said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One webhook of an agency. Every key that is live signs (`hub.rotation`)."""

    id: EndpointId
    agency: AgencyId
    roles: frozenset[Role]
    url: str
    hosts: tuple[str, ...]
    """Host names this agency has approved; the URL's host must be one of them."""
    ports: tuple[int, ...] = (443,)
    private_networks: tuple[str, ...] = ()
    """CIDRs that this endpoint alone may live in; there plain http and IP literals are allowed."""
    keys: tuple[EndpointKey, ...] = ()
    parked: bool = False
    """True: closed for now (410, disabled); its rows wait and drain in order later."""
    accredited: frozenset[InfoClass] | None = None
    """What may travel here besides that the process exists (DCB1596 and its like); None: all."""
    accredited_until: date | None = None
    """The last day of the accreditation (DCB1596: one year); None: no end is recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """A case system that may publish: its broker user, its `source` and its routing-key prefix."""

    id: PublisherId
    """Also the validated `user_id` on the broker."""
    agency: AgencyId
    source: str
    """CloudEvents `source` of everything it publishes, exactly."""
    prefix: str
    """First word of its routing keys, such as `wscc`."""


@lru_cache(maxsize=5_000)
def _channel(address: str) -> Channel:
    folded = address.casefold()
    for scheme, channel in _SCHEMES.items():
        if folded.startswith(scheme):
            return channel
    domain = folded.rpartition("@")[2].rstrip(".")
    return Channel.CJSM if f".{domain}".endswith(f".{_SECURE_MAIL}") else Channel.EMAIL


def carries(target: Contact | Endpoint, on: date | None) -> frozenset[InfoClass]:
    """Return the classes that may travel to this mailbox or webhook on a day (H7, 000 7).

    That the process exists always may, and nothing else to a mailbox that nobody has verified
    (B05), nor to a telephone, whatever is said of its accreditation: it may lie about, and shows a
    text to whoever looks at it. `on` None: whatever the day.
    """
    if isinstance(target, Contact) and (target.unverified or target.channel is Channel.SMS):
        return _PROCESS
    until = target.accredited_until
    if on is not None and until is not None and on > until:
        return _PROCESS
    return EVERY_CLASS if target.accredited is None else target.accredited | _PROCESS


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The whole directory at one moment."""

    agencies: tuple[Agency, ...] = ()
    contacts: tuple[Contact, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    publishers: tuple[Publisher, ...] = ()

    @cached_property
    def _by_id(self) -> dict[AgencyId, Agency]:
        return {agency.id: agency for agency in self.agencies}

    @cached_property
    def _contacts(self) -> dict[ContactId, Contact]:
        return {contact.id: contact for contact in self.contacts}

    @cached_property
    def _endpoints(self) -> dict[EndpointId, Endpoint]:
        return {endpoint.id: endpoint for endpoint in self.endpoints}

    # Sorted once, and asked for each party of each event: a directory is read-only.

    @cached_property
    def _desks(self) -> dict[tuple[AgencyId, Role], tuple[Contact, ...]]:
        found: dict[tuple[AgencyId, Role], list[Contact]] = {}
        for contact in sorted(self.contacts, key=lambda c: (c.order, c.id)):
            for role in contact.roles if contact.usable else ():
                found.setdefault((contact.agency, role), []).append(contact)
        return {whose: tuple(contacts) for whose, contacts in found.items()}

    @cached_property
    def _hooks(self) -> dict[tuple[AgencyId, Role], tuple[Endpoint, ...]]:
        found: dict[tuple[AgencyId, Role], list[Endpoint]] = {}
        for endpoint in sorted(self.endpoints, key=lambda e: e.id):
            for role in endpoint.roles:
                found.setdefault((endpoint.agency, role), []).append(endpoint)
        return {whose: tuple(endpoints) for whose, endpoints in found.items()}

    @cached_property
    def _carried(self) -> dict[tuple[AgencyId, Role, date | None], frozenset[InfoClass]]:
        return {}

    @cached_property
    def _reached(self) -> dict[tuple[AgencyId, Role], frozenset[Channel]]:
        return {}

    def without(
        self,
        struck: Collection[str],
        verified: Mapping[tuple[AgencyId, Role], Collection[ContactId]],
    ) -> Directory:
        """Return the directory without these mailboxes and webhooks (004 2.5, M019).

        One with the address of one of these is the same under another name. For an agency in a
        role of which some are `verified`, those mailboxes alone are left.
        """
        if not struck and not verified:
            return self
        addresses = {c.address.casefold() for c in self.contacts if c.id in struck}
        urls = {e.url for e in self.endpoints if e.id in struck}
        return replace(
            self,
            contacts=tuple(
                replace(c, roles=frozenset(r for r in c.roles if _lawful(c, r, verified)))
                for c in self.contacts
                if c.address.casefold() not in addresses
            ),
            endpoints=tuple(
                replace(e, roles=frozenset(r for r in e.roles if (e.agency, r) not in verified))
                for e in self.endpoints
                if e.url not in urls
            ),
        )

    def contact(self, contact: ContactId) -> Contact | None:
        """Return this mailbox, usable or not, or None."""
        return self._contacts.get(contact)

    def endpoint(self, endpoint: EndpointId) -> Endpoint | None:
        """Return this webhook, parked or not, or None."""
        return self._endpoints.get(endpoint)

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return the agency with this code, or None."""
        return self._by_id.get(agency)

    def answers_for(self, agency: AgencyId) -> AgencyId:
        """Return who answers for an agency today: itself, or the last of its successors."""
        seen = {agency}
        while (known := self._by_id.get(agency)) is not None and known.successor is not None:
            if known.successor in seen:
                break
            agency = known.successor
            seen.add(agency)
        return agency

    def carried_to(self, agency: AgencyId, role: Role, on: date | None) -> frozenset[InfoClass]:
        """Return the classes that may travel to this agency in this role by one of its channels.

        Where none may carry everything, the one that may carry most counts. Empty: it has none.
        """
        key = (agency, role, on)
        if (known := self._carried.get(key)) is None:
            contacts = (carries(contact, on) for contact in self.contacts_of(agency, role))
            endpoints = (carries(endpoint, on) for endpoint in self.endpoints_of(agency, role))
            known = max((*contacts, *endpoints), key=len, default=frozenset())
            self._carried[key] = known
        return known

    def contacts_of(self, agency: AgencyId, role: Role) -> tuple[Contact, ...]:
        """Return the usable mailboxes of this agency in this role, duty contact first.

        Those of its successor, where it has one. Where no desk of its own tells adults and carers,
        the one that answers for them does.
        """
        agency = self.answers_for(agency)
        desk = self._desks.get((agency, role), ())
        if desk or role is not Role.ADULTS:
            return desk
        stand_in = (self._desks.get((agency, other), ()) for other in _FOR_ADULTS)
        return next((found for found in stand_in if found), ())

    def unverified(self, agency: AgencyId, role: Role) -> bool:
        """Whether nothing of this agency in this role has been verified: it must be rung (B05)."""
        contacts = self.contacts_of(agency, role)
        unsure = bool(contacts) and all(contact.unverified for contact in contacts)
        return unsure and not self.endpoints_of(agency, role)

    def endpoints_of(self, agency: AgencyId, role: Role) -> tuple[Endpoint, ...]:
        """Return the webhooks of this agency, or its successor, in this role; parked ones too."""
        return self._hooks.get((self.answers_for(agency), role), ())

    def serves(self, target: Contact | Endpoint, agency: AgencyId, role: Role) -> bool:
        """Whether a mailbox or webhook is this agency's, or its successor's, in this role today."""
        mine = self.answers_for(target.agency) == self.answers_for(agency)
        stands_in = role is Role.ADULTS and not target.roles.isdisjoint(_FOR_ADULTS)
        return mine and (role in target.roles or stands_in)

    def reachable(self, agency: AgencyId, role: Role) -> frozenset[Channel]:
        """Return the channels by which this agency can be told at all in this role."""
        if (known := self._reached.get((agency, role))) is None:
            channels = {contact.channel for contact in self.contacts_of(agency, role)}
            if self.endpoints_of(agency, role):
                channels.add(Channel.WEBHOOK)
            known = self._reached[agency, role] = frozenset(channels)
        return known


def _lawful(
    contact: Contact, role: Role, verified: Mapping[tuple[AgencyId, Role], Collection[ContactId]]
) -> bool:
    """Whether a mailbox may be written to in a role, by what was verified by name."""
    named = verified.get((contact.agency, role))
    return named is None or contact.id in named


def nation_of(host: AgencyId) -> str:
    """Return the letter of the nation a host authority is in, by its GSS code; else nothing."""
    scheme, _, code = host.partition(":")
    return code[:1] if scheme == "gss" else ""


def regulator_for(host: AgencyId) -> AgencyId | None:
    """Return who regulates care where this host authority is: the law says so, nobody chooses."""
    return _REGULATORS.get(nation_of(host))
