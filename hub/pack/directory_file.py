"""`directory.toml`: agencies, contacts, endpoints and publishers; it seeds the live directory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from hub.directory import Agency, Contact, Directory, Endpoint, Publisher
from hub.pack.faults import nearest
from hub.pack.lines import Path
from hub.pack.sheet import Row, Sheet
from hub.pack.tables import AgencyCode, Classes, OnlyRoles, Said, Table, word_of
from hub.vocabulary import (
    AgencyId,
    AgencyKind,
    ContactId,
    EndpointId,
    InfoClass,
    Nation,
    PublisherId,
    Role,
)

_MESH: Final = "mesh:"
_MESH_MAILBOX: Final = re.compile(r"mesh:[A-Z0-9]{4,20}")
_TELEPHONE: Final = "tel:"
_TELEPHONE_NUMBER: Final = re.compile(r"tel:\+[1-9][0-9]{6,14}")


def _address(value: str) -> str:
    if value.startswith(_MESH):
        if not _MESH_MAILBOX.fullmatch(value):
            says = "a MESH mailbox is written as `mesh:X26OT123`"
            raise PydanticCustomError("address", "{says}", {"says": says})
        return value
    if value.startswith(_TELEPHONE):
        if not _TELEPHONE_NUMBER.fullmatch(value):
            says = "a telephone for texts is written as `tel:+447700900123`"
            raise PydanticCustomError("address", "{says}", {"says": says})
        return value
    try:
        # `.example` and `.test` are for examples (RFC 2606); nothing is asked of the DNS.
        found = validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise PydanticCustomError("address", "{says}", {"says": str(error)}) from error
    return found.normalized


def _https(value: str) -> str:
    if urlsplit(value).scheme != "https" or not urlsplit(value).hostname:
        raise PydanticCustomError("https", "`{url}` is no https address", {"url": value})
    return value


KindWord = Annotated[str, AfterValidator(word_of("kind of agency", AgencyKind))]
NationWord = Annotated[str, AfterValidator(word_of("nation", Nation))]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()]{7,24}$")]
Domain = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")
]
"""A mail domain in lower case; an internationalised one in its `xn--` form (RFC 5890)."""


class AgencyTable(Table):
    """`[[agency]]`: an organisation, by its published code."""

    id: AgencyCode
    name: Said
    kind: KindWord
    nation: NationWord = Nation.ENGLAND_AND_WALES
    out_of_hours_phone: Phone | None = None
    mail_domains: tuple[Domain, ...] = ()
    successor: AgencyCode | None = None


class ContactTable(Table):
    """`[[contact]]`: one mailbox; `order` 0 is the duty contact, 1 its deputy."""

    id: Id
    agency: AgencyCode
    roles: OnlyRoles
    name: Said
    address: Annotated[str, AfterValidator(_address)]
    order: Annotated[int, Field(ge=0, le=9)] = 0
    verified_on: date | None = None
    accredited: Classes | None = None
    accredited_until: date | None = None


class EndpointTable(Table):
    """`[[endpoint]]`: one webhook. Its keys are given by the operator, never written here."""

    id: Id
    agency: AgencyCode
    roles: OnlyRoles
    url: Annotated[str, AfterValidator(_https)]
    hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    accredited: Classes | None = None
    accredited_until: date | None = None


class PublisherTable(Table):
    """`[[publisher]]`: a case system that may publish."""

    id: Id
    agency: AgencyCode
    source: Annotated[str, AfterValidator(_https)]
    prefix: Annotated[str, Field(pattern=r"^[a-z0-9]+$")]


def read_directory(sheet: Sheet) -> Directory:
    """Read the directory; faults go to the sheet."""
    sheet.closed(("agency", "contact", "endpoint", "publisher"))
    agencies = sheet.rows("agency", AgencyTable)
    contacts = sheet.rows("contact", ContactTable)
    endpoints = sheet.rows("endpoint", EndpointTable)
    publishers = sheet.rows("publisher", PublisherTable)
    known = [row.table.id for row in agencies]
    _once(sheet, ((row.path, row.table.id) for row in agencies))
    _once(sheet, ((row.path, row.table.id) for row in contacts))
    _once(sheet, ((row.path, row.table.id) for row in endpoints))
    _once(sheet, ((row.path, row.table.id) for row in publishers))
    belonging = [(row.path, row.table.agency) for row in contacts]
    belonging += [(row.path, row.table.agency) for row in endpoints]
    belonging += [(row.path, row.table.agency) for row in publishers]
    for path, agency in belonging:
        if agency not in known:
            sheet.fault((*path, "agency"), f"unknown agency `{agency}`", nearest(agency, known))
    for row in endpoints:
        if urlsplit(row.table.url).hostname not in row.table.hosts:
            sheet.fault((*row.path, "hosts"), "the host of `url` is not among the `hosts`")
    _at_home(sheet, agencies, contacts)
    _telling_little(sheet, contacts)
    _succeeded(sheet, agencies)
    return Directory(
        agencies=tuple(agency_of(row.table) for row in agencies),
        contacts=tuple(contact_of(row.table) for row in contacts),
        endpoints=tuple(endpoint_of(row.table) for row in endpoints),
        publishers=tuple(_publisher(row) for row in publishers),
    )


def _once(sheet: Sheet, ids: Iterable[tuple[Path, str]]) -> None:
    seen: set[str] = set()
    for path, name in ids:
        if name in seen:
            sheet.fault((*path, "id"), f"`{name}` stands twice")
        seen.add(name)


def _at_home(
    sheet: Sheet, agencies: Iterable[Row[AgencyTable]], contacts: Iterable[Row[ContactTable]]
) -> None:
    """Refuse a mailbox outside its agency's domains: a typo there tells a stranger."""
    domains = {row.table.id: row.table.mail_domains for row in agencies}
    for row in contacts:
        listed = domains.get(row.table.agency, ())
        if row.table.address.startswith((_MESH, _TELEPHONE)):
            continue  # the NHS gives those out, and numbers stand in no domain
        domain = _domain_of(row.table.address)
        if listed and not any(domain == one or domain.endswith(f".{one}") for one in listed):
            says = f"`{domain}` is outside the agency's `mail_domains`"
            sheet.fault((*row.path, "address"), says, nearest(domain, listed))


def _telling_little(sheet: Sheet, contacts: Iterable[Row[ContactTable]]) -> None:
    """Refuse a telephone that is said to be fit for more than that the process exists."""
    for row in contacts:
        more = set(row.table.accredited or ()) - {InfoClass.PROCESS}
        if row.table.address.startswith(_TELEPHONE) and more:
            says = "a text carries `process` alone, whatever its telephone is accredited for"
            sheet.fault((*row.path, "accredited"), says)


def _succeeded(sheet: Sheet, agencies: Sequence[Row[AgencyTable]]) -> None:
    """Refuse a successor that nobody knows, and a chain of them that never ends."""
    after = {row.table.id: row.table.successor for row in agencies}
    for row in agencies:
        last, seen = row.table.successor, {row.table.id}
        if last is not None and last not in after:
            says = f"unknown agency `{last}`"
            sheet.fault((*row.path, "successor"), says, nearest(last, list(after)))
        while last is not None and last not in seen:
            seen.add(last)
            last = after.get(last)
        if last is not None:
            sheet.fault((*row.path, "successor"), "its successors lead round in a circle")


def _domain_of(address: str) -> str:
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return found.ascii_domain.lower()


def agency_of(table: AgencyTable) -> Agency:
    """Return what a row of the directory says, once it is sound."""
    return Agency(
        id=AgencyId(table.id),
        name=table.name,
        kind=AgencyKind(table.kind),
        nation=Nation(table.nation),
        out_of_hours_phone=table.out_of_hours_phone,
        mail_domains=table.mail_domains,
        successor=AgencyId(table.successor) if table.successor else None,
    )


def contact_of(table: ContactTable) -> Contact:
    """Return what a row of the directory says, once it is sound."""
    return Contact(
        id=ContactId(table.id),
        agency=AgencyId(table.agency),
        roles=frozenset(Role(word) for word in table.roles),
        name=table.name,
        address=table.address,
        order=table.order,
        verified_on=table.verified_on,
        unverified=table.verified_on is None,
        accredited=_classes(table.accredited),
        accredited_until=table.accredited_until,
    )


def endpoint_of(table: EndpointTable) -> Endpoint:
    """Return what a row of the directory says, once it is sound."""
    return Endpoint(
        id=EndpointId(table.id),
        agency=AgencyId(table.agency),
        roles=frozenset(Role(word) for word in table.roles),
        url=table.url,
        hosts=table.hosts,
        accredited=_classes(table.accredited),
        accredited_until=table.accredited_until,
    )


def _classes(words: Iterable[str] | None) -> frozenset[InfoClass] | None:
    return None if words is None else frozenset(InfoClass(word) for word in words)


def _publisher(row: Row[PublisherTable]) -> Publisher:
    table = row.table
    return Publisher(
        id=PublisherId(table.id),
        agency=AgencyId(table.agency),
        source=table.source,
        prefix=table.prefix,
    )
